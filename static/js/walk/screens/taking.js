// Says what to do where a walkabout's area is not on the phone yet.

import { h, notice } from "../dom.js";

const BY_ITSELF = "it comes by itself as soon as there is signal";

/** what: “the list comes”, or whatever comes with the area. */
export function notTaken({ walkabout }, what) {
  if (walkabout?.toTake && walkabout.why) return notice(`“${walkabout.title}” could not be taken along. ${walkabout.why} Try it again from the list, or choose another.`, "warning", h("p", {}, h("a", { href: "#/walkabouts" }, "Walkabouts")));
  const words = walkabout?.toTake
    ? `“${walkabout.title}” is not taken along yet: ${BY_ITSELF}, and ${what} with it.`
    : `Take a walkabout along first: ${what} with it. Without signal choose or start one all the same: ${BY_ITSELF}.`;
  return notice(words, "warning", h("p", {}, h("a", { href: "#/walkabouts" }, walkabout?.toTake ? "Walkabouts" : "Choose a walkabout")));
}
