// How each delivery is written as a request, and what its answer changes on the phone.

import { dayOf } from "./days.js";
import { versionOf } from "./server.js";

const TAKEN = ["address", "opening_hours", "phone", "quantity", "unit", "available_from", "available_to", "severity", "description"];
const JSON_TYPE = { "Content-Type": "application/json" };

/** Sent with every delivery: the register keeps a receipt for each number of each queue. */
export const receiptHeaders = (job, token) => ({
  "X-Device": job.device, "X-Number": String(job.number), "X-CSRFToken": token,
});

/**
 * The body of a delivery, written once: what was tried is tried again as it was. A change names
 * the version that the phone's copy of the entry has. now: by the register's clock.
 */
export function frozen(job, entry, now = new Date()) {
  if (job.what !== "put" || job.body) return job.tries || !job.body ? job : { ...job, body: notAfter(job.body, now) };
  return { ...job, body: notAfter(job.changes, now), base: job.base === "own" ? entry.version : job.base };
}

/** Nothing was seen after it was sent: where the phone's clock runs ahead, it was now. */
function notAfter(body, now) {
  const kept = { ...body };
  if (kept.observed_at && new Date(kept.observed_at) > now) kept.observed_at = now.toISOString();
  if (kept.on && kept.on > dayOf(now)) kept.on = dayOf(now);
  const ahead = (kept.points?.at(-1)?.[3] ?? 0) - now.getTime();
  if (ahead > 0) kept.points = kept.points.map(([longitude, latitude, accuracyM, at]) => [longitude, latitude, accuracyM, at - ahead]);
  return kept;
}

/** The request of a delivery: {method, address, headers, body}. photo: its record, for photos and voice notes. */
export function requestOf(job, photo) {
  if (job.what === "photo") {
    return {
      method: "PUT", address: `/api/entries/${job.entry}/photos/${job.photo}`, body: photo.bytes,
      headers: {
        "Content-Type": "image/jpeg", "Content-Digest": `sha-256=:${base64(photo.sha256)}:`,
        ...(photo.alt ? { "X-Alt-Text": encodeURIComponent(photo.alt) } : {}),
      },
    };
  }
  if (job.what === "chart") {
    const sent = requestOf({ ...job, what: "photo", entry: job.event }, photo);
    return { ...sent, headers: { ...sent.headers, "X-Table": String(job.table) } };
  }
  if (job.what === "voice") {
    return {
      method: "PUT", address: `/api/entries/${job.entry}/voice-notes/${job.photo}`, body: photo.bytes,
      headers: { "Content-Type": photo.mime, "Content-Digest": `sha-256=:${base64(photo.sha256)}:` },
    };
  }
  const body = JSON.stringify(job.body);
  if (job.what === "track") return { method: "PUT", address: `/api/walkabouts/${job.entry}/tracks/${job.track}`, headers: JSON_TYPE, body };
  if (job.what === "note") return { method: "PUT", address: `/api/engagements/${job.event}/notes/${job.entry}`, headers: JSON_TYPE, body };
  if (job.what === "check") return { method: "POST", address: `/api/entries/${job.entry}/check`, headers: JSON_TYPE, body };
  if (job.what === "status") return { method: "POST", address: `/api/entries/${job.entry}/status`, headers: JSON_TYPE, body };
  if (job.what === "takeback") return { method: "DELETE", address: `/api/proposals/${job.proposal}`, headers: {} };
  const address = `/api/${job.kind}s/${job.entry}`;
  if (job.base === null) return { method: "PUT", address, headers: JSON_TYPE, body };
  return { method: "PATCH", address, headers: { ...JSON_TYPE, "If-Match": `"${job.base}"` }, body };
}

/** The entry after the register took a delivery; `rest`: other deliveries of it that still wait. */
export function afterwards(entry, job, answer, rest) {
  const settled = rest.length ? entry.state : answer.status === 202 ? "suggested" : "received";
  const feature = answer.body?.type === "Feature" ? answer.body : entry.feature;
  const version = feature?.properties?.version ?? versionOf(answer.etag) ?? entry.version;
  const draft = answer.body?.properties && entry.draft && !rest.length ? asNow(entry.draft, feature.properties) : entry.draft;
  return { ...entry, draft, status: feature?.properties?.status ?? entry.status, feature, version: ["photo", "voice", "track", "takeback"].includes(job.what) ? entry.version : version, state: settled, received_at: Date.now() };
}

/** A draft as the register has it now: what others have changed is there before it is changed again. */
export function asNow(draft, { category, ...properties }) {
  const known = Object.entries(properties).filter(([name, value]) => (name in draft || TAKEN.includes(name)) && (value === null || typeof value !== "object"));
  return { ...draft, ...Object.fromEntries(known), ...(category?.code ? { category: category.code } : {}) };
}

/** Both values of each field that two people changed: [{name, theirs, mine}]. */
export function clashes(problem) {
  const both = problem?.conflicts ?? problem?.fields ?? {};
  return Object.entries(both).map(([name, [theirs, mine]]) => ({ name, theirs, mine }));
}

/** Whether a photo came otherwise than it was sent: it is sent again, and not yet freed. */
export const wasDamaged = (photo, { body }) => Boolean(body?.problems?.["Content-Digest"])
  || (body?.sha256 !== undefined && body.sha256 !== photo.sha256);

/** hex → base64, as Content-Digest wants it. */
export function base64(hex) {
  const bytes = hex.match(/../g).map((pair) => Number.parseInt(pair, 16));
  return btoa(String.fromCharCode(...bytes));
}

export async function sha256(buffer) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
