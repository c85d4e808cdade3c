// Sends what waits: one runner at a time, in order for each entry, and nothing is lost on an error.

import { rightNow } from "./days.js";
import { afterwards, clashes, frozen, receiptHeaders, requestOf, wasDamaged } from "./deliver.js";
import { takeLater } from "./pack.js";
import { ask as askServer, versionOf } from "./server.js";
import { all, changed, clear, get, transact } from "./store.js";

const LOCK = "assetmap-walk-outbox";
const LONGEST_MS = 60_000;
const IDLE_MS = 30_000;
const NO_SIGNAL_MS = 8_000; // not every browser says when it is back
const OTHER_TAB_MS = 1500;

/** Milliseconds until the next attempt: doubling, never all phones at once. random: 0 up to 1. */
export const pause = (tries, random = Math.random()) => Math.min(LONGEST_MS, 1000 * 2 ** tries) * (0.7 + 0.6 * random);

export const inOrder = (jobs) => [...jobs].sort((a, b) => (a.device === b.device ? a.number - b.number : a.at - b.at));

/**
 * The first delivery whose turn it is: an entry's later ones wait for its earlier ones, and all
 * that hangs on a new entry waits until it is there. now: ms.
 */
export function due(jobs, now) {
  const [held, absent] = [new Set(), new Set()];
  for (const job of inOrder(jobs)) {
    const mayGo = !held.has(job.entry) && !(job.needs ?? []).some((uid) => absent.has(uid));
    if (mayGo && job.state === "waiting" && !(job.next > now)) return job;
    if (job.state === "conflict") continue; // its photos need not wait for a person
    held.add(job.entry);
    if (job.what === "put" && job.base === null) absent.add(job.entry);
  }
  return null;
}

let timer;
let last = { state: "idle", user: null };

/** How the last run ended: idle, sent, offline, signed-out, somebody-else. */
export const lastRun = () => last;

let running = null;
let wanted = null; // what was asked for while a run was under way, which may have looked already

/** Send what is due. force: also what was put off. One tab at a time, and one run after another. */
export function send({ force = false } = {}) {
  if (running) {
    wanted = { force: force || Boolean(wanted?.force) };
    return running;
  }
  running = locked(force).finally(() => {
    running = null;
    const next = wanted;
    wanted = null;
    if (next) send(next);
  });
  return running;
}

/** Another tab that sends now may have looked before this was queued: look again shortly. */
function locked(force) {
  if (!navigator.locks) return run(force); // a receipt for each number keeps two from doubling
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
    if (lock) return run(force);
    setTimeout(() => send({ force }), OTHER_TAB_MS);
    return last;
  });
}

async function run(force) {
  try {
    const here = await whoIsHere();
    let outcome = here.state;
    if (here.person) {
      if (force) await putOffNoMore(here.person.uid);
      outcome = await sendAll(here);
      if (outcome === "sent") await fetchReceipts(here.person.uid);
    }
    last = { state: outcome, user: here.person?.uid ?? null };
    changed();
    if (outcome === "sent" || outcome === "idle") takeLater(here.person.uid).catch(() => {}); // tried again after the next run
  } catch (error) {
    if (error?.name === "QuotaExceededError") await clear("maps").catch(() => {}); // can be fetched again
  } finally {
    await schedule(); // whatever went wrong, it is tried again
  }
  return last;
}

async function sendAll(here) {
  let outcome = "idle";
  for (;;) {
    const jobs = (await all("outbox")).filter(({ user }) => user === here.person.uid);
    const job = due(jobs, Date.now());
    if (!job) return outcome;
    const ended = await attempt(job, here);
    if (ended !== "next") return ended;
    outcome = "sent";
    changed();
  }
}

/** Who the register says is signed in here, kept for when there is no signal. */
export async function whoIsHere() {
  const answer = await askServer("GET", "/api/walk/session");
  if (answer.verdict === "sign-in") return { state: "signed-out", person: null };
  if (answer.verdict !== "done" || !answer.body?.user) return { state: "offline", person: null };
  const { user, teams = [], may_log: mayLog = teams.length > 0, csrf_token: token, time } = answer.body;
  const person = { ...user, teams, mayLog, aheadMs: Date.now() - Date.parse(time) };
  await transact("meta", "readwrite", (stores) => { stores.meta.put(person, "person"); });
  return { state: "idle", person, token };
}

/** Try one delivery. "next": go on with others; anything else ends the run with that state. */
async function attempt(job, here) {
  const entry = await get("entries", job.entry);
  const read = mustRead(job, entry) ? await fetchWhole(job) : null;
  if (read && !read.version) return unread(job, read.answer);
  const ready = await begun(job, read, here);
  if (!ready) return "next"; // taken out meanwhile
  const photo = job.photo ? await get("photos", job.photo) : null;
  if (job.photo && !photo) return finish(ready, { status: 200, body: null }, null);
  const { method, address, headers, body } = requestOf(ready, photo);
  const answer = await askServer(method, address, { body, headers: { ...headers, ...receiptHeaders(ready, here.token) } });
  if (photo && wasDamaged(photo, answer)) answer.verdict = "again";
  return settle(ready, answer, photo, here);
}

/** A change whose entry was delivered before, but whose answer never came back whole. */
const mustRead = (job, entry) => job.what === "put" && !job.body && job.base === "own" && !entry?.version;

async function fetchWhole(job) {
  const answer = await askServer("GET", `/api/${job.kind}s/${job.entry}`, { redirect: "follow" });
  const isThere = answer.verdict === "done" && answer.body?.type === "Feature";
  if (isThere && answer.body.id !== job.entry) {
    const detail = `It is part of “${answer.body.properties.title}” now. Change that one.`;
    return { answer: { ...answer, verdict: "refused", body: { title: "It was merged", detail } } };
  }
  return isThere ? { feature: answer.body, version: answer.body.properties.version } : { answer };
}

/** What an entry is now could not be asked: others need not wait for that. */
async function unread(job, answer) {
  if (answer.verdict === "sign-in") return "signed-out";
  if (answer.verdict === "refused") return setAside(job, "refused", answer);
  const reads = (job.reads ?? 0) + 1;
  await keep({ ...job, reads, next: Date.now() + Math.max(pause(reads), answer.retryMs) });
  return "next";
}

/**
 * Write the request down before it is made, from what waits now and not from what waited when it
 * was chosen: from here on it may have arrived, and is never rewritten. Null for what is gone.
 */
const begun = (job, read, here) => transact(["outbox", "entries"], "readwrite", async (stores, ask) => {
  const held = await ask(stores.outbox.get([job.device, job.number]));
  if (held?.state !== "waiting") return null;
  const entry = await ask(stores.entries.get(job.entry));
  const ready = { ...frozen(held, { ...entry, ...read }, rightNow(here.person)), tries: held.tries + 1 };
  stores.outbox.put(ready);
  return ready;
});

async function settle(job, answer, photo, here) {
  if (answer.verdict === "done") return finish(job, answer, photo);
  if (answer.verdict === "sign-in") return "signed-out";
  if (answer.verdict === "conflict" && job.optional) return letGo(job); // somebody ended the walk meanwhile
  if (answer.verdict === "conflict") return setAside(job, clashes(answer.body).length ? "conflict" : "refused", answer);
  if (answer.verdict === "refused") {
    const now = await whoIsHere(); // a token of an earlier session is refused as well
    if (!now.person) return now.state;
    if (now.person.uid !== here.person.uid) return "somebody-else";
    if (answer.status === 400 && here.renewed !== job.number) { // once: tokens differ each time
      here.token = now.token;
      here.renewed = job.number;
      return "next";
    }
    return job.optional ? letGo(job) : setAside(job, "refused", answer);
  }
  await keep({ ...job, next: Date.now() + Math.max(pause(job.tries), answer.retryMs), problem: answer.status ? `HTTP ${answer.status}` : null });
  return answer.ours && answer.status !== 429 ? "next" : "offline";
}

/** Unless a person took it out meanwhile. */
const keep = (job) => transact("outbox", "readwrite", async (stores, ask) => {
  if (await ask(stores.outbox.get([job.device, job.number]))) stores.outbox.put(job);
});

const finish = (job, answer, photo) => transact(["outbox", "entries", "photos"], "readwrite", async (stores, ask) => {
  const rest = (await ask(stores.outbox.getAll())).filter((other) => other.entry === job.entry && !isSame(other, job));
  const entry = await ask(stores.entries.get(job.entry));
  stores.outbox.delete([job.device, job.number]);
  if (photo) stores.photos.delete(photo.uid); // the register has it: only now is its room freed
  if (entry) stores.entries.put(afterwards(entry, job, answer, rest));
  return "next";
});

const isSame = (one, other) => one.device === other.device && one.number === other.number;

/** What a person has to look at stays, with the register's reasons beside it. */
const setAside = (job, state, answer) => transact(["outbox", "entries"], "readwrite", async (stores, ask) => {
  const { title = "", detail = "", problems = {}, proposal = null } = answer.body ?? {};
  const problem = { status: answer.status, title, detail, problems, proposal, clashes: clashes(answer.body), version: versionOf(answer.etag) };
  if (!await ask(stores.outbox.get([job.device, job.number]))) return "next";
  stores.outbox.put({ ...job, state, problem });
  const entry = await ask(stores.entries.get(job.entry));
  if (entry) stores.entries.put({ ...entry, state });
  return "next";
});

/** What nobody has to look at when it may not be: the number is given up. */
const letGo = (job) => transact(["outbox", "queues"], "readwrite", async (stores, ask) => {
  const queue = await ask(stores.queues.get(job.user));
  stores.outbox.delete([job.device, job.number]);
  if (queue?.device === job.device && !queue.dropped.includes(job.number)) stores.queues.put({ ...queue, dropped: [...queue.dropped, job.number] });
  return "next";
});

const putOffNoMore = (user) => transact("outbox", "readwrite", async (stores, ask) => {
  for (const job of await ask(stores.outbox.getAll())) {
    if (job.user === user && job.next !== 0) stores.outbox.put({ ...job, next: 0 });
  }
});

/** Ask which numbers arrived, so that a gap has a name. */
async function fetchReceipts(user) {
  const queue = await get("queues", user);
  if (!queue) return;
  const answer = await askServer("GET", `/api/walk/receipts/${queue.device}`);
  if (answer.verdict !== "done" || !answer.body) return;
  await transact("queues", "readwrite", async (stores, ask) => {
    const held = await ask(stores.queues.get(user));
    if (held) stores.queues.put({ ...held, receipts: answer.body });
  });
}

async function schedule() {
  clearTimeout(timer);
  const waiting = (await all("outbox")).filter(({ state }) => state === "waiting");
  if (!waiting.length) return;
  const idle = last.state === "offline" ? NO_SIGNAL_MS : IDLE_MS;
  const next = Math.min(...waiting.map((job) => job.next || Date.now() + idle));
  timer = setTimeout(() => send(), Math.max(1000, next - Date.now()));
}

/** Send by itself: when signal returns, when the page is looked at again, and by the clock. */
export function keepSending() {
  addEventListener("online", () => send({ force: true }));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send({ force: true }); });
  return send({ force: true });
}
