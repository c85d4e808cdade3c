// Asks the register, and tells its answers from those of whatever else stands in between.

const LIMIT_MS = 45_000;
const SLOWEST = 4; // bytes a millisecond: a photo over a bad line is let finish
const LONGEST_RETRY_MS = 15 * 60_000;
const MARK = "X-Assetmap"; // on every answer of the JSON door: a captive portal's 200 has none
const LATER = new Set([408, 425, 429]);

/** What an answer means for a delivery. ours: whether it carries the register's mark. */
export function verdict(status, ours) {
  if (!ours || status >= 500 || LATER.has(status)) return "again";
  if (status === 401) return "sign-in";
  if (status === 409) return "conflict";
  return status >= 200 && status < 300 ? "done" : "refused";
}

/** What Retry-After asks for, in milliseconds: seconds, or a date as proxies write it; 0 for neither. */
export function retryAfter(said, now = Date.now()) {
  if (!said) return 0;
  const ms = /^\d+$/.test(said.trim()) ? 1000 * Number(said) : Date.parse(said) - now;
  return Number.isFinite(ms) ? Math.min(LONGEST_RETRY_MS, Math.max(0, ms)) : 0;
}

/**
 * One request. limitMs: how long its answer may take;
 * redirect: “follow” for what was merged. Resolves with {verdict, status, body, etag, retryMs}; a request that failed, was
 * redirected or took too long is "again" with status 0.
 */
export async function ask(method, address, { headers = {}, body, limitMs = LIMIT_MS, redirect = "error" } = {}, fetcher = fetch) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), limitMs + (body?.byteLength ?? 0) / SLOWEST);
  try {
    const answer = await fetcher(address, {
      method, headers: { Accept: "application/json", ...headers }, body,
      signal: abort.signal, redirect, credentials: "same-origin", cache: "no-store",
    });
    const ours = answer.headers.get(MARK) === "1";
    return {
      verdict: verdict(answer.status, ours), status: answer.status, ours,
      body: ours ? await readBody(answer) : null,
      etag: answer.headers.get("ETag"), retryMs: retryAfter(answer.headers.get("Retry-After")),
    };
  } catch {
    return { verdict: "again", status: 0, ours: false, body: null, etag: null, retryMs: 0 };
  } finally {
    clearTimeout(timer);
  }
}

async function readBody(answer) {
  const type = answer.headers.get("Content-Type") ?? "";
  if (type.includes("json")) return answer.json().catch(() => null);
  return answer.arrayBuffer();
}

/** The version that an ETag names, or null. */
export const versionOf = (etag) => {
  const found = /"?(\d+)"?$/.exec(etag ?? "");
  return found ? Number(found[1]) : null;
};
