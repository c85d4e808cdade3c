// Days and moments, by the register's clock: the phone's own may be a day off.

const SLOW_MS = 120_000; // a clock that is wrong by less is right enough

export function rightNow(person, now = Date.now()) {
  const ahead = person?.aheadMs ?? 0;
  return new Date(Math.abs(ahead) > SLOW_MS ? now - ahead : now);
}

/** 2026-11-21, where the phone is. */
export const dayOf = (date) => [date.getFullYear(), date.getMonth() + 1, date.getDate()]
  .map((part) => String(part).padStart(2, "0")).join("-");

export const today = (person) => dayOf(rightNow(person));
