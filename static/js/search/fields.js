// What the search form sends, as plain values.

const USUAL = { sort: "relevance", within_m: "1000" };

/** Names to leave out of the address: the blank, the usual, and what lies at no place. */
export function blanks(pairs) {
  const held = new Map(pairs);
  const away = pairs.filter(([name, value]) => value.trim() === "" || USUAL[name] === value).map(([name]) => name);
  if (!held.get("where")?.trim()) away.push("how", "within_m");
  else if (held.get("how") && held.get("how") !== "near") away.push("within_m");
  return [...new Set(away)];
}

/** What to suggest out of the answer of /places. */
export const suggestions = ({ places = [] }) => [...new Set(places.map(({ label }) => label))];
