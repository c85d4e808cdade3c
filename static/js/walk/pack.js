// Takes a walkabout's area along: what is there, the categories, and the map, for where there is no signal.

import { addressOf, asPack, lastPlace } from "./packing.js";
import { fresh, locate } from "./place.js";
import { ask as askServer } from "./server.js";
import { all, changed, get, put, remove, transact } from "./store.js";

const MAP_MS = 10 * 60_000; // some megabytes over a bad line
const PASSING = new Set(["no answer", "no map", "sign-in"]); // it is tried again by itself
const OLD_MS = 7 * 24 * 3600_000;

/** The walkabouts of one's teams, or null when they cannot be asked for. */
export async function listed() {
  const answer = await askServer("GET", "/api/walk/walkabouts");
  if (answer.verdict !== "done") return null;
  await put("meta", answer.body.walkabouts, "walkabouts");
  return answer.body.walkabouts;
}

/** What the list was when it last came; null before it ever has. */
export const lastListed = async () => (await get("meta", "walkabouts")) ?? null;

/** Fetch or refresh a pack. walkabout: {uid, bbox}. Returns "kept", "same", "no map", "sign-in" or why not. */
export async function takeAlong(walkabout, user, progress = () => {}) {
  const ended = await fetchPack(walkabout, user, progress);
  const isTaken = ended === "kept" || ended === "same";
  const why = isTaken || PASSING.has(ended) ? "" : ended;
  await noted(walkabout.uid, user, { toTake: !isTaken, why });
  return ended;
}

let taking = null;

/** What one goes on with is taken along by itself, where there was no signal when it was begun. */
export function takeLater(user) {
  taking ??= takeOwed(user).finally(() => { taking = null; });
  return taking;
}

async function takeOwed(user) {
  const walkabout = await get("meta", `walkabout:${user}`);
  if (!walkabout?.toTake) return;
  const own = await get("entries", walkabout.uid);
  if (!own || own.version) await takeAlong(walkabout, user); // else the register does not know it yet
}

/** why: what the register said where it gave none. */
const noted = (uid, user, { toTake, why }) => transact("meta", "readwrite", async (stores, ask) => {
  const walkabout = await ask(stores.meta.get(`walkabout:${user}`));
  if (walkabout?.uid === uid && walkabout.toTake) stores.meta.put({ ...walkabout, toTake, why }, `walkabout:${user}`);
});

async function fetchPack(walkabout, user, progress) {
  const { uid } = walkabout;
  const held = await get("packs", uid);
  progress("Getting places and categories…");
  const place = walkabout.bbox ? null : lastPlace(await all("entries"), uid, user) ?? fresh() ?? await locate();
  const headers = held?.etag && held.user === user ? { "If-None-Match": held.etag } : {};
  const answer = await askServer("GET", addressOf(walkabout, place), { headers });
  const now = Date.now();
  const isSame = answer.status === 304 && answer.ours && held;
  if (isSame) await put("packs", { ...held, got_at: now });
  else if (answer.verdict === "done" && answer.body?.entries) {
    await put("packs", { uid, user, been: ticked(held, user, answer.body), etag: answer.etag, got_at: now, pack: asPack(answer.body, held?.user === user ? held.pack : null) });
  } else if (answer.verdict === "sign-in") return "sign-in";
  else return answer.verdict === "refused" ? answer.body?.problems?.near || answer.body?.detail || "It cannot be taken along." : "no answer";
  const { pack } = await get("packs", uid);
  const isWhole = !pack.map || await takeMap(uid, pack.map, progress);
  changed();
  if (!isWhole) return "no map";
  return isSame ? "same" : "kept";
}

/** Ticks stay as long as the planned stops do. */
const ticked = (held, user, sent) => (held?.user === user && JSON.stringify(held.pack.stops) === JSON.stringify(sent.stops) ? held.been ?? [] : []);

/** Whether the map came, or never will: false where the line broke. */
async function takeMap(uid, map, progress) {
  const held = await get("maps", uid);
  progress("Getting the map…");
  const headers = held?.etag ? { "If-None-Match": held.etag } : {};
  const answer = await askServer("GET", map.url, { headers, limitMs: MAP_MS });
  if (answer.verdict === "again") return false;
  if (answer.status !== 304 && answer.body instanceof ArrayBuffer) await put("maps", { uid, etag: answer.etag, bytes: answer.body, map });
  return true;
}

/** The pack of a walkabout, for the person who took it along and nobody else; or null. */
export async function packOf(uid, user) {
  const held = uid ? await get("packs", uid) : null;
  return held?.user === user ? held : null;
}

/** Any classification there is: a pack's own, or that of the newest pack, for a walk begun offline. */
export async function categoriesFor(held, user) {
  if (held) return held.pack.categories;
  const packs = (await all("packs")).filter((pack) => pack.user === user);
  packs.sort((a, b) => b.got_at - a.got_at);
  return packs[0]?.pack.categories ?? null;
}

/** Whether a pack is old enough to say so; it works all the same. */
export const isOld = (held, now) => now - held.got_at > OLD_MS;

/** Keep which of the planned stops one has been at: their numbers, from 0. */
export const beenAt = (uid, been) => transact("packs", "readwrite", async (stores, ask) => {
  const held = await ask(stores.packs.get(uid));
  if (held) stores.packs.put({ ...held, been });
});

export async function leaveBehind(uid) {
  await remove("packs", uid);
  await remove("maps", uid);
}

/** Keep only what has not been sent: for a phone that others use too. andWho: also who was here. */
export async function forgetTheRest({ andWho = false } = {}) {
  await transact(["packs", "maps", "entries", "outbox", "meta"], "readwrite", async (stores, ask) => {
    const waiting = new Set((await ask(stores.outbox.getAll())).map(({ entry }) => entry));
    const entries = await ask(stores.entries.getAll());
    stores.packs.clear();
    stores.maps.clear();
    stores.meta.delete("walkabouts");
    stores.meta.delete("events");
    if (andWho) stores.meta.delete("person");
    entries.filter(({ uid }) => !waiting.has(uid)).forEach(({ uid }) => stores.entries.delete(uid));
  });
  changed();
}
