// The desk's page for rescue files: reads one, sends what it holds, says of each thing what became of it.

import { h } from "./dom.js";
import { send, whoIsHere } from "./outbox.js";
import { problemWith, taken } from "./rescue.js";
import { all, onChange } from "./store.js";

const WORDS = { waiting: "waiting", received: "received", suggested: "left as a suggestion", conflict: "changed by someone else: choose on the phone's app", refused: "not accepted" };

export function attach(element) {
  const input = element.querySelector("input[type=file]");
  const said = element.querySelector("[data-said]");
  const list = element.querySelector("[data-list]");
  let begun = ""; // what is in the file, but was never saved
  const wanted = new Map(); // uid of an entry → what the file calls it

  const draw = async () => {
    const [entries, jobs] = await Promise.all([all("entries"), all("outbox")]);
    list.replaceChildren(...[...wanted].map(([uid, title]) => {
      const own = jobs.filter((job) => job.entry === uid);
      const aside = own.find(({ state }) => state !== "waiting");
      const state = aside?.state ?? (own.length ? "waiting" : entries.find((entry) => entry.uid === uid)?.state ?? "received");
      return h("li", { "data-state": state }, `${title}: ${WORDS[state] ?? state}`, aside?.problem?.detail ? ` (${aside.problem.detail})` : "");
    }));
    const open = jobs.filter((job) => wanted.has(job.entry)).length;
    if (wanted.size) said.textContent = (open ? `${open} still to send.` : "All of it has been received.") + begun;
  };
  onChange(draw);
  input.addEventListener("change", async () => {
    const [chosen] = input.files;
    if (!chosen) return;
    const file = await chosen.text().then(JSON.parse).catch(() => null);
    const problem = problemWith(file);
    const { person } = await whoIsHere();
    if (problem || !person) {
      said.textContent = problem || "Sign in first, or wait for the network.";
      return;
    }
    const titles = new Map(file.entries.map(({ uid, draft }) => [uid, draft.title]));
    file.jobs.forEach((job) => wanted.set(job.entry, titles.get(job.entry) ?? job.label ?? job.kind));
    if (file.user !== person.uid) said.textContent = `This file was saved by ${file.name}. It is sent as you.`;
    const names = (file.drafts ?? []).map(({ title, label }) => title || label).filter(Boolean);
    begun = names.length ? ` Begun but not saved on the phone: ${names.join(", ")}. Go on with it in the app.` : "";
    await taken(file, person);
    await send({ force: true });
    await draw();
  });
}
