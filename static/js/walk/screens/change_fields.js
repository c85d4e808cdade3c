// The fields of an entry that can be changed on the way, each as what it is.

import { choice, field, h } from "../dom.js";
import { SEVERITIES } from "../quick.js";
import { asDraft } from "../place.js";
import { placePart } from "./place_part.js";

const UNITS = [["", "Not said"], ["hours", "Hours"], ["items", "Items"], ["places", "Places"], ["sessions", "Sessions"], ["pence", "Pence"], ["other", "Other"]];
const PLACES = ["asset", "group"];
const asNumber = (text) => (text.trim() === "" ? null : Number(text));
const orNull = (text) => text || null;

/** [name, label, kinds or null for all, properties of its box, what is sent for what was typed]. */
const BOXES = [
  ["title", "What is it called?", null, { maxlength: "160", required: true }],
  ["description", "Anything else", null, { tag: "textarea", rows: "4", maxlength: "4000" }],
  ["person_role", "The role of who offers it", ["offer"], { maxlength: "120" }],
  ["address", "Where it is, in words", null, { maxlength: "200" }],
  ["opening_hours", "Opening hours", PLACES, { tag: "textarea", rows: "2", maxlength: "500" }],
  ["phone", "Phone", PLACES, { type: "tel", maxlength: "40" }],
  ["quantity", "How many", ["offer"], { type: "number", min: "0", step: "any", inputmode: "decimal" }, asNumber],
  ["available_from", "From", ["offer"], { type: "date" }, orNull],
  ["available_to", "Until", ["offer"], { type: "date" }, orNull],
];

/** What may be changed of an entry here: names that its kind has; of a packed one, those taken along. */
export const changeable = (entry) => [...BOXES.map(([name, , kinds]) => [name, kinds]), ["unit", ["offer"]], ["severity", ["finding"]]]
  .filter(([name, kinds]) => (kinds?.includes(entry.kind) ?? true) && (name !== "person_role" || entry.draft.person_role) && (!entry.isPacked || entry.draft[name] !== undefined))
  .map(([name]) => name);

/** The boxes for those; set(changes) is called with what was changed, as it is sent. */
export function boxes(entry, set) {
  const names = changeable(entry);
  const text = ([name, label, , { tag = "input", ...props }, sent = (typed) => typed.trim()]) => {
    const input = h(tag, { id: `fix-${name}`, class: "walk-input", autocomplete: "off", value: entry.draft[name] ?? "", ...props });
    input.addEventListener("input", () => set({ [name]: sent(input.value) }));
    return field(label, input);
  };
  return [
    BOXES.filter(([name]) => names.includes(name)).map(text),
    names.includes("unit") ? list("unit", "Of what", UNITS, entry.draft.unit ?? "", (unit) => set({ unit: unit || null })) : null,
    names.includes("severity") ? choice("How bad?", "severity", SEVERITIES, entry.draft.severity ?? 2, (severity) => set({ severity })) : null,
  ];
}

/** A box to choose from. options: [[value, words], …]. */
export function list(name, label, options, chosen, choose) {
  const select = h("select", { id: `fix-${name}`, class: "walk-input" }, options.map(([value, words]) => h("option", { value }, words)));
  select.value = chosen;
  select.addEventListener("change", () => choose(select.value));
  return field(label, select);
}

/** Put it elsewhere: nothing is asked of the phone before this is opened. */
export function elsewhere(context, entry, set) {
  const host = h("details", { class: "walk-there" }, h("summary", {}, "It stands somewhere else"));
  let part = null;
  host.addEventListener("toggle", () => {
    if (!host.open || part) return;
    const [longitude, latitude] = entry.draft.geometry?.coordinates ?? entry.at_place ?? [null, null];
    const place = { longitude, latitude, accuracyM: null, method: "map_click" };
    part = placePart(context, { place, kind: entry.kind }, ({ place: found }) => set(asDraft(found)));
    host.append(part.element);
  });
  return { element: host, stop: () => part?.stop() };
}

/** Only what differs from what it was. */
export const differing = (draft, changes) => Object.fromEntries(Object.entries(changes)
  .filter(([name, value]) => asText(value) !== asText(draft[name])));

const asText = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? ""));
