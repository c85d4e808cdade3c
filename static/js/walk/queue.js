// Puts what was logged into the outbox, numbered, in the transaction that keeps it.

import { saved } from "./drafts.js";
import { changed, transact } from "./store.js";
import { uuid7 } from "./uuid.js";

const STORES = ["queues", "outbox", "entries", "photos", "drafts", "packs", "tracks"];
const FRESH = { state: "waiting", tries: 0, next: 0, problem: null };

/** A new queue: the numbers of a person's deliveries from this phone run from 1 without a gap. */
export const newQueue = (user) => ({ user, device: uuid7(), next: 1, dropped: [] });

/**
 * Run `write(stores, add, ask, giveUp)`: add(job) gives each job the next number of the person's
 * queue; giveUp(job) notes that a number will never arrive.
 */
export async function queueing(user, write) {
  const result = await transact(STORES, "readwrite", async (stores, ask) => {
    const queue = (await ask(stores.queues.get(user))) ?? newQueue(user);
    const add = (job) => {
      const added = { ...FRESH, ...job, user, device: queue.device, number: queue.next, at: Date.now() };
      stores.outbox.put(added);
      queue.next += 1;
      return added;
    };
    const giveUp = (job) => {
      if (job.device === queue.device) queue.dropped = [...(queue.dropped ?? []), job.number];
    };
    const made = await write(stores, add, ask, giveUp);
    stores.queues.put(queue);
    return made;
  });
  changed();
  return result;
}

/**
 * Keep a new entry and queue it, its photos after it; its draft goes in the same stroke.
 * photos, sounds: uids of photos and voice notes that are in the store already.
 * Returns its uid: another than it was given where the same form was saved in another tab, in other words.
 */
export async function log(user, { uid, kind, label, draft, photos = [], sounds = [] }, draftKey) {
  const logged = await queueing(user, async (stores, add, ask) => {
    if (draftKey) stores.drafts.delete(draftKey);
    const before = await ask(stores.entries.get(uid));
    if (before && says(before, draft)) return uid;
    const taken = new Set(before ? (await ask(stores.outbox.getAll())).map(({ photo }) => photo) : []);
    const held = new Set(before ? await ask(stores.photos.getAllKeys()) : []);
    const own = (files) => (before ? files.filter((file) => held.has(file) && !taken.has(file)) : files);
    const [pictures, notes] = [own(photos), own(sounds)];
    const entry = before ? uuid7() : uid;
    stores.entries.put({
      uid: entry, user, kind, label, draft, photos: pictures.length + notes.length, feature: null, version: null, state: "waiting", at: Date.now(),
    });
    add({ what: "put", entry, kind, changes: draft, base: null, needs: needs(draft) });
    pictures.forEach((photo) => add({ what: "photo", entry, kind, photo }));
    notes.forEach((photo) => add({ what: "voice", entry, kind, photo }));
    return entry;
  });
  if (draftKey) saved(draftKey);
  return logged;
}

const OF_THE_TAB = ["geometry", "location_method", "accuracy_m", "observed_at"];
/** Whether an entry says all that a draft does; where and when is each tab's own. */
const says = (entry, draft) => Object.entries(draft).every(([name, value]) => OF_THE_TAB.includes(name) || JSON.stringify(entry.draft[name]) === JSON.stringify(value));

/** Other entries that must be there before this one is sent. */
const needs = ({ found_on: walkabout, group, asset }) => [walkabout, group, asset].filter(Boolean);

/**
 * Change an entry that was logged here, or taken along whole. What no attempt was made to send yet
 * is changed where it waits; otherwise the change is a delivery of its own, from its version on.
 * status: the state it is taken to, or null.
 */
export function edit(user, entry, changes, status = null) {
  return queueing(user, async (stores, add, ask) => {
    const kept = await ask(stores.entries.get(entry.uid));
    const held = kept && (kept.version ?? 0) >= (entry.version ?? 0) ? kept : { ...kept, ...entry };
    const jobs = await ask(stores.outbox.getAll());
    const waiting = jobs.find((job) => job.what === "put" && job.entry === entry.uid && job.user === user && amendable(job));
    if (waiting) stores.outbox.put({ ...waiting, ...FRESH, changes: { ...waiting.changes, ...changes }, body: undefined });
    else if (Object.keys(changes).length) add({ what: "put", entry: entry.uid, kind: entry.kind, changes, base: "own" });
    if (status) add({ what: "status", entry: entry.uid, kind: entry.kind, label: held.draft?.title, body: { status } });
    stores.entries.put({ ...held, ...(status ? { status } : {}), draft: { ...held.draft, ...changes }, state: "waiting", problem: null });
  });
}

/** Whether a delivery may still be rewritten: never tried, or told apart as not received. */
export const amendable = (job) => (job.state === "waiting" && job.tries === 0) || job.state === "refused";

/** Still here, changed or gone: say so of an entry in the pack. on: the day, as 2026-11-21. */
export function check(user, entry, { found, note = "", on, walkabout }) {
  return queueing(user, async (stores, add, ask) => {
    add({ what: "check", entry: entry.uid, kind: entry.kind, label: entry.title, body: { how: "visit", on, found, note } });
    const pack = walkabout ? await ask(stores.packs.get(walkabout)) : null;
    const seen = pack?.pack.entries.find(({ uid }) => uid === entry.uid);
    if (!seen) return;
    const before = { checked_on: seen.checked_on, overdue: seen.overdue };
    Object.assign(seen, { before, found, checked_on: on, overdue: false });
    stores.packs.put(pack);
  });
}

/** Take a look back that no attempt was made to send yet. False: it may have arrived. */
export function uncheck(user, { uid }, walkabout) {
  return queueing(user, async (stores, add, ask, giveUp) => {
    const looks = (await ask(stores.outbox.getAll())).filter((job) => job.what === "check" && job.entry === uid && job.user === user);
    const job = looks.at(-1);
    if (!job || !amendable(job)) return false;
    stores.outbox.delete([job.device, job.number]);
    giveUp(job);
    const pack = await ask(stores.packs.get(walkabout));
    const seen = pack?.pack.entries.find((entry) => entry.uid === uid);
    if (seen) {
      Object.assign(seen, seen.before, { found: undefined });
      stores.packs.put(pack);
    }
    return true;
  });
}

/** Another state for an entry, such as a walkabout underway; who may not say so need not know. */
export const move = (user, entry, status) => queueing(user, (stores, add) => {
  add({ what: "status", entry: entry.uid, kind: entry.kind, label: entry.title, body: { status }, optional: true });
});

/** The way somebody walked: queued, and no longer kept as a recording. trimM: metres off each end. */
export const walked = (user, { uid, walkabout, points }, trimM) => queueing(user, (stores, add) => {
  add({ what: "track", entry: walkabout, kind: "walkabout", label: "Your route", track: uid, body: { points, trim_m: trimM } });
  stores.tracks.delete(uid);
});

/** Keep what was said at an event and queue it; its draft goes in the same stroke, or is `rest` of it. */
export async function note(user, { uid, event, body }, rest) {
  await queueing(user, (stores, add) => {
    stores.drafts.put(rest);
    stores.entries.put({
      uid, user, kind: "note", label: event.title, event: event.uid, draft: { ...body, title: body.text }, photos: 0, feature: null, version: null, state: "waiting", at: Date.now(),
    });
    add({ what: "note", entry: uid, kind: "note", event: event.uid, label: body.text, body });
  });
  saved(rest.key);
}

/** Queue photos of a table's flip chart, which are in the store already; the same of the draft. */
export async function chart(user, { event, table, photos }, rest) {
  const title = `Flip chart of table ${table}`;
  await queueing(user, (stores, add) => {
    stores.drafts.put(rest);
    photos.forEach((photo) => {
      stores.entries.put({
        uid: photo, user, kind: "flip chart", label: event.title, event: event.uid, draft: { text: title, title }, photos: 0, feature: null, version: null, state: "waiting", at: Date.now(),
      });
      add({ what: "chart", entry: photo, kind: "flip chart", event: event.uid, table, photo, label: title });
    });
  });
  saved(rest.key);
}

/** Say otherwise what was not accepted. looked: that its words are not about anybody. */
export const reword = (user, job, text, looked = false) => queueing(user, async (stores, add, ask) => {
  const held = await ask(stores.entries.get(job.entry));
  if (held) stores.entries.put({ ...held, draft: { ...held.draft, text, title: text }, state: "waiting" });
  stores.outbox.put({ ...job, ...FRESH, label: text, body: { ...job.body, text, words_checked: looked } });
});

/** Try again what was not accepted, as it is. */
export const retry = (user, job) => queueing(user, (stores) => {
  stores.outbox.put({ ...job, ...FRESH });
});

const KEPT_MS = 7 * 24 * 3600_000;
const NEW_MS = 24 * 3600_000; // a form in another tab may hold it, and not have said so yet
const madeAt = (uid) => Number.parseInt(uid.replaceAll("-", "").slice(0, 12), 16); // of a UUIDv7

/** Forget what was received a week ago, and photos and voice notes that belong to nothing any more. now: ms. */
export const tidy = (now = Date.now()) => transact(STORES, "readwrite", async (stores, ask) => {
  const [jobs, entries, photos, drafts] = await Promise.all(
    [stores.outbox, stores.entries, stores.photos, stores.drafts].map((store) => ask(store.getAll())),
  );
  const waiting = new Set(jobs.map(({ entry }) => entry));
  const settled = ({ uid, state, at }) => !waiting.has(uid) && ["received", "suggested", "dropped"].includes(state) && now - at > KEPT_MS;
  entries.filter(settled).forEach(({ uid }) => stores.entries.delete(uid));
  const used = new Set([...jobs.map(({ photo }) => photo), ...drafts.flatMap(({ photos: own = [], sounds = [] }) => [...own, ...sounds])]);
  photos.filter(({ uid }) => !used.has(uid) && now - madeAt(uid) > NEW_MS).forEach(({ uid }) => stores.photos.delete(uid));
});

/** Take out what a person has decided not to send. Its number is remembered as given up. */
export const drop = (user, job) => queueing(user, async (stores, add, ask, giveUp) => {
  stores.outbox.delete([job.device, job.number]);
  if (job.photo) stores.photos.delete(job.photo);
  giveUp(job);
  const left = (await ask(stores.outbox.getAll())).filter((other) => other.entry === job.entry);
  const entry = await ask(stores.entries.get(job.entry));
  if (entry && !left.length) stores.entries.put({ ...entry, state: entry.version ? "received" : "dropped" });
});
