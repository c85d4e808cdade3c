// A pack as the register sends it, made into what the screens read.

const SCHEMES = ["asset", "offer", "finding"];

/** Terms under their scheme, whichever way they came. */
function byScheme(categories) {
  if (!Array.isArray(categories)) return categories;
  return Object.fromEntries(SCHEMES.map((scheme) => [scheme, categories.filter((term) => term.scheme === scheme)]));
}

/** What the phone keeps of a pack; what was marked on this phone since stays marked. */
export function asPack(sent, before = null) {
  const categories = byScheme(sent.categories);
  const labels = new Map(Object.values(categories).flat().map(({ code, label }) => [code, label]));
  const marks = new Map((before?.entries ?? []).filter(({ found }) => found).map((entry) => [entry.uid, entry]));
  const entries = sent.entries.map((entry) => {
    const code = typeof entry.category === "string" ? entry.category : entry.category?.code;
    const category = code ? { code, label: entry.category?.label ?? labels.get(code) ?? code } : null;
    const mark = marks.get(entry.uid);
    const overdue = Boolean(entry.overdue ?? entry.due);
    const still = mark && mark.version === entry.version ? { found: mark.found, before: mark.before, checked_on: mark.checked_on, overdue: false } : {};
    return { ...entry, category, overdue, ...still };
  });
  return { ...sent, categories, entries, truncated: sent.truncated ?? sent.is_whole === false };
}

/** Where something was logged last on a walkabout, or null: by the time there is signal one may be elsewhere. */
export function lastPlace(entries, walkabout, user) {
  const own = entries.filter((entry) => entry.user === user && entry.draft?.found_on === walkabout && entry.draft.geometry?.type === "Point");
  const last = own.sort((a, b) => a.at - b.at).at(-1);
  if (!last) return null;
  const [longitude, latitude] = last.draft.geometry.coordinates;
  return { longitude, latitude };
}

/** Where to ask for a pack: an unplanned walkabout has no area, so say where it is. */
export function addressOf(walkabout, place) {
  const here = !walkabout.bbox && place && place.longitude !== null;
  return `/api/walk/packs/${walkabout.uid}${here ? `?near=${place.longitude},${place.latitude}` : ""}`;
}
