// Where something is: the best fix the phone can get in twelve seconds, and moves without a drag.

import { better, located, pressed } from "../map/place.js";

export const SEARCH_MS = 12_000;
const GOOD_ENOUGH_M = 8;
const METRES_A_DEGREE = 111_320;
const STALE_MS = 60_000;
const ROUGHEST_M = 100_000; // as the register takes it: beyond, a phone knows nothing more

/** A place moved by metres to the east and north; it is somebody's word then, no longer a fix. */
export function moved({ longitude, latitude }, eastM, northM) {
  const degrees = northM / METRES_A_DEGREE;
  return pressed(longitude + eastM / (METRES_A_DEGREE * Math.cos((latitude * Math.PI) / 180)), latitude + degrees);
}

/** What a draft says of a place; nothing of a place that is not known. */
export function asDraft(place) {
  if (!place || place.longitude === null) return {};
  const point = { geometry: { type: "Point", coordinates: [place.longitude, place.latitude] }, location_method: place.method };
  return place.accuracyM ? { ...point, accuracy_m: Math.min(place.accuracyM, ROUGHEST_M) } : point;
}

export function words(place, isSearching) {
  if (!place || place.longitude === null) {
    return isSearching ? "Finding where you are…" : "No location yet. You can save without one.";
  }
  if (place.method !== "gps") return "The pin is where you put it.";
  return `Within about ${place.accuracyM.toLocaleString("en-GB")} m of you${isSearching ? ", still improving" : ""}.`;
}

let held = null; // {place, at}: the last fix, for whoever asks shortly after

/** The last fix if it is fresh enough to be where one still stands, or null. */
export const fresh = (now = Date.now()) => (held && now - held.at < STALE_MS ? held.place : null);

/**
 * Ask the phone for up to twelve seconds; take(place) for each better answer, done(problem) once.
 * Returns a function that stops it.
 */
export function search(take, done, geolocation = navigator.geolocation) {
  if (!geolocation) {
    done("This phone gives no location.");
    return () => {};
  }
  let best = null;
  let ended = false;
  const end = (problem) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    geolocation.clearWatch(watch);
    done(problem);
  };
  const watch = geolocation.watchPosition(({ coords }) => {
    const next = better(best, located(coords));
    if (next !== best) {
      best = next;
      held = { place: best, at: Date.now() };
      take(best);
    }
    if (best.accuracyM <= GOOD_ENOUGH_M) end("");
  }, (error) => {
    if (error.code === 1) end("Location is turned off for this app.");
  }, { enableHighAccuracy: true, maximumAge: 0, timeout: SEARCH_MS });
  const timer = setTimeout(() => end(best ? "" : "No location found."), SEARCH_MS);
  return () => end("");
}

/** One fix, or null when there is none within the time. */
export const locate = () => new Promise((resolve) => {
  let best = null;
  search((place) => { best = place; }, () => resolve(best));
});

/**
 * Where one stands, on a screen that many things are saved from: looked for anew with each of them.
 * say(words); late(entry, place): what was saved before this fix gets it, if it comes in time.
 */
export function standing(say, late, geolocation = navigator.geolocation) {
  let [isFound, isSearching, stop] = [false, false, () => {}];
  const early = [];
  const tell = () => say(words(fresh(), isSearching));
  const look = () => {
    if (isSearching) return;
    [isFound, isSearching] = [false, true];
    early.length = 0; // by now one may be elsewhere
    stop = search((place) => {
      isFound = true;
      early.splice(0).forEach((entry) => late(entry, place));
      tell();
    }, () => {
      isSearching = false;
      tell();
    }, geolocation);
    tell();
  };
  look();
  return { look, stop: () => stop(), saved: (entry) => { if (!isFound) early.push(entry); } };
}
