// Findings out of a closed list: nothing is typed, so nothing about a person can be.

/** What can be seen at a glance, by category code of the shipped classification. */
export const PROBLEMS = [
  "env_litt", "env_flyt", "env_graf", "env_dogs", "env_bins", "env_vege", "env_need", "env_abve",
  "lig_outa", "lig_dark", "lig_blin", "bui_entr", "bui_fenc", "bui_dere", "mov_pave", "mov_park", "mov_cros", "mov_barr",
];
export const STRENGTHS = ["opp_love", "per_good", "opp_copy", "opp_spac"];
export const FELT = ["per_nigh", "per_avoi", "per_wome", "per_hate", "per_trus"];

export const LISTS = [
  { name: "problem", title: "Problem", codes: PROBLEMS, severity: 2 },
  { name: "strength", title: "Strength", codes: STRENGTHS, severity: 1 },
  { name: "perception", title: "Felt unsafe here", codes: FELT, severity: 2 },
];

export const SEVERITIES = [[1, "1 Slight"], [2, "2 Some"], [3, "3 Serious"], [4, "4 Urgent"]];

/** Those terms of a list that this register has in use, and that may be logged. */
export const offered = (list, terms) => list.codes
  .map((code) => terms.find((term) => term.code === code))
  .filter((term) => term && !term.route_only);

/** The time of day that a finding is about, from the clock: a sensible first choice. */
export function timeOfDay(date) {
  const hour = date.getHours();
  if (hour >= 8 && hour < 17) return "day";
  return hour >= 22 || hour < 6 ? "night" : "dusk";
}

/** The draft of a quick finding: a label for its title, and no free text anywhere. */
export const quickDraft = (list, term, { severity, observer, walkabout, now }) => ({
  title: term.label, category: term.code, severity, direction: list.name, observer_kind: observer,
  observed_at: now.toISOString(), time_of_day: timeOfDay(now), tags: ["quick"],
  ...(walkabout ? { found_on: walkabout } : {}),
});
