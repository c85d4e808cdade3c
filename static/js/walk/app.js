// Starts the app on the phone, shows the screen that the address names, and says what was sent.

import { button, h } from "./dom.js";
import { allHeld, writeHeld } from "./drafts.js";
import { here } from "./here.js";
import { finish as finishLeaving } from "./leaving.js";
import { keepSending, lastRun } from "./outbox.js";
import { check } from "./screens/check.js";
import { change, fix } from "./screens/fix.js";
import { form } from "./screens/form.js";
import { heldBack } from "./screens/held.js";
import { categories, home } from "./screens/log.js";
import { map } from "./screens/map.js";
import { notes } from "./screens/notes.js";
import { passOn } from "./screens/pass_on.js";
import { quick } from "./screens/quick.js";
import { sprint } from "./screens/sprint.js";
import { waiting } from "./screens/waiting.js";
import { walkabouts, welcome } from "./screens/walkabouts.js";
import { tidy } from "./queue.js";
import { line } from "./status.js";
import { failure } from "./storage.js";
import { open, onChange } from "./store.js";
import { finishLeft, recording } from "./track.js";
import { watchForUpdates } from "./updates.js";

const SCREENS = { form, quick, sprint, notes, check, map, waiting, walkabouts, fix, change, "pass-on": passOn };
const SAID_MS = 4000;
const by = (id) => document.getElementById(id);

let shown = null;
let turn = 0;
let lastUser = null;

const say = (text) => {
  const words = h("p", { class: "walk-said", role: "status" }, text);
  by("said").replaceChildren(words);
  setTimeout(() => words.remove(), SAID_MS);
};
const go = (hash) => {
  if (location.hash === hash) show();
  else location.hash = hash;
};

/**
 * Draw the screen of the address. isSame: something changed under the screen that is shown. What is
 * typed or saved on the old screen while the new one is read would stand there as it was before.
 */
async function show(isSame = false) {
  const mine = ++turn;
  const main = by("main");
  if (!isSame) main.inert = true;
  try {
    await shown?.ended?.();
    const at = location.hash;
    const [name = "", ...rest] = at.slice(2).split("/");
    const isThere = () => location.hash === at; // whoever has gone elsewhere is not fetched back
    const context = { ...await here(), say, go: (hash) => isThere() && go(hash), redraw: () => isThere() && show(true) };
    const screen = !context.person ? welcome : SCREENS[name] ?? (rest.length ? categories : home);
    const next = await screen(context, rest);
    if (mine === turn) draw(next, { name, context, isSame });
    else next.leave?.(); // another screen was asked for meanwhile
  } finally {
    if (mine === turn) main.inert = false;
  }
}

function draw(next, { name, context, isSame }) {
  shown?.leave?.();
  shown = next;
  const main = by("main");
  main.inert = false;
  const focused = isSame ? document.activeElement?.id : null;
  const held = ["form", "sprint", "notes"].includes(name) ? [] : heldBack(context);
  main.replaceChildren(...[held, next.content].flat(Infinity).filter(Boolean));
  document.title = `${next.title} | Assetmap`;
  mark(name, context);
  tell(context);
  next.shown?.();
  if (focused) by(focused)?.focus();
  else if (!isSame) (next.focus ?? main.querySelector("h1"))?.focus();
  if (!isSame) scrollTo(0, 0);
  lastUser = context.person?.uid ?? null;
  document.documentElement.dataset.screen = name || "log";
}

function mark(name, { person, walkabout }) {
  by("bar").hidden = !person;
  const current = { form: "log", quick: "log", sprint: "log", notes: "log", "pass-on": "log", fix: "waiting", change: "waiting", "": "log" }[name] ?? name;
  by("bar").querySelectorAll("a").forEach((link) => {
    if (link.hash === `#/${current}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  const map = by("bar").querySelector('[href="#/map"]');
  map.textContent = recording() ? "Map ●" : "Map";
  if (recording()) map.setAttribute("aria-label", "Map, recording your route");
  else map.removeAttribute("aria-label");
  by("walkabout").textContent = walkabout?.title ?? "Choose a walkabout";
}

function tell({ person, tally }) {
  const words = person ? line(tally, lastRun().state) : "";
  if (by("status").textContent !== words) by("status").textContent = words;
  by("status").dataset.needs = tally.needs ? "yes" : "";
  by("status").parentElement.hidden = !person;
}

let refreshing = null;
let isStale = false;

/** Once more for all that changed meanwhile, not once for each. */
function refresh() {
  isStale = true;
  refreshing ??= (async () => {
    while (isStale && shown) { // while the first screen is drawn: drawn anew for each change, it would never be there
      isStale = false;
      await renew();
    }
  })().finally(() => { refreshing = null; });
}

async function renew() {
  const hadHeld = allHeld().length > 0;
  await writeHeld();
  const context = await here();
  tell(context);
  const typing = document.activeElement?.matches("input, textarea, select");
  const isOther = (context.person?.uid ?? null) !== lastUser;
  const isWritten = hadHeld && !allHeld().length;
  if (isOther || ((isWritten || shown?.refresh) && !typing)) await show(!isOther);
}

async function start() {
  try {
    await open();
  } catch {
    by("main").replaceChildren(h("h1", {}, "This browser keeps nothing"), h("p", {}, "Private windows cannot hold what you log. Open the app in a normal window."));
    return;
  }
  await finishLeaving().catch(() => {}); // the next start tries again
  document.documentElement.classList.add("js");
  document.body.append(h("div", { id: "said", class: "walk-toast" }));
  addEventListener("hashchange", () => show());
  addEventListener("unhandledrejection", ({ reason }) => { if (reason?.name === "QuotaExceededError") say(failure(reason)); });
  addEventListener("beforeunload", (event) => { if (allHeld().length) event.preventDefault(); });
  onChange(() => refresh());
  await show();
  document.documentElement.dataset.started = "";
  watchForUpdates((update) => by("banners").replaceChildren(h(
    "div", { class: "walk-banner", role: "status" }, h("span", {}, "A new version is here. What you type is kept."), button("Update", update, { id: "update" }),
  )));
  await finishLeft(lastUser).catch(() => {});
  await tidy().catch(() => {}); // room is freed where there is some; nothing hangs on it
  await keepSending();
}

start();
