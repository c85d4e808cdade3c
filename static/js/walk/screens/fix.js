// Opens what the register did not accept, with its reasons, and what was logged here to change it.

import { button, field, h, notice, oneAtATime } from "../dom.js";
import { forget, isHeld, keeper, keyOf, read } from "../drafts.js";
import { send } from "../outbox.js";
import { drop, edit, retry, reword } from "../queue.js";
import { termsFor } from "../categories.js";
import { failure } from "../storage.js";
import { get } from "../store.js";
import { boxes, differing, elsewhere, list } from "./change_fields.js";
import { unwritten } from "./held.js";

const LABELS = { geometry: "where it is", title: "what it is called", found_on: "walkabout" };

/** A refused delivery: what was said of it, and a form to mend it. */
export async function fix(context, [device, number]) {
  const job = await get("outbox", [device, Number(number)]);
  if (!job || job.user !== context.person.uid) return gone();
  const entry = await get("entries", job.entry);
  const { title, detail, problems } = job.problem ?? {};
  const reasons = Object.entries(problems ?? {});
  const said = notice(title || "Not accepted", "error", detail && !reasons.length ? h("p", {}, detail) : null, h("ul", {}, reasons.map(([name, why]) => h("li", {}, `${LABELS[name] ?? name.replaceAll("_", " ")}: ${why}`))));
  const back = () => { send(); context.go("#/waiting"); };
  const giveUp = button("Do not send it", async () => { await drop(context.person.uid, job); back(); });
  const again = button("Try again as it is", async () => { await retry(context.person.uid, job); back(); });
  const form = entry && job.what === "put" ? await fields(context, entry, back) : job.what === "note" ? words(context, job, back) : null;
  return {
    title: "Open to fix",
    leave: () => form?.stop(),
    ended: () => form?.ended(),
    content: [
      h("h1", {}, entry?.draft.title ?? job.label ?? "Not accepted"), said,
      form?.element,
      h("div", { class: "walk-row" }, again, giveUp),
    ],
  };
}

/** Something logged here, sent or not, or taken along: a change carries the version it began from. */
export async function change(context, [uid]) {
  const packed = ofPack(context, uid);
  const own = await get("entries", uid);
  const isStale = packed && own?.state === "received" && packed.version > (own.version ?? 0);
  const entry = isStale || !own ? packed : own;
  if (!entry || entry.user !== context.person.uid) return gone();
  const back = () => { send(); context.go("#/waiting"); };
  const form = await fields(context, entry, back);
  return { title: "Change", leave: form.stop, ended: form.ended, content: [h("h1", {}, `Change: ${entry.draft.title}`), form.element] };
}

/** An entry that was taken along: only what the pack holds of it can be changed here. */
function ofPack({ held, person }, uid) {
  const found = held?.pack.entries.find((entry) => entry.uid === uid);
  return found && {
    uid, user: person.uid, kind: found.kind, label: found.category?.label ?? found.kind, version: found.version, state: "received",
    draft: { title: found.title, category: found.category?.code, ...found.fields }, status: found.status,
    at_place: [found.longitude, found.latitude], photos: 0, feature: null, at: Date.now(), isPacked: true,
  };
}

/** Whether the register asks if a note is about somebody, which whoever took it may know better. */
const asksIfLooked = ({ problem, body }) => body.words_checked || Boolean(problem?.problems?.text?.includes("seems to hold"));

/** A note that was not accepted, to be said otherwise. */
function words({ person }, job, back) {
  const text = h("textarea", { id: "text", class: "walk-input", rows: "4", maxlength: "1000" });
  text.value = job.body.text;
  const looked = h("input", { id: "looked", type: "checkbox" });
  const save = oneAtATime(async () => {
    if (!text.value.trim()) return;
    await reword(person.uid, job, text.value.trim(), looked.checked);
    back();
  });
  return {
    stop() {},
    ended: () => save.underWay(),
    element: h(
      "form", { onsubmit: (event) => { event.preventDefault(); save(); } },
      field("Say it otherwise", text, "Naming nobody."),
      asksIfLooked(job) ? h("label", { class: "walk-looked" }, looked, "I have looked: it is not about anybody") : null,
      h("div", { class: "walk-save" }, h("button", { type: "submit", id: "save", class: "walk-button is-main" }, "Send it so")),
    ),
  };
}

const gone = () => ({ title: "Waiting", content: [h("h1", {}, "That is not waiting any more"), h("p", {}, h("a", { href: "#/waiting" }, "What waits"))] });

/** What was begun of a change is kept, with what it began from where that was taken along. */
async function fields(context, found, back) {
  const key = keyOf(context.person.uid, `change:${found.uid}`);
  const begun = await read(key);
  const entry = { ...found, ...begun?.from };
  const changes = { ...begun?.changes };
  let status = begun?.status ?? null;
  const problem = h("div", { role: "alert" }, isHeld(key) ? unwritten() : []);
  const keeping = keeper(key, (error) => problem.replaceChildren(...unwritten(error)));
  const from = entry.isPacked ? { version: entry.version, draft: entry.draft } : undefined;
  const set = (some) => {
    Object.assign(changes, some);
    keeping.keep({ changes: { ...changes }, status, from });
  };
  const shown = { ...entry, draft: { ...entry.draft, ...changes } };
  const throwAway = async () => {
    await keeping.close();
    await forget(key);
    context.redraw();
  };
  const terms = termsFor(entry.kind, context.categories).filter((term) => !term.route_only).map(({ code, label }) => [code, label]);
  const now = entry.status ?? entry.feature?.properties?.status;
  const ways = context.held?.pack.states?.[entry.kind]?.[now] ?? [];
  const inWords = (state) => state[0].toUpperCase() + state.slice(1).replaceAll("_", " ");
  const place = entry.isPacked && !("geometry" in entry.draft) ? null : elsewhere(context, shown, set);
  const save = oneAtATime(async () => {
    const differ = differing(entry.draft, changes);
    try {
      await keeping.close();
      if (Object.keys(differ).length || status) await edit(context.person.uid, entry, differ, status);
      await forget(key);
    } catch (error) {
      keeping.open();
      problem.replaceChildren(notice(failure(error), "error"));
      problem.scrollIntoView({ block: "center" });
      return;
    }
    back();
  });
  return {
    stop: () => place?.stop(),
    ended: () => Promise.allSettled([save.underWay(), keeping.written()]),
    element: h(
      "form", { onsubmit: (event) => { event.preventDefault(); save(); } },
      begun ? notice("You began to change this, and have not saved it yet.", "warning", button("Throw it away", throwAway)) : null,
      boxes(shown, set),
      terms.length && entry.draft.category ? list("category", "Category", terms, shown.draft.category, (category) => set({ category })) : null,
      ways.length ? list("status", "State", [now, ...ways].map((state) => [state, inWords(state)]), status ?? now, (state) => { status = state === now ? null : state; set({}); }) : null,
      place?.element, problem,
      h("div", { class: "walk-save" }, h("button", { type: "submit", id: "save", class: "walk-button is-main" }, "Save the change")),
    ),
  };
}
