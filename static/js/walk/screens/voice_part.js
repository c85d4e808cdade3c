// The part of a form that records what somebody says. The microphone is asked for only when pressed.

import { sha256 } from "../deliver.js";
import { button, h } from "../dom.js";
import { keyOf, read } from "../drafts.js";
import { clock, record, recordable, refusal } from "../recording.js";
import { failure } from "../storage.js";
import { get, put, remove } from "../store.js";
import { uuid7 } from "../uuid.js";

const MOST = 2;

/** {element, stop}. busy(true) while it records: saving then would leave it out. */
export function voicePart(context, draft, set, busy) {
  if (!recordable()) return { element: null, stop: () => {} };
  const key = keyOf(context.person.uid);
  const own = () => draft.sounds ?? [];
  const said = h("p", { role: "status" });
  const time = h("span", { class: "walk-clock", "aria-hidden": "true" });
  const list = h("ul", { class: "walk-photos" });
  let running = null;
  let left = false;

  const draw = async () => {
    const sounds = (await Promise.all(own().map((uid) => get("photos", uid)))).filter(Boolean);
    list.querySelectorAll("audio").forEach(({ src }) => URL.revokeObjectURL(src));
    list.replaceChildren(...sounds.map((sound, index) => row(sound, index + 1)));
    start.hidden = Boolean(running) || own().length >= MOST;
    stop.hidden = !running;
  };
  const row = (sound, number) => {
    const player = h("audio", { controls: true, preload: "metadata", "aria-label": `Voice note ${number}, ${clock(sound.ms)}` });
    player.src = URL.createObjectURL(new Blob([sound.bytes], { type: sound.mime }));
    return h(
      "li", {}, h("div", {}, h("small", {}, `Voice note ${number}, ${clock(sound.ms)}`), player),
      button("Delete", async () => {
        set({ sounds: own().filter((uid) => uid !== sound.uid) });
        await remove("photos", sound.uid);
        said.textContent = "Deleted.";
        await draw();
      }, { "aria-label": `Delete voice note ${number}` }),
    );
  };
  /** Also of what is recorded so far, one after another, under one uid. */
  const write = async (uid, { bytes, mime, ms }) => {
    const held = left ? await read(key) : draft;
    if (held?.uid !== draft.uid) return false; // saved or thrown away meanwhile
    await put("photos", { uid, entry: draft.uid, user: context.person.uid, bytes, mime, ms, sha256: await sha256(bytes) });
    const sounds = [...new Set([...held.sounds ?? [], uid])];
    if (left) await put("drafts", { ...held, sounds }); // another screen was opened while it ran
    else set({ sounds });
    return true;
  };
  const begin = async () => {
    start.disabled = true;
    const uid = uuid7();
    let written = Promise.resolve();
    const keep = (sound) => { written = written.catch(() => {}).then(() => write(uid, sound)); return written; };
    try {
      busy(true);
      running = await record((ms) => { time.textContent = `${clock(ms)} of 2:00`; }, (sound) => keep(sound).catch(() => {}));
      if (left) running.stop();
      said.textContent = "Recording. Say no names.";
      time.textContent = "0:00 of 2:00";
      await draw();
      stop.focus();
      const sound = await running.done;
      if (await keep(sound)) said.textContent = `Kept, ${clock(sound.ms)}. Only your team will hear it.`;
    } catch (error) {
      said.textContent = error?.name === "QuotaExceededError" ? failure(error) : refusal(error);
    } finally {
      running = null;
      time.textContent = "";
      start.disabled = false;
      busy(false);
      await draw();
    }
  };
  const start = button("Record a voice note", begin, { id: "record" });
  const stop = button("Stop", () => running?.stop(), { id: "stop-recording", class: "walk-button is-main", hidden: true });
  draw();
  return {
    element: h(
      "section", { class: "walk-voice-part", "aria-label": "Voice note" },
      h("div", { class: "walk-row" }, start, stop, time), said, list,
    ),
    stop: () => { left = true; running?.stop(); },
  };
}
