// What to say about long work, and how long to wait before asking again.

const FIRST_MS = 700;
const LONGEST_MS = 15_000;

/** Milliseconds to wait: short while it answers, doubling with each failure. */
export function pause(failures) {
  return Math.min(FIRST_MS * 2 ** failures, LONGEST_MS);
}

/** One line for the person who waits. */
export function sentence({ done = 0, total = 0, text = "", finished = false }) {
  if (finished) return text || "Finished";
  const counted = total ? `${done.toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")}` : "";
  return [text || (counted ? "" : "Working"), counted].filter(Boolean).join(": ");
}
