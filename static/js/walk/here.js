// Who walks, on which walkabout, with which area taken along: what every screen is drawn from.

import { remembered } from "./categories.js";
import { categoriesFor, packOf } from "./pack.js";
import { all, get, put } from "./store.js";
import { tally } from "./status.js";

/** {person, walkabout, held, categories, jobs, tally}; person is null until somebody signed in here. */
export async function here() {
  const [person, jobs, queues] = await Promise.all([get("meta", "person"), all("outbox"), all("queues")]);
  if (!person) return { person: null, walkabout: null, held: null, categories: null, jobs, tally: tally(jobs, queues, null) };
  const walkabout = (await get("meta", `walkabout:${person.uid}`)) ?? null;
  const held = await packOf(walkabout?.uid, person.uid);
  return {
    person, walkabout, held, jobs, tally: tally(jobs, queues, person.uid),
    categories: await categoriesFor(held, person.uid),
  };
}

/** walkabout: {uid, title, bbox}. toTake: its area is not here yet, and is fetched once there is signal. */
export const goOn = (user, walkabout, toTake) => put("meta", { ...walkabout, toTake }, `walkabout:${user}`);

export const recent = async (user, kind) => (await get("meta", `recent:${user}:${kind}`)) ?? [];

export async function remember(user, kind, code) {
  await put("meta", remembered(await recent(user, kind), code), `recent:${user}:${kind}`);
}
