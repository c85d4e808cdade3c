// Offer after offer: words, a category that they suggest, save; the next one begins at once.

import { suggest, termsFor } from "../categories.js";
import { button, field, h, notice, oneAtATime } from "../dom.js";
import { isHeld, keeper, keyOf, read } from "../drafts.js";
import { giversOf } from "../givers.js";
import { recent, remember } from "../here.js";
import { send } from "../outbox.js";
import { asDraft, fresh, standing } from "../place.js";
import { log } from "../queue.js";
import { failure } from "../storage.js";
import { uuid7 } from "../uuid.js";
import { ANONYMOUS, offeredBy, placed } from "./form.js";
import { unwritten } from "./held.js";

const SHOWN = 6;

export async function sprint(context) {
  const user = context.person.uid;
  const key = keyOf(user, "sprint");
  const terms = termsFor("offer", context.categories);
  const keeping = keeper(key, (error) => problem.replaceChildren(...unwritten(error)));
  const draft = { title: "", person_role: ANONYMOUS, offered_by: null, code: null, ...(await read(key)) };
  const givers = await giversOf(context);
  const used = await recent(user, "offer");
  const where = h("p", { role: "status" });
  const here = standing((said) => { where.textContent = said; }, (entry, place) => placed(context, entry, place));
  const problem = h("div", { role: "alert" }, isHeld(key) ? unwritten() : []);
  const list = h("div", { class: "walk-terms", role: "group", "aria-label": "Category" });
  const every = h("select", { id: "every", class: "walk-input" }, h("option", { value: "" }, "Choose"), terms.map(({ code, label }) => h("option", { value: code }, label)));
  every.addEventListener("change", () => { if (every.value) choose(every.value); });
  const saved = h("ol", { class: "walk-list", id: "sprinted" });
  const typed = h("input", { id: "offer", class: "walk-input", autocomplete: "off", maxlength: "160", value: draft.title, enterkeyhint: "done" });

  const who = h("summary", {});
  const tellWho = () => {
    const giver = givers.find(({ uid }) => uid === draft.offered_by?.uid);
    who.textContent = `Who offers it: ${giver?.title ?? (draft.person_role.trim() || ANONYMOUS)}`;
  };
  const set = (changes) => {
    Object.assign(draft, changes);
    tellWho();
    keeping.keep({ ...draft });
  };
  const text = (name, label, hint, props) => {
    const input = h("input", { id: name, class: "walk-input", autocomplete: "off", ...props, value: draft[name] });
    input.addEventListener("input", () => set({ [name]: input.value }));
    return field(label, input, hint);
  };
  const choose = (code) => {
    if (!draft.title) here.look();
    set({ code });
    draw();
  };
  const draw = () => {
    const { lately, others } = suggest(terms, draft.title, used);
    const rest = suggest(terms, "", used);
    const shown = [...new Set([...lately, ...others, ...rest.lately, ...rest.others])].slice(0, SHOWN);
    const chosen = terms.find(({ code }) => code === draft.code);
    if (chosen && !shown.includes(chosen)) shown.unshift(chosen);
    list.replaceChildren(...shown.map((term) => button(term.label, () => choose(term.code), {
      class: "walk-button walk-term", "aria-pressed": String(term.code === current()?.code), "data-code": term.code,
    })));
    every.value = "";
    saving.disabled = !current();
  };
  /** What was pressed; else the first that the words mean. */
  const current = () => terms.find(({ code }) => code === draft.code)
    ?? (draft.title.trim() ? suggest(terms, draft.title, used).others[0] : undefined);
  const save = oneAtATime(async () => {
    const term = current();
    if (!term) return;
    const words = typed.value;
    const by = draft.offered_by ? { [draft.offered_by.kind]: draft.offered_by.uid } : { person_role: draft.person_role.trim() || ANONYMOUS };
    const title = draft.title.trim() || term.label;
    const found = context.walkabout ? { found_on: context.walkabout.uid } : {};
    const uid = uuid7();
    try {
      await keeping.close();
      await log(user, { uid, kind: "offer", label: term.label, draft: { title, category: term.code, ...by, ...asDraft(fresh()), ...found } }, key);
    } catch (error) {
      keeping.open();
      problem.replaceChildren(...(isHeld(key) ? unwritten(error) : [notice(failure(error), "error")]));
      return;
    }
    keeping.open(); // for the next offer
    problem.replaceChildren();
    here.saved({ uid, kind: "offer" });
    remember(user, "offer", term.code).catch(() => {}); // only an order of buttons
    send();
    saved.prepend(h("li", {}, `${title} (${term.label})`));
    context.say(`Saved on this phone: ${title}`);
    const since = typed.value.startsWith(words) ? typed.value.slice(words.length) : typed.value; // typed while it was saved
    typed.value = since;
    set({ title: since, code: null });
    draw();
    typed.focus();
  });
  const saving = button("Save, next offer", save, { id: "save", class: "walk-button is-main", disabled: true });
  typed.addEventListener("input", () => {
    if (!draft.title) here.look(); // another offer, perhaps at another door
    set({ title: typed.value });
    draw();
  });
  typed.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    save();
  });
  tellWho();
  draw();
  return {
    title: "Offer sprint",
    leave: here.stop,
    ended: () => Promise.allSettled([save.underWay(), keeping.written()]),
    focus: typed,
    content: [
      h("h1", {}, "Offer sprint"),
      field("What do they offer?", typed), list, problem,
      field("Or another category", every),
      h("div", { class: "walk-save" }, saving, h("a", { class: "walk-button", href: "#/log" }, "Done")),
      h("details", { class: "walk-there" }, who, offeredBy(draft, givers, set, text)),
      where, h("h2", {}, "Saved in this sprint"), saved,
    ],
  };
}
