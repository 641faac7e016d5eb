/* What became of each message, and where the time went. */

import { h, replace } from "../dom.js";
import { ago, compact, count, duration, exact, money, plural, time } from "../format.js";
import { calmly, exchange } from "../kept.js";
import { channelName } from "../names.js";
import { chip, empty, facts, failure, field, loading, pageHead, table } from "../parts.js";
import { address, note } from "../place.js";

export const title = "Traces";

const READ = 500;
const SHOWN = 200;
const TONES = { answered: "good", delivered: "good", silent: null, merged: null, refused: "warn", ignored: null, dead: "bad", failed: "bad" };

export async function mount(root, rpc, place) {
  if (place.parts[0]) return one(root, rpc, place.parts[0]);
  return every(root, rpc, place.query);
}

// -- the list ----------------------------------------------------------------------------------------------

async function every(root, rpc, query) {
  const text = h("input", { type: "search", value: query.get("search") ?? "", placeholder: "Reason, session, event, tool …" });
  const outcome = h("select");
  const channel = h("select");
  const slow = h("select", {}, [["", "Any time"], ["1000", "Over 1 s"], ["5000", "Over 5 s"], ["30000", "Over 30 s"]].map(([value, words]) => h("option", { value, selected: value === (query.get("over") ?? "") }, words)));
  const list = h("div", { class: "panel" }, loading());
  replace(
    root,
    pageHead("Traces", { lead: "The way of every message: what was decided, how long it took, what it cost." }),
    h("div", { class: "toolbar" }, field("Search", text), field("Outcome", outcome), field("Channel", channel), field("Took", slow)),
    list,
  );
  let traces = [];

  const draw = () => {
    const wanted = { search: text.value.trim().toLowerCase(), outcome: outcome.value, channel: channel.value, over: Number(slow.value) };
    const found = traces.filter((each) => matches(each, wanted));
    if (!found.length) return replace(list, traces.length ? empty("No message matches.") : empty("No message has come yet."));
    exchange(list, tracesTable(found.slice(0, SHOWN)), h("p", { class: "muted" }, found.length > SHOWN ? `The newest ${SHOWN} of ${found.length}.` : plural(found.length, "message")));
  };
  const read = async () => {
    try {
      ({ traces } = await rpc.call("traces.list", { limit: READ }));
      offer(outcome, "Any outcome", traces.map((each) => each.outcome), outcome.value || query.get("outcome"));
      offer(channel, "Any channel", traces.map((each) => each.channel), channel.value || query.get("channel"), channelName);
      draw();
    } catch (error) {
      replace(list, failure(error, read));
    }
  };
  const filter = () => {
    note(address("traces", [], { search: text.value.trim(), outcome: outcome.value, channel: channel.value, over: slow.value }));
    draw();
  };
  for (const control of [text, outcome, channel, slow]) control.addEventListener("input", filter);
  rpc.on("online", read);
  rpc.on("trace", calmly(read));
  rpc.every(15, read);
  await read();
}

function offer(select, any, values, chosen, named = (value) => value) {
  const there = [...new Set(values)].filter(Boolean).sort();
  if (chosen && !there.includes(chosen)) there.push(chosen);
  replace(select, h("option", { value: "" }, any), there.map((value) => h("option", { value, selected: value === chosen }, named(value))));
}

function matches(trace, { search, outcome, channel, over }) {
  if (outcome && trace.outcome !== outcome) return false;
  if (channel && trace.channel !== channel) return false;
  if (over && extent(trace).ms < over) return false;
  return !search || JSON.stringify(trace).toLowerCase().includes(search);
}

function tracesTable(traces) {
  return table(
    [
      { title: "When", main: true, cell: (each) => h("time", { datetime: each.at, title: exact(each.at) }, time(each.at)) },
      { title: "Channel", cell: (each) => channelName(each.channel) },
      { title: "Conversation", cell: (each) => h("span", { class: "muted" }, (each.session ?? "–").replace(/^agent:/, "")) },
      { title: "Outcome", cell: (each) => h("span", { class: "chips" }, outcomeChip(each), each.reason ? h("span", { class: "muted" }, ` ${each.reason}`) : null) },
      { title: "Tools", number: true, cell: (each) => each.spans.filter((span) => span.name === "tool").length || "" },
      { title: "Took", number: true, cell: (each) => duration(extent(each).ms) },
      { title: "Cost", number: true, cell: (each) => money(totals(each).cost || null) },
    ],
    traces,
    { link: (each) => address("traces", [each.id]), caption: "Messages and what became of them" },
  );
}

function outcomeChip(trace) {
  return chip(trace.outcome || "under way", TONES[trace.outcome]);
}

// -- one message -------------------------------------------------------------------------------------------

async function one(root, rpc, id) {
  replace(root, loading());
  const trace = await rpc.call("traces.get", { id });
  const sum = totals(trace);
  const { ms } = extent(trace);
  replace(
    root,
    h("p", {}, h("a", { href: "#/traces" }, "← All traces")),
    pageHead("A message’s way", { lead: `${channelName(trace.channel)}, ${exact(trace.at)} (${ago(trace.at)})`, tools: [outcomeChip(trace)] }),
    trace.reason ? h("p", { class: "notice", "data-tone": TONES[trace.outcome] === "good" ? null : TONES[trace.outcome] }, trace.reason) : null,
    h("div", { class: "figures" }, figure(duration(ms), "from its arrival to the end"), figure(count(sum.calls), sum.calls === 1 ? "question to the model" : "questions to the model"), figure(count(sum.tools), sum.tools === 1 ? "tool call" : "tool calls"), figure(money(sum.cost), "cost")),
    h("section", { class: "panel" }, h("h2", {}, "Step by step"), waterfall(trace)),
    facts([
      ["Conversation", trace.session && h("a", { href: address("sessions", [trace.session]) }, trace.session)],
      ["Tokens in", sum.input ? count(sum.input) : null],
      ["Tokens out", sum.output ? count(sum.output) : null],
      ["Read from cache", sum.cacheRead ? count(sum.cacheRead) : null],
      ["Event", h("span", { class: "mono" }, trace.event)],
      ["Trace", h("span", { class: "mono" }, trace.id)],
    ]),
  );
}

function figure(amount, words) {
  return h("div", { class: "figure" }, h("strong", {}, amount || "–"), h("span", {}, words));
}

/* Each step at its place in time; unfolded, everything that is known of it. */
function waterfall(trace) {
  const { start, ms } = extent(trace);
  const rows = trace.spans.map((span) => {
    const at = Date.parse(span.at) - start;
    const bar = h("span", { class: "bar", style: { "--from": share(at, ms), "--long": share(span.ms ?? 0, ms) } });
    const known = Object.entries(span).filter(([name]) => !["name", "at", "ms"].includes(name));
    return h(
      "li",
      { "data-kind": span.name, "data-tone": toneOf(span) },
      h(
        "details",
        {},
        h(
          "summary",
          {},
          h("span", { class: "step-name" }, span.name === "tool" ? `tool: ${span.tool}` : span.name),
          h("span", { class: "step-brief" }, brief(span)),
          h("span", { class: "track", "aria-hidden": "true" }, bar),
          h("span", { class: "step-ms number" }, span.ms ? duration(span.ms) : `+${duration(at) || "0 ms"}`),
        ),
        h("dl", { class: "inputs" }, [["at", `${exact(span.at)} (+${duration(at) || "0 ms"})`], ["took", duration(span.ms)], ...known].map(([name, value]) => h("div", {}, h("dt", {}, words(name)), h("dd", {}, shown(value))))),
      ),
    );
  });
  return h("ol", { class: "waterfall" }, rows);
}

function share(part, whole) {
  return `${whole > 0 ? Math.max(0, Math.min(100, (100 * part) / whole)) : 0}%`;
}

function brief(span) {
  switch (span.name) {
    case "llm":
      return [span.model, span.output != null && `${compact((span.input ?? 0) + (span.cacheRead ?? 0) + (span.cacheWrite ?? 0))} → ${compact(span.output)} tokens`, span.cost ? money(span.cost) : null, span.error].filter(Boolean).join(" · ");
    case "tool":
      return span.ok === false ? `failed${span.error ? `: ${span.error}` : ""}` : "";
    default:
      return Object.entries(span).filter(([name, value]) => !["name", "at"].includes(name) && typeof value === "string" && value && value.length < 80).map(([, value]) => value).slice(0, 4).join(" · ");
  }
}

function toneOf(span) {
  if (span.ok === false || span.error) return "bad";
  const said = `${span.verdict ?? ""} ${span.outcome ?? ""} ${span.state ?? ""}`;
  return /refus|den(y|ied)|block|held|stranger|ignored|failed/.test(said) || span.gate ? "warn" : null;
}

function shown(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "object") return h("span", { class: "mono" }, JSON.stringify(value));
  return String(value);
}

/* cacheRead → cache read */
function words(name) {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

function extent(trace) {
  const times = trace.spans.map((span) => Date.parse(span.at)).filter((at) => !Number.isNaN(at));
  const start = Math.min(Date.parse(trace.at), ...times);
  const end = Math.max(start, ...trace.spans.map((span) => Date.parse(span.at) + (span.ms ?? 0)).filter((at) => !Number.isNaN(at)));
  return { start, ms: end - start };
}

function totals(trace) {
  const sum = { calls: 0, tools: 0, input: 0, output: 0, cacheRead: 0, cost: 0 };
  for (const span of trace.spans) {
    if (span.name === "tool") sum.tools++;
    if (span.name !== "llm") continue;
    sum.calls++;
    for (const name of ["input", "output", "cacheRead", "cost"]) sum[name] += span[name] ?? 0;
  }
  return sum;
}
