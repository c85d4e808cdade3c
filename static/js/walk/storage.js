// Warns before the phone loses something: room that runs out, what waits too long, what may be cleared.

const FULL = 0.85;
const SOON_MS = 3600_000;
const LATE_MS = 24 * 3600_000;

/** Warnings about these figures, the worst first. bytes: used and allowed; oldest: ms or null. */
export function warnings({ used = 0, allowed = 0, persisted = false, oldest = null, now }) {
  const found = [];
  if (allowed && used / allowed > FULL) {
    found.push("This phone is nearly full. Send what waits, or log without photos.");
  }
  if (oldest !== null && now - oldest > LATE_MS) {
    found.push("Something has waited for more than a day. Find signal, or save a copy and send it at a desk.");
  }
  if (oldest !== null && now - oldest > SOON_MS && !persisted) {
    found.push("The phone may clear what waits if it runs out of room. Put the app on the home screen, and send soon.");
  }
  return found;
}

/** Ask the phone to keep what is here; it may say no. */
export async function persist() {
  try {
    return await navigator.storage?.persist?.() ?? false;
  } catch {
    return false;
  }
}

export async function figures() {
  try {
    const [estimate, persisted] = await Promise.all([navigator.storage.estimate(), navigator.storage.persisted()]);
    return { used: estimate.usage, allowed: estimate.quota, persisted };
  } catch {
    return { used: 0, allowed: 0, persisted: false };
  }
}

/** What to say when keeping something failed. */
export function failure(error) {
  if (error?.name === "QuotaExceededError") return "This phone is full. Send what waits, take photos off this form, or delete something else from the phone. Then try again.";
  return "This could not be kept on the phone. Your words are still here: try again, or write them down.";
}
