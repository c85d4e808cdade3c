// Still here, changed or gone: one press each, in the order of a short walk from where one stands.

import { button, field, h, oneAtATime } from "../dom.js";
import { today } from "../days.js";
import { away, metres, route } from "../nearby.js";
import { keeper, keyOf, read } from "../drafts.js";
import { send } from "../outbox.js";
import { beenAt } from "../pack.js";
import { fresh, search } from "../place.js";
import { check as queueCheck, uncheck } from "../queue.js";
import { age } from "../status.js";
import { notTaken } from "./taking.js";

const MOST = 40;
const RESTLESS_MS = 600; // a second tap in the same moment hits whatever has moved to that place
const DONE = { here: "still here", changed: "changed", gone: "gone" };

/** What to look at: entries due for a check, or all when one asks for them. */
export const toCheck = (entries, all) => entries.filter((entry) => entry.kind !== "finding" && entry.kind !== "walkabout"
  && (entry.found || all || entry.overdue));

export async function check(context, [which = ""]) {
  const held = context.held;
  if (!held) {
    return { title: "Check", refresh: true, content: [h("h1", {}, "Check"), notTaken(context, "its list of entries to look at comes")] };
  }
  const all = which === "all";
  const list = h("ol", { class: "walk-checks" });
  const key = keyOf(context.person.uid, "checks");
  const notes = (await read(key))?.notes ?? {}; // by uid: begun and not sent yet
  const keeping = keeper(key);
  let drawn_at = 0;
  let ordered = [];
  let latest = null; // the one that was marked last stays in its place, to be taken back
  const table = {
    notes,
    isRestless: () => Date.now() - drawn_at < RESTLESS_MS,
    keep: (uid, words) => {
      if (words) notes[uid] = words;
      else delete notes[uid];
      keeping.keep({ notes: { ...notes } });
    },
    redraw: (entry) => {
      drawn_at = Date.now();
      latest = entry;
      draw();
    },
  };
  let from = fresh();
  const draw = () => {
    const wanted = toCheck(held.pack.entries, all);
    const start = from ? [from.longitude, from.latitude] : null;
    const at = ordered.indexOf(latest);
    const rest = wanted.filter((entry) => entry !== latest || !entry.found || at < 0);
    ordered = [...route(rest.filter(({ found }) => !found), start, MOST), ...rest.filter(({ found }) => found)];
    if (rest.length < wanted.length) ordered.splice(at, 0, latest);
    list.replaceChildren(...ordered.map((entry) => row(context, entry, start, table)));
    if (!ordered.length) list.append(h("li", {}, all ? "There is nothing in this area." : "Nothing here is due for a check."));
  };
  const stop = from ? () => {} : search((place) => {
    const isFirst = !from;
    from = place;
    if (isFirst && !list.querySelector("textarea:focus")) draw(); // nobody is interrupted
  }, () => {});
  draw();
  return {
    title: "Check",
    leave: stop,
    content: [
      h("h1", {}, "Still here?"),
      stops(context),
      h("p", { class: "walk-hint" }, `As the register had it ${age(held.got_at, Date.now())}. In the order of a short walk.`),
      h("p", {}, all ? h("a", { href: "#/check" }, "Only what is due") : h("a", { href: "#/check/all" }, "Everything near here")),
      list,
    ],
  };
}

/** The planned streets and stops in their order; each is ticked off on this phone. */
function stops({ held, redraw }) {
  const planned = held.pack.stops ?? [];
  if (!planned.length) return null;
  const been = new Set(held.been ?? []);
  const mark = async (number) => {
    if (been.has(number)) been.delete(number);
    else been.add(number);
    await beenAt(held.uid, [...been]);
    redraw();
  };
  const from = fresh();
  const next = planned.findIndex((stop, number) => !been.has(number));
  const distance = ({ longitude, latitude }) => (from && Number.isFinite(longitude) ? away(metres([from.longitude, from.latitude], [longitude, latitude])) : "");
  return [
    h("h2", {}, `Streets and stops: ${been.size} of ${planned.length}`),
    h("ol", { class: "walk-checks walk-stops", id: "stops" }, planned.map((stop, number) => h(
      "li", { class: been.has(number) ? "is-done" : "", "aria-current": number === next ? "step" : null },
      h("div", {}, h("strong", {}, `${number + 1}. ${stop.name}`), h("small", {}, been.has(number) ? "" : distance(stop))),
      button("Been here", () => mark(number), { id: `stop-${number}`, "aria-pressed": String(been.has(number)), "aria-label": `Been here: ${stop.name}` }),
    ))),
    h("h2", {}, "Entries to look at"),
  ];
}

function row(context, entry, start, table) {
  const distance = start && entry.longitude !== null ? away(metres(start, [entry.longitude, entry.latitude])) : "";
  const about = [entry.category?.label, entry.where, distance].filter(Boolean).join(" · ");
  const head = h("div", {}, h("strong", {}, entry.title), h("small", {}, about), entry.phone ? h("a", { href: `tel:${entry.phone.replaceAll(" ", "")}` }, entry.phone) : null);
  const named = (words) => ({ "aria-label": `${words}: ${entry.title}` });
  if (entry.found) {
    const said = h("p", {}, `Marked ${DONE[entry.found]}.`);
    const back = oneAtATime(() => (table.isRestless() ? null : takeBack(context, entry, said, table)));
    said.append(" ", button("Take it back", back, named("Take it back")));
    return h("li", { class: "is-done" }, head, said);
  }
  const mark = oneAtATime(async (found, note = "") => {
    if (table.isRestless()) return;
    await queueCheck(context.person.uid, entry, { found, note, on: today(context.person), walkabout: context.held.uid });
    Object.assign(entry, { found });
    table.keep(entry.uid, "");
    send();
    context.say(`${entry.title}: ${DONE[found]}`);
    table.redraw(entry);
  });
  const more = h("div", {});
  const ask = () => {
    const note = h("textarea", { id: `note-${entry.uid}`, class: "walk-input", rows: "2", maxlength: "500", value: table.notes[entry.uid] ?? "" });
    note.addEventListener("input", () => table.keep(entry.uid, note.value));
    more.replaceChildren(field("What has changed?", note), button("Send to the desk", () => mark("changed", note.value.trim()), { class: "walk-button is-main" }));
    return note;
  };
  if (table.notes[entry.uid]) ask();
  return h(
    "li", { "data-uid": entry.uid }, head,
    h(
      "div", { class: "walk-row" }, button("Still here", () => mark("here"), { ...named("Still here"), class: "walk-button is-good" }),
      button("Changed", () => ask().focus(), named("Changed")), button("Gone", () => mark("gone"), named("Gone")),
      entry.may_change ? h("a", { class: "walk-edit", href: `#/change/${entry.uid}`, ...named("Edit") }, "Edit") : null,
    ), more,
  );
}

/** A slip of the thumb: undone while it waits; what has been sent is put right on the entry's page. */
async function takeBack(context, entry, said, { redraw }) {
  if (await uncheck(context.person.uid, entry, context.held.uid)) {
    Object.assign(entry, { found: undefined });
    redraw(entry);
  } else said.replaceChildren("It was sent already. ", h("a", { href: `/${entry.kind}s/${entry.uid}` }, "Put it right on its page"));
}
