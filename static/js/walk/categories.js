// Finds the category of what is being logged: used lately, meant by the words typed, searched for.

import { everyday } from "./everyday.js";

const MOST_RECENT = 6;
const EMPTY = new Set("a an and are at by can could do for from have i in is it like my no of off on or our out people run some the there they to up we who will with would you".split(" "));

const LONGEST = 160; // of a title, as the register takes it

/** A title of what somebody said, cut between two words; said whole in `more` where it was cut. */
export function titled(words) {
  if (words.length <= LONGEST) return { title: words, more: "" };
  const cut = words.slice(0, LONGEST - 2);
  return { title: `${cut.slice(0, cut.lastIndexOf(" ") + 1 || cut.length).trim()} …`, more: words };
}

const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
const tokens = (text) => (plain(text).match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !EMPTY.has(word));

const SLIGHT = new Set(["help"]); // is said of everything
const GROUPS = "grp"; // the heading of groups in the shipped classification

/** Which terms kinds choose from: groups share the assets' classification, their own heading first. */
export function termsFor(kind, categories) {
  const terms = categories?.[kind === "group" ? "asset" : kind] ?? [];
  const [leaves, tops] = [terms.filter(({ parent }) => parent), terms.filter(({ parent }) => !parent)];
  const usable = leaves.length ? leaves : tops;
  if (kind !== "group") return usable;
  return [...usable.filter(({ parent }) => parent === GROUPS), ...usable.filter(({ parent }) => parent !== GROUPS)];
}

/** How well a term answers what was typed: 0 not at all. A whole word counts more than a beginning. */
export function score(term, typed) {
  const own = [[tokens(term.label), 6], [[...(term.words ?? []), ...everyday(term.code)].flatMap(tokens), 4], [tokens(term.hint ?? ""), 2]];
  let sum = 0;
  for (const word of tokens(typed)) {
    let best = 0;
    for (const [words, weight] of own) {
      if (words.includes(word)) best = Math.max(best, weight);
      else if (word.length > 2 && words.some((other) => other.startsWith(word) || (other.length > 3 && word.startsWith(other)))) best = Math.max(best, weight / 2);
    }
    sum += SLIGHT.has(word) ? best / 4 : best;
  }
  return sum;
}

/** Terms for the words typed, the best first; without words the recent ones, then all by label. */
export function suggest(terms, typed, recent = []) {
  if (!typed.trim()) {
    const used = recent.map((code) => terms.find((term) => term.code === code)).filter(Boolean);
    return { lately: used, others: terms.filter((term) => !used.includes(term)) };
  }
  const scored = terms.map((term) => ({ term, points: score(term, typed) + (recent.includes(term.code) ? 0.5 : 0) }));
  return {
    lately: [],
    others: scored.filter(({ points }) => points >= 1).sort((a, b) => b.points - a.points).map(({ term }) => term),
  };
}

/** The codes used lately with one more in front. */
export const remembered = (recent, code) => [code, ...recent.filter((other) => other !== code)].slice(0, MOST_RECENT);
