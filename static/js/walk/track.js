// The way one walks, recorded only by who asks for it. The desk gets it without its ends.

import { apart } from "./coverage.js";
import { walked } from "./queue.js";
import { all, get, put, remove } from "./store.js";

const WORST_M = 60;
const EVERY = 5; // positions between two writings: a kill costs no more
const TRIM_M = 50; // cut off at each end, where people live
const LOCK = "assetmap-walk-track";
const PLACES = 6;

let live = null;
const listeners = new Set();

/** A position as it is sent, or null for one too vague to draw a line with. */
export function position({ coords: { longitude, latitude, accuracy }, timestamp }) {
  if (accuracy > WORST_M) return null;
  return [Number(longitude.toFixed(PLACES)), Number(latitude.toFixed(PLACES)), Math.ceil(accuracy), Math.round(timestamp)];
}

/** What is being recorded now: {uid, walkabout, points, problem}, or null. */
export const recording = () => live;

/** Call listen(points) with every new position. Returns a function that ends it. */
export function onPosition(listen) {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

/** Begin. uid: of the track; walkabout: uid. The screen stays on while it runs, if the phone can. */
export async function start(user, walkabout, uid) {
  live = { uid, user, walkabout, points: [], at: Date.now() };
  navigator.locks?.request(LOCK, () => new Promise((release) => { live.release = release; }));
  live.watch = navigator.geolocation.watchPosition(take, failed, { enableHighAccuracy: true, maximumAge: 0 });
  live.sleep = stayAwake();
  await keep();
}

/** Keep the screen on, where the phone can; it lets go whenever one looks away. Returns what ends it. */
export function stayAwake(page = document, wakeLock = navigator.wakeLock) {
  let held = null;
  let isOver = false;
  const hold = async () => {
    if (page.hidden) return;
    held = await wakeLock?.request("screen").catch(() => null);
    if (isOver) held?.release();
  };
  page.addEventListener("visibilitychange", hold);
  hold();
  return () => {
    isOver = true;
    page.removeEventListener("visibilitychange", hold);
    held?.release();
  };
}

/** Nothing is recorded while the phone gives no location: it is said, not left to be found out. */
function failed({ code }) {
  if (!live || code !== 1) return;
  live.problem = "Location is turned off for this app: nothing is being recorded.";
  listeners.forEach((listen) => listen(live.points));
}

function take(found) {
  const next = position(found);
  if (!live || !next) return;
  live.problem = "";
  live.points.push(next);
  if (live.points.length % EVERY === 0) keep().catch(() => {}); // tried again five positions on
  listeners.forEach((listen) => listen(live.points));
}

const keep = () => {
  const { uid, user, walkabout, points, at } = live;
  return put("tracks", { uid, user, walkabout, points, at });
};

function halt() {
  const ended = live;
  navigator.geolocation.clearWatch(ended.watch);
  ended.sleep();
  ended.release?.();
  live = null;
  return ended;
}

/** Stop, and queue what was walked. */
export async function stop() {
  await keep();
  const { uid, user } = halt();
  await queue(user, await get("tracks", uid));
}

/** Stop, and keep nothing of it. */
export const throwAway = () => remove("tracks", halt().uid);

/** Whether anything is left of a way once both ends are cut off: a place well away from either. A short step out and back the register takes for a restless phone's. */
export const goesAway = (points) => points.some((point) => [points[0], points.at(-1)].every((end) => apart(end, point) > 1.5 * TRIM_M));

const queue = (user, track) => (goesAway(track.points)
  ? walked(user, track, TRIM_M) : remove("tracks", track.uid));

/** What a killed page left half recorded is queued as it is, unless another tab records it still. */
export async function finishLeft(user) {
  if (!navigator.locks) return;
  await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    const left = (await all("tracks")).filter((track) => track.user === user);
    for (const track of left) await queue(user, track);
  });
}
