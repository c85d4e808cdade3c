// What was logged here and what became of it: what needs somebody first.

import { rows, resolve } from "../conflicts.js";
import { button, h, notice } from "../dom.js";
import { lastRun, send } from "../outbox.js";
import { forgetTheRest } from "../pack.js";
import { download } from "../rescue.js";
import { age, line, megabytes } from "../status.js";
import { figures, warnings } from "../storage.js";
import { all } from "../store.js";

const STATES = {
  waiting: "Waiting to send", received: "Received", suggested: "At the desk, for somebody to answer",
  conflict: "Changed by someone else: choose", refused: "Not accepted: open to fix", dropped: "Not sent, as you chose",
};
const MOST = 200;
const OF_EVENTS = ["note", "flip chart"]; // changed on the pages of the event

export async function waiting(context) {
  const { person, tally: counts, jobs } = context;
  const entries = (await all("entries")).filter(({ user }) => user === person.uid).sort((a, b) => b.at - a.at);
  const own = jobs.filter(({ user }) => user === person.uid);
  const run = lastRun();
  const room = await figures();
  const said = line(counts, run.state);
  return {
    title: "Waiting",
    refresh: true,
    content: [
      h("h1", {}, said),
      h("p", {}, `Logging as ${person.name}. `, h("a", { href: "/sign-in?next=/walk/" }, run.state === "signed-out" ? "Sign in to send" : "Somebody else? Sign in")),
      counts.others ? notice(`${counts.others} more on this phone ${counts.others === 1 ? "belongs" : "belong"} to somebody else, and ${counts.others === 1 ? "is" : "are"} sent only when they sign in.`) : null,
      counts.gaps.length ? notice(`The register never got number ${counts.gaps.join(", ")}. Tell whoever looks after it.`, "error") : null,
      warnings({ ...room, oldest: counts.oldest, now: Date.now() }).map((warning) => notice(warning, "warning")),
      h(
        "div", { class: "walk-row" }, button("Send now", () => send({ force: true }), { id: "send", class: "walk-button is-main" }),
        own.length ? button("Save a copy", () => download(person.uid, person.name), { id: "rescue" }) : null,
      ),
      own.filter(({ state }) => state === "conflict").map((job) => tray(context, job, entries)),
      h("ul", { class: "walk-list walk-sent", id: "logged" }, entries.slice(0, MOST).map((entry) => logged(entry, own))),
      loose(own, entries),
      room.used ? h("p", { class: "walk-hint" }, `${megabytes(room.used)} used on this phone. ${room.persisted ? "It is kept safe from clearing up." : "The phone may clear it when it runs out of room."}`) : null,
      forgetting(context),
    ],
  };
}

function logged(entry, jobs) {
  const own = jobs.filter((job) => job.entry === entry.uid);
  const refused = own.find(({ state }) => state === "refused");
  const photos = own.filter(({ photo, state }) => photo && state === "waiting").length;
  const state = refused ? "refused" : entry.state;
  const more = [age(entry.at, Date.now()), photos && entry.state !== "waiting" ? `${photos} photo${photos === 1 ? "" : "s"} or voice note${photos === 1 ? "" : "s"} to go` : ""];
  const warned = entry.feature?.properties?.warnings?.length && state === "received";
  return h(
    "li", { "data-state": state, "data-uid": entry.uid },
    h("div", {}, h("strong", {}, entry.draft.title), h("small", {}, [entry.kind, ...more].filter(Boolean).join(" · "))),
    h("span", { class: "walk-state" }, STATES[state]),
    refused ? h("a", { class: "walk-button", href: `#/fix/${refused.device}/${refused.number}` }, "Open to fix") : null,
    !refused && entry.state !== "conflict" && !OF_EVENTS.includes(entry.kind) ? h("a", { class: "walk-edit", href: `#/change/${entry.uid}`, "aria-label": `Change ${entry.draft.title}` }, "Change") : null,
    warned ? h("p", { class: "walk-hint" }, "The words may point at somebody. ", h("a", { href: `/${entry.kind}s/${entry.uid}` }, "Look them over")) : null,
  );
}

/** Checks and states of entries that were not logged here. */
function loose(jobs, entries) {
  const known = new Set(entries.map(({ uid }) => uid));
  const own = jobs.filter((job) => !known.has(job.entry) && job.state !== "conflict");
  if (!own.length) return null;
  return [h("h2", {}, "Checks and routes"), h("ul", { class: "walk-list" }, own.map((job) => h(
    "li", { "data-state": job.state },
    h("strong", {}, job.label ?? job.kind), h("span", { class: "walk-state" }, STATES[job.state]),
    job.state === "refused" ? h("a", { class: "walk-button", href: `#/fix/${job.device}/${job.number}` }, "Open to fix") : null,
  )))];
}

/** Both values of each field; a person chooses. */
function tray(context, job, entries) {
  const entry = entries.find(({ uid }) => uid === job.entry);
  const choose = (choice) => async () => {
    await resolve(context.person.uid, job, choice);
    send();
  };
  return h(
    "section", { class: "walk-notice is-warning walk-tray", "data-uid": job.entry, "aria-label": `Choose for ${entry?.draft.title ?? job.label}` },
    h("h2", {}, `${entry?.draft.title ?? job.label}: changed by someone else`),
    h("dl", {}, rows(job.problem).map((row) => [
      h("dt", {}, row.label), h("dd", {}, h("span", {}, "Yours: "), row.mine), h("dd", {}, h("span", {}, "Theirs: "), row.theirs),
    ])),
    rows(job.problem).length ? null : h("p", {}, job.problem.detail),
    h(
      "div", { class: "walk-row" }, button("Keep mine", choose("mine"), { class: "walk-button is-main" }), button("Use theirs", choose("theirs")),
      job.problem.proposal ? button("Leave it for the desk", choose("desk")) : null,
    ),
  );
}

function forgetting(context) {
  return h(
    "details", { class: "walk-there" }, h("summary", {}, "Does somebody else use this phone?"),
    h("p", {}, "What has been sent, and the areas taken along, can be taken off it. What still waits stays."),
    button("Take it off this phone", async () => {
      await forgetTheRest();
      context.say("Only what still waits is left on this phone.");
    }),
  );
}
