/* Reminders and recurring tasks: what is due when, what came of it, and new ones. */

import { h, replace, sync } from "../dom.js";
import { ago, duration, exact, plural, time } from "../format.js";
import { jobForm } from "../jobs/form.js";
import { scheduleWords, span } from "../jobs/schedule.js";
import { Kept, since, tick } from "../kept.js";
import { byWhom } from "../names.js";
import { busy, button, chip, confirmed, empty, facts, failure, loading, pageHead, table, toast } from "../parts.js";
import { address, go } from "../place.js";

export const title = "Jobs";

const MOST = 1000;
const RUNS = 50;
const STATUSES = { __proto__: null, ok: ["done", "good"], error: ["failed", "bad"], skipped: ["skipped", null], running: ["under way", "accent"] };
const DELIVERIES = { __proto__: null, delivered: "delivered", "not-delivered": "not delivered", "not-requested": "kept", unknown: "" };

export async function mount(root, rpc, place) {
  const [id, verb] = place.parts;
  replace(root, loading());
  if (!rpc.hello) await rpc.call("health");
  if (id === "new") return write(root, rpc, null);
  if (id && verb === "edit") return write(root, rpc, await find(rpc, id));
  if (id) return one(root, rpc, id);
  return every(root, rpc);
}

async function find(rpc, id) {
  const { jobs } = await rpc.call("cron.list", { query: id, limit: MOST });
  const found = jobs.find((job) => job.id === id);
  if (!found) throw new Error(`There is no job ${id}; it may have run and gone.`);
  return found;
}

function mayChange(rpc) {
  return rpc.may("operator.admin") && rpc.has("cron.add");
}

// -- the list ----------------------------------------------------------------------------------------------------

async function every(root, rpc) {
  const rows = new Kept();
  const list = h("ul", { class: "rows" });
  const place = h("div", { class: "panel" }, loading());
  const beats = h("p", { class: "muted" });
  const add = mayChange(rpc) ? [h("a", { class: "button primary", href: "#/jobs/new" }, "New job")] : [];
  replace(root, pageHead("Jobs", { lead: "What the assistant does by itself: reminders and recurring tasks.", tools: add }), place, beats);
  const read = async () => {
    try {
      const [{ jobs }, status] = await Promise.all([rpc.call("cron.list", { limit: MOST }), rpc.call("cron.status")]);
      rows.show(list, jobs, (job) => job.id, (job) => row(rpc, job, read));
      const off = status.enabled ? null : h("p", { class: "notice", "data-tone": "warn" }, "Jobs are switched off in the config (cron.enabled), so none becomes due.");
      sync(place, [off, jobs.length ? list : empty("There are no jobs.", "Make one here, or say to the assistant: remind me tomorrow at nine.")].filter(Boolean));
      replace(beats, heartbeats(status.heartbeats));
    } catch (error) {
      replace(place, failure(error, read));
    }
  };
  listen(rpc, root, read);
  await read();
}

function listen(rpc, root, read) {
  rpc.on("cron", read);
  rpc.on("online", read);
  rpc.every(5, () => tick(root));
}

function heartbeats(beats) {
  const named = Object.entries(beats ?? {}).map(([agent, often]) => `${agent}, ${often.replace(/^every (\d+) s$/, (_, seconds) => `every ${span(seconds * 1000)}`)}`);
  return named.length ? `Heartbeats: ${named.join("; ")}.` : null;
}

function row(rpc, job, read) {
  const { state } = job;
  return h(
    "li",
    { class: "row job", "data-off": !job.enabled },
    h("span", { class: "chips" }, h("a", { class: "job-name", href: address("jobs", [job.id]) }, job.name), outcome(state)),
    h("span", { class: "tools" }, mayChange(rpc) ? [button("Run now", () => run(rpc, job, read), { "aria-label": `Run now: ${job.name}` }), onOff(rpc, job, read)] : null),
    h("span", { class: "muted" }, scheduleWords(job.schedule)),
    h("span", { class: "muted side-note" }, next(job)),
  );
}

function next({ enabled, state }) {
  if (state.runningAtMs) return ["begun ", since(state.runningAtMs)];
  if (!enabled) return "off";
  return state.nextRunAtMs ? ["next ", since(state.nextRunAtMs)] : "not due any more";
}

function outcome(state) {
  if (state.runningAtMs) return chip(...STATUSES.running);
  if (!state.lastRunStatus) return null;
  const [words, tone] = STATUSES[state.lastRunStatus] ?? [state.lastRunStatus, null];
  return chip(state.consecutiveErrors > 1 ? `failed ${state.consecutiveErrors} times` : words, tone);
}

function onOff(rpc, job, read) {
  const box = h("input", { type: "checkbox", role: "switch", checked: job.enabled, "aria-label": `${job.name} is on` });
  box.addEventListener("change", () =>
    busy(box, async () => {
      try {
        await rpc.call("cron.update", { id: job.id, patch: { enabled: box.checked } });
      } catch (error) {
        box.checked = !box.checked;
        throw error;
      }
      await read();
    }),
  );
  return h("label", { class: "switch" }, box, h("span", { "aria-hidden": "true" }, job.enabled ? "on" : "off"));
}

async function run(rpc, job, read) {
  const done = await rpc.call("cron.run", { id: job.id, mode: "force" });
  toast(done.ran ? `${job.name} is begun.` : `${job.name} runs already.`);
  await read();
}

// -- one job -----------------------------------------------------------------------------------------------------

async function one(root, rpc, id) {
  const back = h("p", {}, h("a", { href: "#/jobs" }, "← All jobs"));
  const [about, history] = [h("div"), h("div")];
  const [jobs, lists] = [new Kept(), new Kept()];
  let leaving = false;
  const read = async () => {
    if (leaving) return;
    try {
      const [job, { entries }] = await Promise.all([find(rpc, id), rpc.call("cron.runs", { scope: "job", id, limit: RUNS })]);
      jobs.show(about, [job], () => id, () => h("div", { class: "panel" }, aboutJob(rpc, job, { read, leave: (is) => (leaving = is) })));
      lists.show(history, [entries], () => id, () => h("div", { class: "panel" }, runs(entries)));
    } catch (error) {
      replace(about, pageHead("Job"), failure(error, read));
    }
  };
  replace(root, back, about, h("section", { class: "panel" }, h("h2", {}, "Runs"), history));
  listen(rpc, root, read);
  await read();
}

function aboutJob(rpc, job, { read, leave }) {
  const { state } = job;
  const tools = mayChange(rpc)
    ? [onOff(rpc, job, read), button("Run now", () => run(rpc, job, read)), h("a", { class: "button", href: address("jobs", [job.id, "edit"]) }, "Change"), button("Remove", () => remove(rpc, job, leave), { class: "danger" })]
    : [];
  return [
    pageHead(job.name, { lead: scheduleWords(job.schedule), tools }),
    state.lastRunStatus === "error" ? h("p", { class: "notice", "data-tone": "bad" }, `The last run failed: ${state.lastError ?? "it says nothing of why"}`) : null,
    state.lastDeliveryError ? h("p", { class: "notice", "data-tone": "warn" }, `The last result was not delivered: ${state.lastDeliveryError}`) : null,
    h("section", { class: "card" }, h("h2", {}, job.payload.kind === "agentTurn" ? "The task" : "What is said"), h("p", { class: "said-whole" }, job.payload.message ?? job.payload.text)),
    facts([
      ["Next run", job.enabled ? (state.nextRunAtMs ? h("time", { title: exact(state.nextRunAtMs) }, `${time(state.nextRunAtMs)} (${ago(state.nextRunAtMs)})`) : "not due any more") : "off"],
      ["Last run", since(state.lastRunAtMs ?? NaN)],
      ["Took", duration(state.lastDurationMs)],
      ["Agent", job.agentId],
      ["Where", where(job.sessionTarget)],
      ["Model", job.payload.model],
      ["Thinking", job.payload.thinking],
      ["Result goes to", destination(job.delivery)],
      ["Made by", byWhom(job.createdBy)],
      ["About", job.description],
      ["Id", h("span", { class: "mono" }, job.id)],
    ]),
  ];
}

function where(target) {
  if (target === "isolated") return "a session of its own";
  return target === "main" ? "the main conversation" : target.replace(/^session:(agent:)?/, "");
}

function destination({ mode, channel, to }) {
  if (mode === "none") return "nobody; it is kept here";
  if (mode === "webhook") return `a POST to ${to}`;
  return [channel, to].filter(Boolean).join(" ") || "where it was asked for, else the owner’s last chat";
}

async function remove(rpc, job, leave) {
  const sure = await confirmed(`Remove “${job.name}”?`, { yes: "Remove", danger: true, detail: "It is not due any more. What its runs have brought stays in the transcripts." });
  if (!sure) return;
  leave(true); // or the news of it would find nothing here
  try {
    await rpc.call("cron.remove", { id: job.id });
  } catch (error) {
    leave(false);
    throw error;
  }
  toast(`${job.name} is removed.`);
  go("#/jobs");
}

function runs(entries) {
  if (!entries.length) return empty("It has not run yet.");
  return [
    table(
      [
        { title: "Begun", main: true, cell: (run) => h("time", { title: exact(run.runAtMs) }, time(run.runAtMs)) },
        { title: "Outcome", cell: (run) => chip(...(STATUSES[run.status] ?? [run.status, null])) },
        { title: "Took", number: true, cell: (run) => duration(run.durationMs) },
        { title: "Result", cell: (run) => DELIVERIES[run.deliveryStatus] ?? run.deliveryStatus ?? "" },
        { title: "What came of it", cell: (run) => said(run) },
      ],
      entries,
      { caption: "Runs of this job, the newest first" },
    ),
    entries.length === RUNS ? h("p", { class: "muted" }, `The newest ${plural(RUNS, "run")}.`) : null,
  ];
}

function said({ error, summary, deliveryError }) {
  if (error) return h("span", { class: "bad-words" }, error);
  if (deliveryError) return h("span", { class: "bad-words" }, deliveryError);
  if (!summary) return "";
  const first = summary.split("\n", 1)[0];
  if (first === summary && first.length <= 90) return summary;
  return h("details", { class: "fold" }, h("summary", {}, first.length > 90 ? `${first.slice(0, 90)}…` : first), h("p", { class: "said-whole" }, summary));
}

// -- a new one, or a change --------------------------------------------------------------------------------------

async function write(root, rpc, job) {
  const [{ channelOrder, channelLabels }, { agents }, { models }] = await Promise.all([rpc.call("channels.status"), rpc.call("agents.list"), rpc.call("models.list")]);
  const choices = { channels: channelOrder.map((name) => [name, channelLabels[name]]), agents: agents.map((each) => each.id), models };
  const back = job ? address("jobs", [job.id]) : "#/jobs";
  const save = async (asked) => {
    const kept = job ? await rpc.call("cron.update", { id: job.id, patch: asked }) : await rpc.call("cron.add", asked);
    toast(kept.nextRun ? `Saved. Next run: ${kept.nextRun}.` : "Saved.");
    go(address("jobs", [kept.id]));
  };
  replace(root, h("p", {}, h("a", { href: back }, job ? `← ${job.name}` : "← All jobs")), pageHead(job ? "Change a job" : "New job"), jobForm(job, choices, save, back));
}
