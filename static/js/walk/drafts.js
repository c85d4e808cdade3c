// Forms as they are typed, kept at every keystroke: a reload, an update or an empty battery costs nothing.

import { get, put, remove } from "./store.js";

export const keyOf = (user, slot = "form") => `${user}:${slot}`;
export const read = (key) => get("drafts", key);
export const forget = (key) => remove("drafts", key);

/**
 * A keeper of one draft: keep(draft) writes the latest, one write after another, never two at once.
 * failed(error): what was typed could not be written; it is still on the screen.
 */
export function keeper(key, failed = () => {}) {
  let writing = null;
  let waiting = null;
  const write = async () => {
    while (waiting) {
      const draft = waiting;
      waiting = null;
      await put("drafts", { ...draft, key, saved_at: Date.now() }).catch(failed);
    }
    writing = null;
  };
  return {
    keep(draft) {
      waiting = draft;
      writing ??= write();
      return writing;
    },
    /** Wait until what was kept is written, then write no more. */
    async close() {
      waiting = null;
      await writing;
    },
  };
}
