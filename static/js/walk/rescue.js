// The unsent queue as one file, photos, voice notes and all, and its way back in at a desk.

import { allHeld, isHeld } from "./drafts.js";
import { newQueue } from "./queue.js";
import { all, changed, transact } from "./store.js";

const FORMAT = "assetmap-walk-rescue";
const CHUNK = 0x8000;
const AGAIN_MS = 1000;

const toText = (buffer) => {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(text);
};
const toBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;

/** Everything of a person that has not been received, as an object that JSON can hold. */
export async function exported(user, name, now = new Date()) {
  const [jobs, entries, photos, drafts] = await Promise.all(["outbox", "entries", "photos", "drafts"].map(all));
  const written = drafts.filter(({ key }) => !isHeld(key));
  const own = jobs.filter((job) => job.user === user && job.what !== "takeback");
  const wanted = new Set(own.map(({ entry }) => entry));
  return {
    format: FORMAT, version: 1, saved_at: now.toISOString(), user, name, jobs: own,
    entries: entries.filter(({ uid }) => wanted.has(uid)),
    photos: photos.filter((photo) => photo.user === user).map((photo) => ({ ...photo, bytes: toText(photo.bytes) })),
    drafts: [...written, ...allHeld()].filter(({ key }) => key.startsWith(`${user}:`)),
  };
}

/** What is wrong with a file, or "". */
export function problemWith(file) {
  if (file?.format !== FORMAT || !Array.isArray(file.jobs)) return "This is not a file that the phone saved.";
  if (file.version !== 1) return "This file is from a newer app. Load this page again, then try once more.";
  const whole = file.jobs.every((job) => job && typeof job.device === "string" && Number.isInteger(job.number)
    && typeof job.entry === "string" && ["put", "photo", "voice", "check", "status", "track", "note", "chart"].includes(job.what));
  const isListed = Array.isArray(file.photos) && Array.isArray(file.entries) && file.entries.every((entry) => entry?.uid && entry.draft);
  const held = new Set((isListed ? file.photos : []).map(({ uid }) => uid));
  if (!whole || !isListed || file.jobs.some((job) => job.photo && !held.has(job.photo))) return "This file is damaged: some of what it lists is not in it.";
  return "";
}

/**
 * The deliveries as `person` sends them. Their own keep device and number, so that what had
 * arrived after all is not done twice; another's get numbers of the person's own queue, under the
 * same uids.
 */
export function readdressed(file, person, queue) {
  if (file.user === person.uid) return { jobs: file.jobs.map((job) => ({ ...job, next: 0 })), queue };
  let { next } = queue;
  const jobs = file.jobs.map((job) => ({ ...job, user: person.uid, device: queue.device, number: next++, next: 0 }));
  return { jobs, queue: { ...queue, next } };
}

/** Put a file's deliveries into this browser's outbox. Returns how many were not there yet. */
export async function taken(file, person) {
  const known = new Set((await all("outbox")).map(({ what, entry, photo, body, changes }) => JSON.stringify([what, entry, photo, body, changes])));
  const numbers = new Set((await all("outbox")).map(({ device, number }) => `${device} ${number}`)); // here it may be further
  const fresh = file.jobs.filter(({ device, number, what, entry, photo, body, changes }) => !numbers.has(`${device} ${number}`)
    && !known.has(JSON.stringify([what, entry, photo, body, changes])));
  await transact(["queues", "outbox", "entries", "photos", "drafts"], "readwrite", async (stores, ask) => {
    for (const draft of file.drafts ?? []) { // a form that was begun goes on where none is open
      const key = person.uid + draft.key.slice(file.user.length);
      if (!await ask(stores.drafts.get(key))) stores.drafts.put({ ...draft, key });
    }
    const held = (await ask(stores.queues.get(person.uid))) ?? newQueue(person.uid);
    const { jobs, queue } = readdressed({ ...file, jobs: fresh }, person, held);
    jobs.forEach((job) => stores.outbox.put(job));
    for (const entry of file.entries) {
      const there = await ask(stores.entries.get(entry.uid));
      if (!there || (there.version ?? 0) <= (entry.version ?? 0)) stores.entries.put({ ...entry, user: person.uid });
    }
    file.photos.forEach((photo) => stores.photos.put({ ...photo, user: person.uid, bytes: toBytes(photo.bytes) }));
    stores.queues.put(queue);
  });
  changed();
  return fresh.length;
}

/** Once there is a copy it may arrive from elsewhere: what is in it is not rewritten any more. */
const copied = (user) => transact("outbox", "readwrite", async (stores, ask) => {
  for (const job of await ask(stores.outbox.getAll())) {
    if (job.user === user && job.state === "waiting") stores.outbox.put({ ...job, tries: Math.max(1, job.tries) });
  }
});

/** The same, as soon as a full phone has room to note it. */
const copiedLater = (user) => setTimeout(() => copied(user).catch(() => copiedLater(user)), AGAIN_MS);

/** Hand the file to the person: on a full phone before all. */
export async function download(user, name) {
  await copied(user).catch(() => copiedLater(user));
  const text = JSON.stringify(await exported(user, name));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `walkabout-unsent-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
