// Who an offer on the phone may come from: a group or a place taken along, or logged here a moment ago.

import { all } from "./store.js";

const GIVERS = ["group", "asset"];

/** [{uid, kind, title}]: those logged on this phone first, the latest foremost. */
export async function giversOf({ person, held }) {
  const entries = (await all("entries")).filter(({ user, kind, state, draft }) => (
    user === person.uid && GIVERS.includes(kind) && state !== "dropped" && draft?.title
  ));
  const own = entries.sort((a, b) => b.at - a.at).map(({ uid, kind, draft }) => ({ uid, kind, title: draft.title }));
  const known = new Set(own.map(({ uid }) => uid));
  return [...own, ...(held?.pack.entries ?? []).filter(({ uid, kind }) => GIVERS.includes(kind) && !known.has(uid))];
}
