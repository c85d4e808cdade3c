// Opens what the register did not accept, with its reasons, and what was logged here to change it.

import { button, field, h, notice } from "../dom.js";
import { send } from "../outbox.js";
import { drop, edit, retry } from "../queue.js";
import { termsFor } from "../categories.js";
import { get } from "../store.js";

const TEXTS = [["title", "What is it called?", 160], ["description", "Anything else", 4000], ["person_role", "The role of who offers it", 120]];

/** A refused delivery: what was said of it, and a form to mend it. */
export async function fix(context, [device, number]) {
  const job = await get("outbox", [device, Number(number)]);
  if (!job || job.user !== context.person.uid) return gone();
  const entry = await get("entries", job.entry);
  const { title, detail, problems } = job.problem ?? {};
  const reasons = Object.entries(problems ?? {});
  const said = notice(title || "Not accepted", "error", detail ? h("p", {}, detail) : null, h("ul", {}, reasons.map(([name, why]) => h("li", {}, `${name.replaceAll("_", " ")}: ${why}`))));
  const back = () => { send(); context.go("#/waiting"); };
  const giveUp = button("Do not send it", async () => { await drop(context.person.uid, job); back(); });
  const again = button("Try again as it is", async () => { await retry(context.person.uid, job); back(); });
  return {
    title: "Open to fix",
    content: [
      h("h1", {}, entry?.draft.title ?? job.label ?? "Not accepted"), said,
      entry && job.what === "put" ? fields(context, entry, back) : null,
      h("div", { class: "walk-row" }, again, giveUp),
    ],
  };
}

/** Something logged here, sent or not: a change carries the version it began from. */
export async function change(context, [uid]) {
  const entry = await get("entries", uid) ?? ofPack(context, uid);
  if (!entry || entry.user !== context.person.uid) return gone();
  const back = () => { send(); context.go("#/waiting"); };
  return { title: "Change", content: [h("h1", {}, `Change: ${entry.draft.title}`), fields(context, entry, back)] };
}

/** An entry that was taken along: only what the pack holds of it can be changed here. */
function ofPack({ held, person }, uid) {
  const found = held?.pack.entries.find((entry) => entry.uid === uid);
  return found && {
    uid, user: person.uid, kind: found.kind, label: found.category?.label ?? found.kind, version: found.version, state: "received",
    draft: { title: found.title, category: found.category?.code }, photos: 0, feature: null, at: Date.now(), isPacked: true,
  };
}

const gone = () => ({ title: "Waiting", content: [h("h1", {}, "That is not waiting any more"), h("p", {}, h("a", { href: "#/waiting" }, "What waits"))] });

function fields(context, entry, back) {
  const changes = {};
  const text = ([name, label, maxlength]) => {
    const input = h(name === "description" ? "textarea" : "input", { id: `fix-${name}`, class: "walk-input", maxlength, value: entry.draft[name] ?? "" });
    input.addEventListener("input", () => { changes[name] = input.value.trim(); });
    return field(label, input);
  };
  const terms = termsFor(entry.kind, context.categories).filter((term) => !term.route_only);
  const select = h("select", { id: "fix-category", class: "walk-input" }, terms.map(({ code, label }) => h("option", { value: code }, label)));
  select.value = entry.draft.category;
  select.addEventListener("change", () => { changes.category = select.value; });
  const save = async () => {
    if (Object.keys(changes).length) await edit(context.person.uid, entry, changes);
    back();
  };
  return h(
    "form", { onsubmit: (event) => { event.preventDefault(); save(); } },
    TEXTS.filter(([name]) => entry.draft[name] !== undefined || (name === "description" && !entry.isPacked)).map(text),
    terms.length && entry.draft.category ? field("Category", select) : null,
    h("div", { class: "walk-save" }, h("button", { type: "submit", id: "save", class: "walk-button is-main" }, "Save the change")),
  );
}
