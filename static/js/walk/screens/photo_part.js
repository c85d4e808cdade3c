// The part of a form that takes photos: shrunk, covered where faces are, kept at once.

import { cover } from "../blackbox.js";
import { sha256 } from "../deliver.js";
import { button, h } from "../dom.js";
import { asCanvas, asJpeg } from "../photo.js";
import { failure } from "../storage.js";
import { get, put, remove } from "../store.js";
import { uuid7 } from "../uuid.js";

const MOST = 4;

/** busy(true) while a photo is being covered: saving then would leave it out. words: what it is called. */
export function photoPart(context, draft, set, busy, words = { label: "Photo", alt: "What it shows" }) {
  const said = h("p", { role: "status" });
  const cutting = h("div", {});
  const list = h("ul", { class: "walk-photos" });
  const input = h("input", { type: "file", accept: "image/*", capture: "environment", id: "photo", class: "walk-file" });

  const draw = async () => {
    const photos = (await Promise.all(draft.photos.map((uid) => get("photos", uid)))).filter(Boolean);
    list.replaceChildren(...photos.map((photo, index) => shown(photo, index)));
    input.disabled = draft.photos.length >= MOST;
  };
  const shown = (photo, index) => {
    const picture = h("img", { alt: `Photo ${index + 1}`, width: "96" });
    picture.src = URL.createObjectURL(new Blob([photo.bytes], { type: "image/jpeg" }));
    picture.onload = () => URL.revokeObjectURL(picture.src);
    const alt = h("input", { class: "walk-input", id: `alt-${photo.uid}`, value: photo.alt ?? "", maxlength: "200" });
    alt.addEventListener("change", () => put("photos", { ...photo, alt: alt.value.trim() }));
    return h(
      "li", {}, picture, h("div", {}, h("label", { for: alt.id }, words.alt), alt),
      button("Remove", async () => {
        set({ photos: draft.photos.filter((uid) => uid !== photo.uid) });
        await remove("photos", photo.uid);
        draw();
      }),
    );
  };
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    try {
      said.textContent = "Making it smaller…";
      const canvas = await asCanvas(file);
      said.textContent = "";
      busy(true);
      if (!await cover(canvas, cutting)) return;
      const bytes = await asJpeg(canvas);
      const photo = { uid: uuid7(), entry: draft.uid, user: context.person.uid, bytes, sha256: await sha256(bytes), alt: "" };
      await put("photos", photo);
      set({ photos: [...draft.photos, photo.uid] });
      said.textContent = `Kept, ${Math.round(bytes.byteLength / 1024)} KB. Where and when it was taken is not in it.`;
      await draw();
    } catch (error) {
      said.textContent = error.name === "QuotaExceededError" ? failure(error) : "This picture could not be read. Try another one.";
    } finally {
      input.value = "";
      busy(false);
    }
  });
  draw();
  return h(
    "section", { class: "walk-photo-part", "aria-label": words.label },
    h("div", { class: "walk-field" }, h("label", { for: "photo" }, words.label), h("span", { class: "walk-hint" }, "No faces, no number plates: cover them next."), input),
    said, cutting, list,
  );
}
