// Notes and flip charts at a table of an event: kept on the phone, sent when there is signal.

import { button, choice, field, h, notice, oneAtATime } from "../dom.js";
import { isHeld, keeper, keyOf, read } from "../drafts.js";
import { lastListed, listed } from "../events.js";
import { send } from "../outbox.js";
import { amendable, chart, drop, note } from "../queue.js";
import { failure } from "../storage.js";
import { all, onChange } from "../store.js";
import { uuid7 } from "../uuid.js";
import { unwritten } from "./held.js";
import { photoPart } from "./photo_part.js";

const KINDS = [
  ["idea", "An idea"], ["knowledge", "What somebody knows"], ["concern", "A worry"], ["decision", "Something decided"], ["quote", "Somebody’s own words"],
];
const STATES = { waiting: "waiting to send", received: "received", refused: "not accepted", dropped: "not sent" };
const NONE = "No event of your teams is on, or will be within three weeks.";
const NOT_COME = "The list has not come: it needs signal, and somebody signed in.";
const CHART = { label: "Photo of the flip chart", alt: "What it says" };
const NO_TABLE = "Choose the table first: whose flip chart is it?";
const MOST = 50;
const MOST_TABLES = 60;

/** Which event; then its notes. */
export function notes(context, [uid]) {
  return uid ? noting(context, uid) : events(context);
}

async function events(context) {
  const user = context.person.uid;
  const list = h("ul", { class: "walk-list", id: "events" });
  const draw = (found) => {
    list.replaceChildren(...found.map(({ uid, title, starts_at: begins }) => h(
      "li", {}, h("div", {}, h("strong", {}, title), h("small", {}, when(begins))),
      h("a", { class: "walk-button is-main", href: `#/notes/${uid}`, "aria-label": `Take notes: ${title}` }, "Take notes"),
    )));
    if (!found.length) list.append(h("li", {}, NONE));
  };
  const last = await lastListed(user);
  if (last) draw(last);
  else list.append(h("li", {}, "Looking…"));
  listed(user).then((found) => {
    if (found) draw(found);
    else if (!last) list.replaceChildren(h("li", {}, NOT_COME));
  });
  return {
    title: "Notes at an event",
    content: [
      h("h1", {}, "Which event?"), list,
      context.person.mayLog === false ? notice("You may look, but not log for your teams.", "warning") : null,
      h("p", {}, h("a", { href: "#/log" }, "Back")),
    ],
  };
}

const when = (iso) => new Date(iso).toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

async function noting(context, uid) {
  const user = context.person.uid;
  const event = ((await lastListed(user)) ?? (await listed(user)) ?? []).find((one) => one.uid === uid);
  if (!event) return missing();
  const key = keyOf(user, `note:${uid}`);
  const problem = h("div", { role: "alert" }, isHeld(key) ? unwritten() : []);
  const keeping = keeper(key, (error) => problem.replaceChildren(...unwritten(error)));
  const draft = { text: "", kind: "idea", table: "", part: "", photos: [], ...(await read(key)), uid };
  const taken = h("ol", { class: "walk-list", id: "taken", tabindex: "-1", "aria-labelledby": "noted" });
  const text = h("textarea", { id: "text", class: "walk-input", rows: "3", maxlength: "1000" });
  text.value = draft.text;
  const set = (changes) => {
    Object.assign(draft, changes);
    keeping.keep({ ...draft });
  };
  text.addEventListener("input", () => set({ text: text.value }));
  const save = oneAtATime(async () => {
    const words = text.value;
    if (!words.trim()) return;
    const table = Number(draft.table) || null;
    if (table > MOST_TABLES) {
      problem.replaceChildren(noSuch(table));
      return;
    }
    const body = { text: words.trim(), kind: draft.kind, ...(table ? { table } : {}), ...(draft.part ? { part: draft.part } : {}) };
    try {
      await keeping.close();
      await note(user, { uid: uuid7(), event, body }, { ...draft, key, text: "", saved_at: Date.now() });
    } catch (error) {
      keeping.open();
      problem.replaceChildren(...(isHeld(key) ? unwritten(error) : [notice(failure(error), "error")]));
      return;
    }
    keeping.open(); // for the next note
    problem.replaceChildren();
    const since = text.value.startsWith(words) ? text.value.slice(words.length) : text.value; // typed while it was saved
    text.value = since;
    set({ text: since });
    send();
    context.say("Kept on this phone.");
    await draw();
    text.focus();
  });
  const draw = async () => taken.replaceChildren(...await rows(user, uid));
  const charts = flipCharts(context, { event, draft, set, key, keeping, kept: draw });
  await draw();
  return {
    title: `Notes: ${event.title}`,
    leave: onChange(draw), // while the next is being typed, too
    ended: () => Promise.allSettled([save.underWay(), charts.underWay(), keeping.written()]),
    focus: text,
    content: [
      h("h1", {}, event.title),
      h(
        "form", { onsubmit: (pressed) => { pressed.preventDefault(); save(); } },
        field("What was said", text, "One thing at a time, and naming nobody."),
        choice("It is", "kind", KINDS, draft.kind, (kind) => set({ kind })),
        field("Table", tables(event, draft, set)),
        event.parts.length ? field("Part", parts(event, draft, set)) : null,
        problem,
        h("div", { class: "walk-save" }, h("button", { type: "submit", id: "save", class: "walk-button is-main" }, "Note it"), h("a", { class: "walk-button", href: "#/notes" }, "Done")),
      ),
      charts.element,
      h("h2", { id: "noted" }, "Noted on this phone"), taken,
    ],
  };
}

const noSuch = (table) => notice(`There is no table ${table}: give a number up to ${MOST_TABLES}.`, "error");

/** The part that takes photos of a table's flip chart; they go by themselves, whatever is noted. */
function flipCharts(context, { event, draft, set, key, keeping, kept }) {
  const problem = h("div", { role: "alert" });
  const part = h("div", {});
  const keep = button("Keep the photo", () => save(), { id: "keep-chart", hidden: !draft.photos.length });
  const changed = (changes) => {
    set(changes);
    keep.hidden = !draft.photos.length;
  };
  const draw = () => part.replaceChildren(photoPart(context, draft, changed, (isBusy) => { keep.disabled = isBusy; }, CHART));
  const save = oneAtATime(async () => {
    const [table, photos] = [Number(draft.table), draft.photos];
    if (!table || table > MOST_TABLES) {
      problem.replaceChildren(table ? noSuch(table) : notice(NO_TABLE, "error"));
      document.getElementById("table").focus();
      return;
    }
    try {
      await keeping.close();
      await chart(context.person.uid, { event, table, photos }, { ...draft, photos: [], key, saved_at: Date.now() });
    } catch (error) {
      keeping.open();
      problem.replaceChildren(notice(failure(error), "error"));
      return;
    }
    keeping.open();
    problem.replaceChildren();
    changed({ photos: draft.photos.filter((photo) => !photos.includes(photo)) });
    draw();
    send();
    context.say("Kept on this phone.");
    await kept();
    document.getElementById("photo").focus();
  });
  draw();
  return { underWay: save.underWay, element: h("div", { class: "walk-chart" }, part, problem, keep) };
}

const missing = () => ({ title: "Notes at an event", content: [h("h1", {}, "This event is not on the phone"), h("p", {}, NOT_COME), h("p", {}, h("a", { href: "#/notes" }, "Events"))] });

/** Its tables where it has some; else any number. */
function tables(event, draft, set) {
  if (event.tables.length) return list("table", [["", "None"], ...event.tables.map((number) => [String(number), `Table ${number}`])], draft.table, (table) => set({ table }));
  const input = h("input", { id: "table", class: "walk-input", inputmode: "numeric", pattern: "[0-9]*", maxlength: "2", autocomplete: "off" });
  input.value = draft.table;
  input.addEventListener("input", () => set({ table: input.value.replace(/\D/g, "") }));
  return input;
}

const parts = (event, draft, set) => list("part", [["", "Not said"], ...event.parts.map(({ uid, title }) => [uid, title])], draft.part, (part) => set({ part }));

function list(id, options, chosen, changed) {
  const select = h("select", { id, class: "walk-input" }, options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
  select.addEventListener("change", () => changed(select.value));
  return select;
}

async function rows(user, event) {
  const own = (await all("entries")).filter((entry) => entry.user === user && entry.event === event).sort((a, b) => b.at - a.at);
  const jobs = new Map((await all("outbox")).map((job) => [job.entry, job]));
  return own.slice(0, MOST).map(({ uid, draft, state, kind }) => {
    const job = jobs.get(uid);
    const isRefused = job?.state === "refused";
    const mayGo = kind === "flip chart" && job && !isRefused && amendable(job);
    return h(
      "li", { "data-state": isRefused ? "refused" : state }, h("span", {}, draft.text),
      h("span", { class: "walk-state" }, isRefused ? STATES.refused : STATES[state] ?? state),
      isRefused ? h("a", { class: "walk-button", href: `#/fix/${job.device}/${job.number}` }, "Open to fix") : null,
      mayGo ? button("Do not send it", () => giveUp(user, job), { "aria-label": `Do not send it: ${draft.text}` }) : null,
    );
  });
}

async function giveUp(user, job) {
  await drop(user, job);
  document.getElementById("taken").focus(); // the button is gone
}
