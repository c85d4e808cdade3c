// Quick findings: one press says what, another saves. There is no box to type in.

import { rightNow } from "../days.js";
import { button, choice, h, notice, oneAtATime } from "../dom.js";
import { send } from "../outbox.js";
import { asDraft, fresh, standing } from "../place.js";
import { log } from "../queue.js";
import { LISTS, SEVERITIES, offered, quickDraft } from "../quick.js";
import { failure } from "../storage.js";
import { uuid7 } from "../uuid.js";
import { placed } from "./form.js";
import { notTaken } from "./taking.js";

const OBSERVERS = [["officer", "Us"], ["resident", "A resident"], ["unknown", "Nobody named"]];

export async function quick(context, [name = "problem"]) {
  const list = LISTS.find((one) => one.name === name) ?? LISTS[0];
  const terms = offered(list, context.categories?.finding ?? []);
  const chosen = { term: null, severity: list.severity, observer: name === "perception" ? "resident" : "officer" };
  const where = h("p", { role: "status" });
  const here = standing((said) => { where.textContent = said; }, (entry, place) => placed(context, entry, place));
  const problem = h("div", { role: "alert" });
  const save = oneAtATime(async () => {
    const now = rightNow(context.person);
    const draft = { ...quickDraft(list, chosen.term, { ...chosen, walkabout: context.walkabout?.uid, now }), ...asDraft(fresh()) };
    const uid = uuid7();
    try {
      await log(context.person.uid, { uid, kind: "finding", label: chosen.term.label, draft });
    } catch (error) {
      problem.replaceChildren(notice(failure(error), "error"));
      return;
    }
    here.saved({ uid, kind: "finding" });
    send();
    context.say(`Saved on this phone: ${chosen.term.label}`);
    choose(null);
  });
  const saving = button("Save", save, { id: "save", class: "walk-button is-main", disabled: true });
  const buttons = terms.map((term) => button(term.label, () => choose(term), { class: "walk-button walk-term", "aria-pressed": "false", "data-code": term.code }));
  const choose = (term) => {
    chosen.term = term;
    if (term) here.look();
    saving.disabled = !term;
    saving.textContent = term ? `Save: ${term.label}` : "Save";
    buttons.forEach((one, index) => one.setAttribute("aria-pressed", String(terms[index] === term)));
  };
  return {
    title: list.title,
    refresh: !terms.length,
    leave: here.stop,
    content: [
      h("h1", {}, list.title),
      terms.length ? null : notTaken(context, "the list comes"),
      h("div", { class: "walk-terms" }, buttons),
      choice("How much?", "severity", SEVERITIES, chosen.severity, (severity) => { chosen.severity = severity; }),
      choice("Who noticed?", "observer", OBSERVERS, chosen.observer, (observer) => { chosen.observer = observer; }),
      where, problem,
      h("div", { class: "walk-save" }, saving, h("a", { class: "walk-button", href: "#/log" }, "Done")),
    ],
  };
}
