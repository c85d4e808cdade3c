// Notes at a table of an event, one after another: kept on the phone, sent when there is signal.

import { choice, field, h, notice, oneAtATime } from "../dom.js";
import { isHeld, keeper, keyOf, read } from "../drafts.js";
import { lastListed, listed } from "../events.js";
import { send } from "../outbox.js";
import { note } from "../queue.js";
import { failure } from "../storage.js";
import { all, onChange } from "../store.js";
import { uuid7 } from "../uuid.js";
import { unwritten } from "./held.js";

const KINDS = [
  ["idea", "An idea"], ["knowledge", "What somebody knows"], ["concern", "A worry"], ["decision", "Something decided"], ["quote", "Somebody’s own words"],
];
const STATES = { waiting: "waiting to send", received: "received", refused: "not accepted", dropped: "not sent" };
const NONE = "No event of your teams is on, or will be within three weeks.";
const NOT_COME = "The list has not come: it needs signal, and somebody signed in.";
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
  const draft = { text: "", kind: "idea", table: "", part: "", ...(await read(key)) };
  const taken = h("ol", { class: "walk-list", id: "taken" });
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
      problem.replaceChildren(notice(`There is no table ${table}: give a number up to ${MOST_TABLES}.`, "error"));
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
  await draw();
  return {
    title: `Notes: ${event.title}`,
    leave: onChange(draw), // while the next is being typed, too
    ended: () => Promise.allSettled([save.underWay(), keeping.written()]),
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
      h("h2", {}, "Noted on this phone"), taken,
    ],
  };
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
  const refused = new Map((await all("outbox")).filter(({ state }) => state === "refused").map((job) => [job.entry, job]));
  return own.slice(0, MOST).map(({ uid, draft, state }) => {
    const job = refused.get(uid);
    return h(
      "li", { "data-state": job ? "refused" : state }, h("span", {}, draft.text),
      h("span", { class: "walk-state" }, job ? STATES.refused : STATES[state] ?? state),
      job ? h("a", { class: "walk-button", href: `#/fix/${job.device}/${job.number}` }, "Open to fix") : null,
    );
  });
}
