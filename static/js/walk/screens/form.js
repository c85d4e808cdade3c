// The third tap: everything on this screen but Save may be left alone.

import { titled } from "../categories.js";
import { button, choice, field, h, notice, oneAtATime } from "../dom.js";
import { forget, isHeld, keeper, keyOf, read, write } from "../drafts.js";
import { rightNow } from "../days.js";
import { giversOf } from "../givers.js";
import { remember } from "../here.js";
import { suspects } from "../nearby.js";
import { send } from "../outbox.js";
import { asDraft } from "../place.js";
import { edit, log } from "../queue.js";
import { SEVERITIES, timeOfDay } from "../quick.js";
import { failure, persist } from "../storage.js";
import { remove } from "../store.js";
import { uuid7 } from "../uuid.js";
import { unwritten } from "./held.js";
import { likely } from "./likely.js";
import { photoPart } from "./photo_part.js";
import { placePart } from "./place_part.js";
import { voicePart } from "./voice_part.js";

const NAMES = { asset: "Asset", group: "Group", offer: "Offer", finding: "Finding" };
export const ANONYMOUS = "A resident";
const ROLES = [ANONYMOUS, "Shopkeeper", "Retired, with a trade", "Parent", "Young person", "Faith leader", "Landlord", "Officer"];
const OBSERVERS = [
  ["unknown", "Nobody named"], ["resident", "A resident"], ["officer", "An officer"], ["council", "The council"],
  ["partner", "A partner"], ["child_group", "Children, as a group"],
];
const DIRECTIONS = [["problem", "Problem"], ["strength", "Strength"], ["perception", "Feeling"], ["vulnerability", "Somebody may need help"]];
const CONFIDENCES = [["seen", "I saw it"], ["told", "I was told"]];

/** Start a form, kept from now on. A form begun before for the same kind keeps what was typed. */
export async function begin({ person }, { kind, term, title }) {
  const key = keyOf(person.uid);
  const held = await read(key);
  const kept = held?.kind === kind ? held : {
    uid: uuid7(), kind, description: "", person_role: ANONYMOUS, severity: 2, direction: term.parent === "opp" ? "strength" : "problem",
    observer_kind: "unknown", confidence: "seen", place: null, photos: [], sounds: [], begun_at: rightNow(person).toISOString(),
  };
  const said = titled(title || kept.title || "");
  const description = kept.description.includes(said.more) ? kept.description : [kept.description, said.more].filter(Boolean).join("\n");
  const draft = { ...kept, category: term.code, label: term.label, title: said.title, description, key };
  await write(draft).catch(() => {}); // held then, and the form says so
}

/** What is sent: the category's label is the title where none was typed. */
export function drafted(form, walkabout) {
  const { kind, title, label, category, description, place } = form;
  const own = {
    asset: { confidence: form.confidence }, group: { confidence: form.confidence },
    offer: form.offered_by ? { [form.offered_by.kind]: form.offered_by.uid } : { person_role: form.person_role.trim() || ANONYMOUS },
    finding: {
      severity: form.severity, direction: form.direction, observer_kind: form.observer_kind,
      observed_at: form.begun_at, time_of_day: timeOfDay(new Date(form.begun_at)),
    },
  }[kind];
  return {
    title: title.trim() || label, category, ...own, ...asDraft(place),
    ...(description.trim() ? { description: description.trim() } : {}),
    ...(walkabout ? { found_on: walkabout } : {}),
  };
}

export async function form(context) {
  const key = keyOf(context.person.uid);
  const draft = await read(key);
  if (!draft) return { title: "Log", content: [h("h1", {}, "Nothing is being logged"), h("p", {}, h("a", { href: "#/log" }, "Log something"))] };
  const givers = draft.kind === "offer" ? await giversOf(context) : [];
  const keeping = keeper(key, (error) => full.replaceChildren(...unwritten(error)));
  const similar = h("div", { id: "similar" });
  const full = h("div", { role: "alert" }, isHeld(key) ? unwritten() : []);
  const problem = h("div", { role: "alert" });
  const look = () => similar.replaceChildren(...likely(context, suspects(context.held?.pack.entries ?? [], draft), () => abandon(context, draft, keeping)));
  const set = (changes) => {
    Object.assign(draft, changes);
    keeping.keep({ ...draft });
    look();
  };
  const text = (name, label, hint, props = {}) => {
    const { tag = "input", ...rest } = props;
    const input = h(tag, { id: name, class: "walk-input", autocomplete: "off", value: draft[name] ?? "", ...rest });
    input.addEventListener("input", () => set({ [name]: input.value }));
    return field(label, input, hint);
  };
  const place = placePart(context, draft, set);
  const save = oneAtATime(async () => {
    saving.disabled = true;
    let uid;
    try {
      await keeping.close();
      uid = await log(context.person.uid, { ...draft, draft: drafted(draft, context.walkabout?.uid), label: draft.label }, key);
    } catch (error) {
      keeping.open();
      saving.disabled = false;
      problem.replaceChildren(notice(failure(error), "error"));
      problem.scrollIntoView({ block: "center" }); // above the bar with Save, wherever one was
      return;
    }
    if (!draft.place) place.later((found) => placed(context, { ...draft, uid }, found));
    await remember(context.person.uid, draft.kind, draft.category);
    persist();
    send();
    context.say(`Saved on this phone: ${draft.title.trim() || draft.label}`);
    context.go("#/log");
  });
  const busy = (isBusy) => { saving.disabled = isBusy; };
  const voice = voicePart(context, draft, set, busy);
  const saving = button("Save", save, { id: "save", class: "walk-button is-main" });
  look();
  return {
    title: `New ${draft.kind}`,
    leave: () => { place.stop(); voice.stop(); },
    ended: () => Promise.allSettled([save.underWay(), keeping.written()]),
    content: [
      h("h1", {}, `${NAMES[draft.kind]}: ${draft.label}`), full,
      h("p", {}, h("a", { href: `#/log/${draft.kind}` }, "Another category")),
      similar,
      text("title", "What is it called?", `Left empty: “${draft.label}”`, { maxlength: "160" }),
      ...ofKind(draft, givers, set, text),
      place.element,
      photoPart(context, draft, set, busy),
      text("description", "Anything else", "No names, numbers or addresses of people.", { tag: "textarea", rows: "3", maxlength: "4000" }),
      voice.element,
      problem,
      h("div", { class: "walk-save" }, saving, button("Throw away", () => abandon(context, draft, keeping))),
    ],
  };
}

/** A fix that came after Save: the entry gets it as a change, or before it is first sent. */
export async function placed({ person }, { uid, kind }, place) {
  await edit(person.uid, { uid, kind }, asDraft(place));
  send();
}

function ofKind(draft, givers, set, text) {
  if (draft.kind === "offer") return [offeredBy(draft, givers, set, text)];
  if (draft.kind === "finding") {
    return [
      choice("How bad?", "severity", SEVERITIES, draft.severity, (severity) => set({ severity })),
      choice("What sort?", "direction", DIRECTIONS, draft.direction, (direction) => set({ direction })),
      choice("Who noticed?", "observer_kind", OBSERVERS, draft.observer_kind, (observer) => set({ observer_kind: observer })),
    ];
  }
  return [choice("How do you know?", "confidence", CONFIDENCES, draft.confidence, (confidence) => set({ confidence }))];
}

/** One person's role, never a name; or a group or place that the phone knows. */
export function offeredBy(draft, givers, set, text) {
  const select = h(
    "select", { id: "offered_by", class: "walk-input" },
    h("option", { value: "" }, "A person, by their role"),
    givers.map(({ uid, title }) => h("option", { value: uid }, title)),
  );
  select.value = draft.offered_by?.uid ?? "";
  const role = text("person_role", "Their role", "Never a name. “A resident” names nobody.", { maxlength: "120", list: "roles" });
  const show = () => { role.hidden = select.value !== ""; };
  select.addEventListener("change", () => {
    const chosen = givers.find(({ uid }) => uid === select.value);
    set({ offered_by: chosen ? { uid: chosen.uid, kind: chosen.kind } : null });
    show();
  });
  show();
  return h(
    "div", {}, givers.length ? field("Who offers it?", select) : null, role,
    h("datalist", { id: "roles" }, ROLES.map((value) => h("option", { value }))),
  );
}

async function abandon(context, draft, keeping) {
  await keeping.close();
  await Promise.all([forget(keyOf(context.person.uid)), ...[...draft.photos, ...draft.sounds ?? []].map((uid) => remove("photos", uid))]);
  context.go("#/log");
}
