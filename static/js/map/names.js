// What pins and clusters are called, on the map and by a screen reader.

const KINDS = {
  asset: "Asset", group: "Group", offer: "Offer", finding: "Finding",
  walkabout: "Walkabout", engagement: "Engagement", hotspot: "Hotspot",
};

/** The number in the list, or the kind's letter for what isn't on this page of it; '+' for more. */
export function pinText({ number, kind }, more = 0) {
  return (number ? String(number) : (KINDS[kind] ?? "?")[0]) + (more ? "+" : "");
}

/** '3. Repair Café, Offer, Tools', and how many more are at the same spot. */
export function pinName({ number, title, kind, category }, more = 0) {
  const words = [title, KINDS[kind] ?? kind, category?.label ?? category].filter(Boolean).join(", ");
  return `${number ? `${number}. ` : ""}${words}${more ? `, and ${more} more here` : ""}`;
}

/** '24 entries, zoom in' */
export function clusterName(count) {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? "entry" : "entries"}, zoom in`;
}

/** Diameter in pixels: never under the 44 a finger needs. */
export const clusterSize = (count) => 44 + 3 * Math.min(Math.floor(Math.log10(Math.max(count, 1))), 4);

/** Entries that can be put on a map at a point. */
export const placed = (entries) => entries.filter(
  ({ longitude, latitude }) => Number.isFinite(longitude) && Number.isFinite(latitude)
    && longitude !== null && latitude !== null,
);
