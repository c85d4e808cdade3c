// See before you add: what the pack already holds near here or under a similar name. Needs no signal.

const EARTH_M = 6_371_000;
const CLOSE_M = 75;
const WIDER_M = 600; // a similar name counts this far away
const ALIKE = 0.45;
const MOST = 4;

/** Metres between two places [longitude, latitude], good to a few in a town. */
export function metres([west, south], [east, north]) {
  const radians = Math.PI / 180;
  const x = (east - west) * radians * Math.cos(((south + north) / 2) * radians);
  return EARTH_M * Math.hypot(x, (north - south) * radians);
}

const pairs = (text) => {
  const letters = ` ${text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim()} `;
  return new Set(Array.from({ length: Math.max(letters.length - 1, 0) }, (_, i) => letters.slice(i, i + 2)));
};

/** How alike two names are, 0 to 1 (Dice's coefficient of pairs of letters). */
export function alike(one, other) {
  const [a, b] = [pairs(one), pairs(other)];
  let shared = 0;
  for (const pair of a) shared += b.has(pair) ? 1 : 0;
  return a.size + b.size ? (2 * shared) / (a.size + b.size) : 0;
}

const SAME_SORT = { asset: ["asset", "group"], group: ["asset", "group"], offer: ["offer"], finding: ["finding"] };

/** Entries that may be what is being logged, the likeliest first: [{entry, away_m, likeness}]. */
export function suspects(entries, { kind, title, category, place }) {
  const here = place && place.longitude !== null ? [place.longitude, place.latitude] : null;
  return entries
    .filter((entry) => (SAME_SORT[kind] ?? [kind]).includes(entry.kind))
    .map((entry) => ({
      entry,
      away_m: here && entry.longitude !== null ? metres(here, [entry.longitude, entry.latitude]) : null,
      likeness: Math.max(title ? alike(title, entry.title) : 0, category && entry.category?.code === category ? 0.3 : 0),
    }))
    .filter(({ away_m: away, likeness }) => (away !== null && away <= CLOSE_M && likeness >= 0.3)
      || (likeness >= ALIKE && (away === null || away <= WIDER_M)))
    .sort((a, b) => b.likeness - a.likeness || (a.away_m ?? Infinity) - (b.away_m ?? Infinity))
    .slice(0, MOST);
}

/** "12 m away", "1.4 km away"; "" when it is not known. */
export function away(distance) {
  if (distance === null || distance === undefined) return "";
  return distance < 995 ? `${Math.max(1, Math.round(distance))} m away` : `${(distance / 1000).toFixed(1)} km away`;
}

/**
 * An order to visit them in: the nearest next, then crossings undone (2-opt), from `start` on.
 * Without a start, from the first. Those without a place come last. most: how many are wanted.
 */
export function route(entries, start, most = Infinity) {
  const placed = entries.filter(({ longitude }) => longitude !== null && longitude !== undefined);
  const lost = entries.filter((entry) => !placed.includes(entry));
  const at = (entry) => [entry.longitude, entry.latitude];
  const rest = [...placed];
  const ordered = [];
  let here = start ?? (rest.length ? at(rest[0]) : null);
  while (rest.length && ordered.length < most) {
    const ways = rest.map((entry) => metres(here, at(entry)));
    ordered.push(...rest.splice(ways.indexOf(ways.reduce((one, other) => Math.min(one, other))), 1));
    here = at(ordered.at(-1));
  }
  return [...uncrossed(ordered, start, at), ...lost].slice(0, most);
}

const MOST_UNCROSSED = 60; // beyond, the nearest next is good enough for a walk

function uncrossed(stops, start, at) {
  if (stops.length > MOST_UNCROSSED) return stops;
  const points = [start ?? at(stops[0] ?? { longitude: 0, latitude: 0 }), ...stops.map(at)];
  const order = [...stops];
  for (let changed = true, rounds = 0; changed && rounds < 8; rounds += 1) {
    changed = false;
    for (let i = 1; i < points.length - 1; i += 1) {
      for (let j = i + 1; j < points.length; j += 1) {
        const before = metres(points[i - 1], points[i]) + (points[j + 1] ? metres(points[j], points[j + 1]) : 0);
        const after = metres(points[i - 1], points[j]) + (points[j + 1] ? metres(points[i], points[j + 1]) : 0);
        if (after + 0.01 < before) {
          points.splice(i, j - i + 1, ...points.slice(i, j + 1).reverse());
          order.splice(i - 1, j - i + 1, ...order.slice(i - 1, j).reverse());
          changed = true;
        }
      }
    }
  }
  return order;
}
