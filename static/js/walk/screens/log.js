// The first two of three taps: what kind of thing, then which category.

import { suggest, termsFor } from "../categories.js";
import { button, field, h, notice } from "../dom.js";
import { isHeld, keyOf, read } from "../drafts.js";
import { recent } from "../here.js";
import { begin } from "./form.js";
import { notTaken } from "./taking.js";

export const KINDS = [
  ["asset", "Asset", "A place or thing people can use"],
  ["group", "Group", "People who do something together"],
  ["offer", "Offer", "“I could run football on Tuesdays”"],
  ["finding", "Finding", "Something seen, heard or felt"],
];
export const NAMES = Object.fromEntries(KINDS.map(([kind, name]) => [kind, name]));

const MOST_SHOWN = 12;
const PASS_ON = "#/pass-on";

const tile = (href, name, hint, kind = "") => h("a", { class: `walk-tile ${kind && `k-${kind}`}`, href }, h("strong", {}, name), h("span", {}, hint));

/** Tap one. */
export async function home(context) {
  const draft = await read(keyOf(context.person.uid));
  const unsaved = draft && !isHeld(draft.key) && notice(`Not saved yet: ${NAMES[draft.kind]}, ${draft.title || draft.label}`, "warning", h("p", {}, h("a", { href: "#/form" }, "Go on with it")));
  return {
    title: "Log",
    refresh: !context.categories,
    content: [
      h("h1", {}, "What is it?"),
      unsaved,
      context.categories ? null : notTaken(context, "the categories come"),
      h("div", { class: "walk-tiles" }, KINDS.map(([kind, name, hint]) => tile(`#/log/${kind}`, name, hint, kind))),
      h("h2", {}, "In a hurry"),
      h(
        "div", { class: "walk-tiles" },
        tile("#/quick/problem", "Quick problem", "From a list, nothing to type", "finding"),
        tile("#/quick/strength", "Quick strength", "What is good here", "group"),
        tile("#/quick/perception", "Felt unsafe here", "A feeling about this spot", "engagement"),
        tile("#/sprint", "Offer sprint", "One offer after another", "offer"),
        tile("#/notes", "At an event", "Notes at a table, one after another", "engagement"),
      ),
    ],
  };
}

/** Tap two: recent ones first, then whatever the words typed mean; typing is never needed. */
export async function categories(context, [kind]) {
  const terms = termsFor(kind, context.categories);
  const used = await recent(context.person.uid, kind);
  const typed = h("input", { type: "search", id: "words", autocomplete: "off", enterkeyhint: "search", maxlength: "4000", class: "walk-input" });
  const found = h("div", { id: "found" });
  const changing = await read(keyOf(context.person.uid));
  if (changing?.kind === kind && changing.title) typed.value = changing.title;

  const pick = async (term) => {
    await begin(context, { kind, term, title: typed.value.trim() });
    context.go("#/form");
  };
  const press = (term) => (term.route_only
    ? h("p", { class: "walk-hint" }, `${term.label}: this is passed on, never logged here. `, h("a", { href: PASS_ON }, "Pass it on"))
    : button(term.label, () => pick(term), { class: "walk-button walk-term", "data-code": term.code }));
  const draw = () => {
    const { lately, others } = suggest(terms, typed.value, used);
    const meant = typed.value.trim() ? others.slice(0, MOST_SHOWN) : [];
    const none = typed.value.trim() && !meant.length ? h("p", { class: "walk-hint" }, "No category has that in its words: pick one below.") : null;
    found.replaceChildren(...[
      lately.length ? [h("h2", {}, "Used lately"), h("div", { class: "walk-terms" }, lately.map(press))] : [],
      meant.length ? [h("h2", {}, "What that may be"), h("div", { class: "walk-terms" }, meant.map(press))] : [],
      none, h("h2", {}, "All"), grouped(terms, context, kind, press),
    ].flat(2).filter(Boolean));
  };
  typed.addEventListener("input", draw);
  draw();
  return {
    title: NAMES[kind],
    content: [
      h("h1", {}, `${NAMES[kind]}: which sort?`),
      field("Say it in a few words, or pick below", typed, "The words become its name. You can change them."),
      kind === "finding" ? h("p", { class: "walk-hint" }, "A crime, somebody at risk, something the police should know? ", h("a", { href: PASS_ON }, "Pass it on"), ", never log it.") : null,
      found,
    ],
  };
}

/** Under their headings. */
function grouped(terms, { categories: known }, kind, press) {
  const tops = new Map((known?.[kind === "group" ? "asset" : kind] ?? []).filter(({ parent }) => !parent).map(({ code, label }) => [code, label]));
  return [...byParent(terms)].map(([parent, own]) => h(
    "section", {}, tops.get(parent) ? h("h3", {}, tops.get(parent)) : null,
    h("div", { class: "walk-terms" }, own.map(press)),
  ));
}

function byParent(terms) {
  const sections = new Map();
  terms.forEach((term) => sections.set(term.parent, [...(sections.get(term.parent) ?? []), term]));
  return sections;
}
