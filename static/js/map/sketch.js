// A line or an area being drawn, as a plain value: {kind, points: [[longitude, latitude], …], done}.

const LEAST = { line: 2, polygon: 3 };
const MOST_POINTS = 200;
const PLACES = 6; // about 0.1 m

export const empty = (kind) => ({ kind, points: [], done: false });

/** With one more point; the same sketch when it is done, full, or the point is the last one again. */
export function withPoint(sketch, longitude, latitude) {
  const point = [Number(longitude.toFixed(PLACES)), Number(latitude.toFixed(PLACES))];
  const last = sketch.points.at(-1);
  const same = last && last[0] === point[0] && last[1] === point[1];
  if (sketch.done || same || sketch.points.length >= MOST_POINTS) return sketch;
  return { ...sketch, points: [...sketch.points, point] };
}

/** Without the last point; a finished sketch can be drawn on again. */
export const undone = (sketch) => ({
  ...sketch, done: false, points: sketch.done ? sketch.points : sketch.points.slice(0, -1),
});

export const canFinish = (sketch) => !sketch.done && sketch.points.length >= LEAST[sketch.kind];
export const finished = (sketch) => (canFinish(sketch) ? { ...sketch, done: true } : sketch);

/** The GeoJSON geometry of a finished sketch, the ring closed and anticlockwise; otherwise null. */
export function toGeometry({ kind, points, done }) {
  if (!done) return null;
  if (kind === "line") return { type: "LineString", coordinates: points };
  const ring = twiceArea(points) < 0 ? [...points].reverse() : points;
  return { type: "Polygon", coordinates: [[...ring, ring[0]]] };
}

/** A finished sketch out of GeoJSON text, or an empty one when it is not one plain shape. */
export function fromText(kind, text) {
  let geometry = null;
  try {
    geometry = JSON.parse(text);
  } catch {
    return empty(kind);
  }
  const points = kind === "line" && geometry?.type === "LineString" ? geometry.coordinates
    : kind === "polygon" && geometry?.type === "Polygon" ? geometry.coordinates?.[0]?.slice?.(0, -1)
      : null;
  const usable = Array.isArray(points) && points.length >= LEAST[kind]
    && points.every((point) => Array.isArray(point) && point.slice(0, 2).every(Number.isFinite));
  return usable ? { kind, points: points.map((point) => point.slice(0, 2)), done: true } : empty(kind);
}

/** What to tell the person who draws. */
export function advice(sketch) {
  const { kind, points, done } = sketch;
  if (done) return kind === "line" ? "The line is drawn." : "The area is drawn.";
  if (!points.length) return "Press on the map where the shape begins.";
  const missing = LEAST[kind] - points.length;
  if (missing > 0) return `${points.length} of at least ${LEAST[kind]} points. Add ${missing} more.`;
  return `${points.length} points. Add more, or finish.`;
}

function twiceArea(points) {
  return points.reduce((sum, [x1, y1], index) => {
    const [x2, y2] = points[(index + 1) % points.length];
    return sum + x1 * y2 - x2 * y1;
  }, 0);
}
