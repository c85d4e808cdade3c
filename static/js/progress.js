// Follows long work: asks the address in data-progress until it says that it is finished.

import { pause, sentence } from "./progress/steps.js";

// The page has started while the work goes on: nothing on it waits for its end.
export function attach(element) {
  follow(element);
}

async function follow(element) {
  const bar = element.querySelector("progress");
  const text = element.querySelector("[data-progress-text]");
  for (let failures = 0; ;) {
    try {
      const answer = await fetch(element.dataset.progress, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const state = await answer.json();
      failures = 0;
      if (state.total) {
        bar.max = state.total;
        bar.value = state.done;
      }
      text.textContent = sentence(state);
      if (state.finished) {
        const next = state.next_url || element.dataset.next;
        if (next) location.assign(next);
        else location.reload();
        return;
      }
    } catch {
      failures += 1;
      text.textContent = "No answer for the moment. The work goes on; still asking.";
    }
    await new Promise((resolve) => { setTimeout(resolve, pause(failures)); });
  }
}
