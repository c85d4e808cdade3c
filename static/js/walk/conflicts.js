// Where the phone and the register hold different values: both are shown, and a person chooses.

import { queueing } from "./queue.js";

const asWords = (value) => {
  if (value === null || value === undefined || value === "") return "(empty)";
  if (Array.isArray(value)) return value.length ? value.join(", ") : "(empty)";
  if (value.type === "Point") return `${value.coordinates[1].toFixed(5)}, ${value.coordinates[0].toFixed(5)}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** One row a field: {name, label, theirs, mine} in words. */
export const rows = (problem) => problem.clashes.map(({ name, theirs, mine }) => ({
  name, label: name === "geometry" ? "place" : name.replaceAll("_", " "), theirs: asWords(theirs), mine: asWords(mine),
}));

const WITH_ITS_PLACE = ["location_method", "accuracy_m"];

/**
 * What is sent anew, from their version on: all that was changed here, or (isMine false) only what
 * they did not change. null: nothing is left to send.
 */
export function sentAnew(job, isMine) {
  const theirs = new Set(job.problem.clashes.map(({ name }) => name));
  if (theirs.has("geometry")) WITH_ITS_PLACE.forEach((name) => theirs.add(name));
  const mine = Object.fromEntries(job.problem.clashes.map(({ name, mine: value }) => [name, value]));
  const sent = job.body ?? job.changes ?? {};
  const changes = isMine ? { ...sent, ...mine } : Object.fromEntries(Object.entries(sent).filter(([name]) => !theirs.has(name)));
  return Object.keys(changes).length ? { what: "put", entry: job.entry, kind: job.kind, base: "own", changes } : null;
}

/** choice: "mine", "theirs", or "desk" (a person at the desk answers the suggestion that was kept). */
export function resolve(user, job, choice) {
  return queueing(user, async (stores, add, ask, giveUp) => {
    const entry = await ask(stores.entries.get(job.entry));
    stores.outbox.delete([job.device, job.number]);
    if (!job.problem.proposal) giveUp(job); // the register kept nothing under this number
    const anew = choice === "desk" ? null : sentAnew(job, choice === "mine");
    if (anew) add(anew);
    // what the desk was asked is answered here; that it is taken back is no delivery with a receipt
    if (job.problem.proposal && choice !== "desk") giveUp(add({ what: "takeback", entry: job.entry, kind: job.kind, proposal: job.problem.proposal, optional: true }));
    if (!entry) return;
    const theirs = Object.fromEntries(job.problem.clashes.map(({ name, theirs: value }) => [name, value]));
    stores.entries.put({
      ...entry,
      version: job.problem.version, // where it was not said, it is asked for before the next change
      draft: choice === "theirs" ? { ...entry.draft, ...theirs } : entry.draft,
      state: anew ? "waiting" : choice === "desk" ? "suggested" : "received",
    });
  });
}
