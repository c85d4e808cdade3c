// Start or join a walkabout, and take its area along.

import { button, field, h, notice, oneAtATime } from "../dom.js";
import { rightNow } from "../days.js";
import { goOn } from "../here.js";
import { send } from "../outbox.js";
import { isOld, lastListed, listed, packOf, takeAlong, takeLater } from "../pack.js";
import { log, move } from "../queue.js";
import { age } from "../status.js";
import { failure, persist } from "../storage.js";
import { uuid7 } from "../uuid.js";

const MANY = 12;
const KEPT = "Taken along: it works without signal now.";
const ENDED = {
  kept: KEPT, same: KEPT, "sign-in": "Sign in first, then take it along.",
  "no map": "Taken along, but its map did not come. Refresh it where signal is better.",
  "no answer": "There is no signal. What was taken along before still works.",
};

export async function walkabouts(context) {
  const user = context.person.uid;
  const said = h("p", { role: "status", id: "pack-words" });
  const list = h("ul", { class: "walk-list", id: "walkabouts" });
  const none = "No walkabout of your teams is planned. Start one below, or go without.";
  const draw = async (all) => {
    const shown = all.slice(0, MANY);
    const rows = await Promise.all(shown.map(async (one) => row(context, one, await packOf(one.uid, user), said)));
    list.replaceChildren(...rows);
    if (!all.length) list.append(h("li", {}, none));
  };
  const last = await lastListed();
  if (last) await draw(last);
  else list.append(h("li", {}, "Looking…"));
  listed().then((all) => {
    if (all) return draw(all);
    return last ? null : list.replaceChildren(h("li", {}, "The list has not come: it needs signal, and somebody signed in. Start one below, or go without."));
  });
  return {
    title: "Walkabouts",
    content: [
      h("h1", {}, "Which walkabout?"), said, list,
      context.person.mayLog === false ? notice("You may look, but not log for your teams.", "warning") : null,
      beginning(context),
      homeScreen(),
    ],
  };
}

function row(context, walkabout, held, said) {
  const isHere = context.walkabout?.uid === walkabout.uid;
  const join = oneAtATime(async () => {
    await goOn(context.person.uid, { uid: walkabout.uid, title: walkabout.title, ref: walkabout.ref, bbox: walkabout.bbox }, !held);
    if (walkabout.status === "planned") await move(context.person.uid, { ...walkabout, kind: "walkabout" }, "underway");
    await take();
    send();
    context.go("#/log");
  });
  const take = async () => {
    persist();
    const ended = await takeAlong(walkabout, context.person.uid, (now) => { said.textContent = now; }).catch(failure);
    said.textContent = ENDED[ended] ?? ended;
  };
  const refresh = async () => {
    await take();
    context.redraw();
  };
  return h(
    "li", { "data-uid": walkabout.uid, "data-state": isHere ? "here" : "" },
    h("div", {}, h("strong", {}, walkabout.title), h("small", {}, [walkabout.ref, when(walkabout.starts_at), walkabout.status].filter(Boolean).join(" · "))),
    held ? h("small", {}, `Taken along ${age(held.got_at, Date.now())}${isOld(held, Date.now()) ? ": old, refresh it when there is signal" : ""}. ${held.pack.entries.length} places${held.pack.truncated ? ", the nearest only" : ""}${held.pack.map ? ", with its map" : ""}.`) : null,
    h("div", { class: "walk-row" }, button(isHere ? "Go on" : "Go on this one", join, { class: "walk-button is-main", "aria-label": `Go on: ${walkabout.title}` }), held ? button("Refresh", refresh, { "aria-label": `Refresh: ${walkabout.title}` }) : null),
  );
}

const when = (iso) => (iso ? new Date(iso).toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }) : "");

/** A walkabout that nobody planned: it begins here and now, with or without signal. */
function beginning(context) {
  const title = h("input", { id: "walk-title", class: "walk-input", maxlength: "160", autocomplete: "off" });
  const begin = oneAtATime(async () => {
    const now = rightNow(context.person);
    const name = title.value.trim() || `Walkabout of ${now.toLocaleDateString("en-GB", { day: "numeric", month: "long" })}`;
    const uid = uuid7();
    await log(context.person.uid, { uid, kind: "walkabout", label: "Walkabout", draft: { title: name, starts_at: now.toISOString() } });
    await move(context.person.uid, { uid, kind: "walkabout", title: name }, "underway");
    await goOn(context.person.uid, { uid, title: name, bbox: null }, true);
    const taking = send().then(() => takeLater(context.person.uid));
    if (!context.categories) await taking; // nothing can be logged before they are here
    context.go("#/log");
  });
  return h(
    "details", { class: "walk-there" }, h("summary", {}, "Start one that was not planned"),
    field("What is it called?", title, "Left empty: the day it is."), button("Start now", begin, { class: "walk-button is-main" }),
  );
}

/** iPhones and iPads clear what unused sites keep; an app on the home screen is spared. */
function homeScreen() {
  if (matchMedia("(display-mode: standalone)").matches || navigator.standalone) return null;
  const apple = /iP(hone|ad|od)/.test(navigator.userAgent);
  return h(
    "details", { class: "walk-there", id: "home-screen" }, h("summary", {}, "Put it on the home screen"),
    h("p", {}, apple
      ? "In Safari press Share, then “Add to Home Screen”. Do it before you walk: otherwise the phone may clear what is not sent after a week without use."
      : "In the browser’s menu press “Add to Home screen” or “Install app”. Then it opens like any app, and the phone keeps what waits."),
  );
}

/** Before anybody has signed in on this phone. */
export const welcome = () => ({
  title: "Sign in",
  content: [
    h("h1", {}, "Walkabouts on the phone"),
    h("p", {}, "Log assets, offers and findings while you walk. It works without signal, once you have signed in and taken a walkabout’s area along."),
    h("p", {}, h("a", { class: "walk-button is-main", href: "/sign-in?next=/walk/" }, "Sign in")),
    homeScreen(),
  ],
});
