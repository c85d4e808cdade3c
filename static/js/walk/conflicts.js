// Where the phone and the register hold different values: both are shown, and a person chooses.

import { queueing } from "./queue.js";

const asWords = (value) => {
  if (value === null || value === undefined || value === "") return "(empty)";
  if (Array.isArray(value)) return value.length ? value.join(", ") : "(empty)";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** One row a field: {name, label, theirs, mine} in words. */
export const rows = (problem) => problem.clashes.map(({ name, theirs, mine }) => ({
  name, label: name.replaceAll("_", " "), theirs: asWords(theirs), mine: asWords(mine),
}));

/** The delivery that keeps this phone's values: only the fields both changed, from their version on. */
export const keepingMine = (job) => ({
  what: "put", entry: job.entry, kind: job.kind, base: "own",
  changes: Object.fromEntries(job.problem.clashes.map(({ name, mine }) => [name, mine])),
});

/** choice: "mine", "theirs", or "desk" (a person at the desk answers the suggestion that was kept). */
export function resolve(user, job, choice) {
  return queueing(user, async (stores, add, ask, giveUp) => {
    const entry = await ask(stores.entries.get(job.entry));
    stores.outbox.delete([job.device, job.number]);
    if (!job.problem.proposal) giveUp(job); // the register kept nothing under this number
    if (choice === "mine") add(keepingMine(job));
    if (!entry) return;
    const theirs = Object.fromEntries(job.problem.clashes.map(({ name, theirs: value }) => [name, value]));
    stores.entries.put({
      ...entry,
      version: job.problem.version, // where it was not said, it is asked for before the next change
      draft: choice === "theirs" ? { ...entry.draft, ...theirs } : entry.draft,
      state: { mine: "waiting", theirs: "received", desk: "suggested" }[choice],
    });
  });
}
