// Says what a full phone could not write down: it is held while the app is open, and how to save it.

import { allHeld, keyOf } from "../drafts.js";
import { h, notice } from "../dom.js";
import { failure } from "../storage.js";

const FULL = { name: "QuotaExceededError" };
const HELD = "Until then your words are held only while the app stays open: do not close it.";

/** For the form itself; nothing once it is written. */
export const unwritten = (error = FULL) => (error ? [notice(`${failure(error)} ${HELD}`, "error")] : []);

/** For the screens one goes on to: each form that is held, with the way back to it. */
export function heldBack({ person }) {
  const own = [["form", "#/form"], ["sprint", "#/sprint"]].map(([slot, href]) => [allHeld().find(({ key }) => key === keyOf(person.uid, slot)), href]);
  return own.filter(([draft]) => draft).map(([draft, href]) => notice(
    `Not saved: ${draft.title || draft.label || "an offer"}. ${failure(FULL)} ${HELD}`, "error", h("p", {}, h("a", { href }, "Go on with it")),
  ));
}
