// Records a voice note: as long as two minutes, kept as an ArrayBuffer, since Safari loses Blobs.

export const LONGEST_MS = 120_000;
export const MOST_BYTES = 2 * 2 ** 20;
const BITS_PER_S = 48_000; // two minutes are about 0.7 MB
const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/webm", "audio/ogg;codecs=opus"];
const SAID = {
  NotAllowedError: "The browser may not use the microphone. Allow it for this site in the browser’s settings, or type instead.",
  NotFoundError: "This phone has no microphone that the browser can use.",
  NotReadableError: "Something else uses the microphone, perhaps a call. Try again after it.",
};

/** The kind this browser records that the register takes, or "" where it records none. */
export function recordable() {
  if (!globalThis.MediaRecorder || !globalThis.navigator?.mediaDevices?.getUserMedia) return "";
  return KINDS.find((kind) => MediaRecorder.isTypeSupported(kind)) ?? "";
}

/** "1:05" of so many milliseconds. */
export const clock = (ms) => {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** Why a recording could not be begun, in plain words. */
export const refusal = (error) => SAID[error?.name] ?? "The recording did not work. Type it instead.";

const SO_FAR_EVERY = 5; // seconds: no more is lost when the phone dies

/**
 * Ask for the microphone and begin. Resolves with {stop, done}: stop() ends it, as the longest time
 * and size do; done resolves with {bytes, mime, ms}. tick(ms): called about every quarter second;
 * soFar({bytes, mime, ms}): every few seconds, what can be played already.
 */
export async function record(tick, soFar = () => {}) {
  const kind = recordable();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: BITS_PER_S });
  const began = performance.now();
  const parts = [];
  let size = 0;
  const whole = async () => ({
    mime: (recorder.mimeType || kind).split(";")[0], ms: performance.now() - began, bytes: await new Blob(parts).arrayBuffer(),
  });
  const stop = () => { if (recorder.state !== "inactive") recorder.stop(); };
  const timer = setInterval(() => {
    const ms = performance.now() - began;
    tick(Math.min(ms, LONGEST_MS));
    if (ms >= LONGEST_MS) stop();
  }, 250);
  const done = new Promise((resolve, reject) => {
    recorder.addEventListener("dataavailable", ({ data }) => {
      if (size + data.size > MOST_BYTES) { stop(); return; } // what came before is whole by itself
      parts.push(data);
      size += data.size;
      if (parts.length % SO_FAR_EVERY === 0 && recorder.state !== "inactive") whole().then(soFar, () => {});
    });
    recorder.addEventListener("error", ({ error }) => reject(error));
    recorder.addEventListener("stop", () => whole().then(resolve, reject));
  }).finally(() => {
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop()); // the phone's sign that it listens goes out
  });
  recorder.start(1000);
  return { stop, done };
}
