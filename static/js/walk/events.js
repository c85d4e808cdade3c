// The events one may take notes at, kept for where there is no signal.

import { ask as askServer } from "./server.js";
import { get, put } from "./store.js";

/** The events of one's teams, or null when they cannot be asked for. */
export async function listed(user) {
  const answer = await askServer("GET", "/api/walk/events");
  if (answer.verdict !== "done" || !answer.body?.events) return null;
  await put("meta", { user, events: answer.body.events }, "events");
  return answer.body.events;
}

/** What the list was when it last came, for the person whose it is; null before it ever has. */
export async function lastListed(user) {
  const kept = await get("meta", "events");
  return kept?.user === user ? kept.events : null;
}
