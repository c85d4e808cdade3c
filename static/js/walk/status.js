// One line about what has been sent, and words about ages; plain values in, plain words out.

const count = (n) => n.toLocaleString("en-GB");

/** What waits, needs somebody or is somebody else's, for one person's queue. */
export function tally(jobs, queues, user) {
  const own = jobs.filter((job) => job.user === user);
  const others = jobs.filter((job) => job.user !== user);
  const queue = queues.find((one) => one.user === user);
  const numbered = (queue?.next ?? 1) - 1;
  const total = numbered - (queue?.dropped?.length ?? 0);
  const lost = gaps(queue?.receipts?.missing ?? [], own, queue?.dropped ?? []);
  return {
    waiting: own.filter(({ state }) => state === "waiting").length,
    needs: own.filter(({ state }) => state === "conflict" || state === "refused").length,
    total, received: Math.max(0, total - own.length - lost.length), others: others.length,
    otherUsers: new Set(others.map(({ user: other }) => other)).size,
    oldest: own.length ? Math.min(...own.map(({ at }) => at)) : null,
    gaps: lost,
  };
}

/** Numbers the register never got though the phone no longer holds them. missing: [[first, last]]. */
export function gaps(missing, jobs, dropped) {
  const held = new Set([...jobs.map(({ number }) => number), ...dropped]);
  const all = missing.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
  return all.filter((number) => !held.has(number));
}

/** "41 of 41 received"; what asks for a person comes first. */
export function line({ waiting, needs, total, received }, ended) {
  if (needs) return `${count(needs)} ${needs === 1 ? "needs" : "need"} you`;
  if (waiting && ended === "signed-out") return `${count(waiting)} waiting: sign in to send`;
  if (waiting) return `${count(waiting)} waiting to send`;
  return total ? `${count(received)} of ${count(total)} received` : "Nothing logged yet";
}

/** How long ago, in words for a person in the rain. */
export function age(then, now) {
  const minutes = Math.max(0, Math.round((now - then) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 36) return `${hours} ${hours === 1 ? "hour" : "hours"} ago`;
  return `${Math.round(hours / 24)} days ago`;
}

/** 2,345,678 bytes as "2.3 MB". */
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
