// Forms as they are typed, kept at every keystroke: a reload, an update or an empty battery costs nothing.
// What a full phone has no room for is held for as long as the app is open.

import { get, put, remove } from "./store.js";

const held = new Map(); // drafts that are on no disk, by their key

export const keyOf = (user, slot = "form") => `${user}:${slot}`;
export const read = async (key) => (held.has(key) ? { ...held.get(key) } : get("drafts", key));
export const isHeld = (key) => held.has(key);
export const allHeld = () => [...held.values()];

/** Write a draft down. Rejects where there is no room; it is held then, and no less there to be read. */
export async function write(draft) {
  const latest = { ...draft, saved_at: Date.now() };
  try {
    await put("drafts", latest);
    if (!(held.get(draft.key)?.saved_at > latest.saved_at)) held.delete(draft.key);
  } catch (error) {
    held.set(draft.key, latest);
    throw error;
  }
}

/** What is held is written once there is room again. */
export const writeHeld = () => Promise.all(allHeld().map((draft) => write(draft).catch(() => {})));

/** It was saved: the store has let go of it by itself. */
export const saved = (key) => held.delete(key);

export async function forget(key) {
  held.delete(key);
  await remove("drafts", key);
}

/**
 * A keeper of one draft: keep(draft) writes the latest, one write after another, never two at once.
 * failed(error): what was typed could not be written, and is only held; null once it is written.
 */
export function keeper(key, failed = () => {}) {
  let [writing, waiting, isClosed] = [null, null, false];
  const writeAll = async () => {
    while (waiting) {
      const draft = { ...waiting, key };
      waiting = null;
      const wasHeld = isHeld(key);
      await write(draft).then(() => (wasHeld ? failed(null) : null), failed);
    }
    writing = null;
  };
  const start = () => { if (waiting && !isClosed) writing ??= writeAll(); };
  return {
    keep(draft) {
      waiting = draft;
      start();
      return writing;
    },
    /** Wait until what was kept is written, then write no more: a late fix is no new draft. */
    async close() {
      isClosed = true;
      await writing;
    },
    /** Once all that was typed is written. */
    written: () => writing,
    /** It was not saved after all. */
    open() {
      isClosed = false;
      start();
    },
  };
}
