// The place of one entry while it is being set, as a plain value, and the words about it.

const PLACES = 6;
export const NUDGE_PX = { fine: 1, normal: 8 };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export const nowhere = { longitude: null, latitude: null, accuracyM: null, method: "" };

export const pressed = (longitude, latitude) => ({
  longitude: rounded(longitude), latitude: rounded(latitude), accuracyM: null, method: "map_click",
});

/** From the device; the accuracy is in metres, rounded up so that it never promises more. */
export const located = ({ longitude, latitude, accuracy }) => ({
  longitude: rounded(longitude), latitude: rounded(latitude),
  accuracyM: Math.max(1, Math.ceil(accuracy)), method: "gps",
});

/** The better of two fixes: the one that is sure within fewer metres. */
export const better = (held, fresh) => (!held || fresh.accuracyM < held.accuracyM ? fresh : held);

/** How far, in pixels, an arrow key moves the pin ([0, 0] for any other key); Shift moves finely. */
export function nudge(key, fine) {
  const step = fine ? NUDGE_PX.fine : NUDGE_PX.normal;
  return (ARROWS[key] ?? [0, 0]).map((direction) => direction * step);
}

/** Read back what a form held; nowhere when it held no position. */
export function fromFields({ longitude, latitude, accuracyM, method }) {
  if (longitude === "" || latitude === "") return nowhere;
  const held = [Number(longitude), Number(latitude)];
  if (!held.every(Number.isFinite)) return nowhere;
  return { longitude: held[0], latitude: held[1], accuracyM: accuracyM ? Number(accuracyM) : null, method };
}

export function words({ longitude, accuracyM, method }) {
  if (longitude === null) return "Or press on the map where it is.";
  const moved = "Move the pin with the arrow keys, or press elsewhere.";
  if (method === "gps") return `Your location, within about ${accuracyM.toLocaleString("en-GB")} m. ${moved}`;
  return `The pin is set. ${moved}`;
}

/** Where a typed place is, and what to say of it, out of the answer of /places. */
export function found({ places = [], problem = "" }) {
  const [first] = places;
  if (!first) return { at: null, said: problem || "Press on the map, or type a postcode." };
  const at = [first.latitude, first.longitude];
  return { at, said: `${first.label} is at the middle of the map. Press on the map to be more exact.` };
}

function rounded(degrees) {
  return Number(degrees.toFixed(PLACES));
}
