// "Is it one of these?": what the register has already, one press away from being confirmed.

import { button, h } from "../dom.js";
import { today } from "../days.js";
import { away } from "../nearby.js";
import { send } from "../outbox.js";
import { check } from "../queue.js";

/** A list of likely same entries, or nothing. done(): after one was confirmed instead of added. */
export function likely(context, found, done) {
  if (!found.length) return [];
  const confirm = async (entry) => {
    await check(context.person.uid, entry, { found: "here", on: today(context.person), walkabout: context.held?.uid });
    send();
    context.say(`Still here: ${entry.title}`);
    await done();
  };
  return [h(
    "section", { class: "walk-notice is-warning", "aria-label": "Already on the register" },
    h("p", {}, h("strong", {}, "Already on the register?")),
    h("ul", { class: "walk-list" }, found.map(({ entry, away_m: distance }) => h(
      "li", {}, h("span", {}, entry.title, " ", h("small", {}, [entry.category?.label, away(distance)].filter(Boolean).join(", "))),
      button("It is this one, still here", () => confirm(entry)),
    ))),
  )];
}
