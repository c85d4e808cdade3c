// Addresses of searches and of clusters, and the box in them: west,south,east,north in degrees.

const PLACES = 5; // about a metre

/** The box of Leaflet bounds as text. */
export function boxOf(bounds) {
  return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]
    .map((degrees) => degrees.toFixed(PLACES)).join(",");
}

/** 'w,s,e,n' → [[south, west], [north, east]] as Leaflet wants it, or null when it isn't a box. */
export function cornersOf(box) {
  const [west, south, east, north] = String(box ?? "").split(",").map(Number);
  const numbers = [west, south, east, north];
  if (!numbers.every(Number.isFinite) || west > east || south > north) return null;
  return [[south, west], [north, east]];
}

/** The same search, in this box only, from its first page. A drawn shape gives way to the box. */
export function withBox(address, box) {
  const url = new URL(address);
  for (const name of ["cursor", "within"]) url.searchParams.delete(name);
  url.searchParams.set("bbox", box);
  return url.href;
}

/**
 * Where to ask for the points and clusters of a view; keeps the filters the address has.
 * listed: uids of the entries that have a pin already, which no cluster is to count again.
 */
export function clusterAddress(address, base, box, zoom, listed = []) {
  const url = new URL(address, base);
  for (const name of ["cursor", "limit", "sort"]) url.searchParams.delete(name);
  url.searchParams.set("bbox", box);
  url.searchParams.set("zoom", String(Math.round(zoom)));
  const without = listed.map((uid) => uid.replaceAll("-", "")).join(",");
  return without ? `${url.href}&without=${without}` : url.href;
}
