// How far one has walked, and how much of the planned area was seen on the way; plain values only.

const REACH_M = 30; // a street is seen from so far, as the register reckons it too
const ACROSS = 24; // an area is looked at in so many steps each way
const METRES_A_DEGREE = 111_320;

/** Metres between two [longitude, latitude, …]. */
export function apart([x, y], [otherX, otherY]) {
  const east = (otherX - x) * Math.cos((y * Math.PI) / 180);
  return Math.hypot(east, otherY - y) * METRES_A_DEGREE;
}

/** The length of a way in metres. points: [[longitude, latitude, …], …] */
export const length = (points) => points.slice(1).reduce((sum, point, n) => sum + apart(points[n], point), 0);

/** The share of an area or a line (GeoJSON) that was seen from a way, 0 to 1; null for other shapes. */
export function covered(shape, points) {
  const spots = spotsOf(shape);
  if (!spots.length) return null;
  return spots.filter((spot) => points.some((point) => apart(spot, point) <= REACH_M)).length / spots.length;
}

function spotsOf(shape) {
  if (shape?.type === "Polygon") return within([shape.coordinates]);
  if (shape?.type === "MultiPolygon") return within(shape.coordinates);
  if (shape?.type === "LineString") return along(shape.coordinates);
  if (shape?.type === "MultiLineString") return shape.coordinates.flatMap(along);
  return [];
}

function within(polygons) {
  const corners = polygons.flat(2);
  const [west, east] = [Math.min(...corners.map(([x]) => x)), Math.max(...corners.map(([x]) => x))];
  const [south, north] = [Math.min(...corners.map(([, y]) => y)), Math.max(...corners.map(([, y]) => y))];
  const steps = Array.from({ length: ACROSS }, (_, n) => (n + 0.5) / ACROSS);
  const spots = steps.flatMap((i) => steps.map((j) => [west + (east - west) * i, south + (north - south) * j]));
  return spots.filter((spot) => polygons.some((rings) => rings.filter((ring) => isInside(spot, ring)).length === 1));
}

/** Whether a spot lies in a ring: a line from it to the east crosses the ring an odd number of times. */
function isInside([x, y], ring) {
  const crosses = ([x1, y1], [x2, y2]) => y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1);
  return ring.slice(1).filter((corner, n) => crosses(ring[n], corner)).length % 2 === 1;
}

const along = (line) => line.slice(1).flatMap(([x, y], n) => {
  const [fromX, fromY] = line[n];
  const count = Math.max(1, Math.ceil(apart(line[n], [x, y]) / REACH_M));
  return Array.from({ length: count }, (_, i) => [fromX + ((x - fromX) * (i + 0.5)) / count, fromY + ((y - fromY) * (i + 0.5)) / count]);
});
