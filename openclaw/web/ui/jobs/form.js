/* The form of a job: when, what, and where the result goes. */

import { h, replace } from "../dom.js";
import { busy, field } from "../parts.js";
import { cronWords, expressionOf, lengthOf, localInput, unitOf, weekOf } from "./schedule.js";

const WHENS = [["at", "Once"], ["week", "On days of the week"], ["every", "Again and again"], ["cron", "By a cron expression"]];
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const KINDS = [["agentTurn", "A task, in a session of its own"], ["systemEvent", "Words said to the assistant in a conversation"]];
const UNITS = [["minute", "minutes"], ["hour", "hours"], ["day", "days"]];
const LEVELS = ["off", "minimal", "low", "medium", "high", "xhigh"];
const ROUTES = [["announce", "To a chat"], ["none", "To nobody; keep it here"], ["webhook", "POST it to an address"]];

/* `job`: to be changed, or null. `choices`: {channels: [[name, label]], agents: [id], models}. `save` takes the fields
   of cron.add; what it throws is said under the form. */
export function jobForm(job, choices, save, back) {
  const when = whenFields(job?.schedule);
  const what = whatFields(job, choices);
  const result = resultFields(job?.delivery, choices.channels);
  const name = h("input", { value: job?.name ?? "", maxlength: 80, placeholder: "From its words, when left empty" });
  const said = h("p", { class: "notice", "data-tone": "bad", role: "alert", hidden: true });
  const send = h("button", { class: "primary" }, job ? "Save" : "Make it");
  const submit = (event) => {
    event.preventDefault();
    said.hidden = true;
    busy(send, async () => {
      try {
        await save({ ...(name.value.trim() || job ? { name: name.value.trim() } : {}), schedule: when.read(), ...what.read(), delivery: result.read(), ...(when.once() ? { deleteAfterRun: !when.keep() } : {}) });
      } catch (error) {
        said.textContent = error.message;
        said.hidden = false;
      }
    });
  };
  return h(
    "form",
    { class: "fields job-form", onsubmit: submit },
    section("When", when.nodes),
    section("What", what.nodes),
    section("The result", result.nodes),
    field("Name", name),
    said,
    h("div", { class: "tools" }, send, h("a", { class: "button", href: back }, "Cancel")),
  );
}

function section(words, nodes) {
  return h("fieldset", { class: "fields" }, h("legend", {}, words), nodes);
}

function select(options, chosen) {
  return h("select", {}, options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
}

/* Shows the parts of the chosen kind, and only those. */
function following(chooser, parts) {
  const follow = () => {
    for (const node of Object.values(parts).flat()) node.hidden = true;
    for (const node of parts[chooser.value] ?? []) node.hidden = false;
  };
  chooser.addEventListener("input", follow);
  follow();
}

function whenFields(schedule) {
  const week = schedule?.kind === "cron" ? weekOf(schedule.expr) : null;
  const kind = select(WHENS, week ? "week" : (schedule?.kind ?? "at"));
  const once = onceFields(schedule);
  const often = everyFields(schedule);
  const weekly = weekFields(week);
  const cron = cronFields(schedule);
  const tz = h("input", { value: schedule?.tz ?? "", list: "zones", placeholder: "Yours, as the config has it", autocomplete: "off" });
  const zones = h("datalist", { id: "zones" }, (Intl.supportedValuesOf?.("timeZone") ?? []).map((zone) => h("option", { value: zone })));
  const place = h("div", {}, field("Time zone", tz), zones);
  const parts = { at: once.nodes, every: often.nodes, week: [...weekly.nodes, place], cron: [...cron.nodes, place] };
  following(kind, parts);
  const expression = (expr) => ({ kind: "cron", expr, tz: tz.value.trim() || null });
  const read = { at: once.read, every: often.read, week: () => expression(weekly.read()), cron: () => expression(cron.read()) };
  return {
    nodes: [field("How often", kind), once.nodes, often.nodes, weekly.nodes, cron.nodes, place],
    read: () => read[kind.value](),
    once: () => kind.value === "at",
    keep: once.keep,
  };
}

function onceFields(schedule) {
  const at = h("input", { type: "datetime-local", value: localInput(schedule?.kind === "at" ? schedule.at : Date.now() + 3_600_000) });
  const keep = h("input", { type: "checkbox" });
  const read = () => {
    if (!at.value) throw new Error("Say on which day and at what time.");
    return { kind: "at", at: new Date(at.value).toISOString() };
  };
  return { nodes: [field("Day and time", at, "By the clock of the machine that you sit at."), h("label", { class: "check" }, keep, "Keep it when it has run")], read, keep: () => keep.checked };
}

function everyFields(schedule) {
  const known = schedule?.everyMs ?? 3_600_000;
  const [name, one] = unitOf(known);
  const count = h("input", { type: "number", min: 1, step: "any", value: known / one, "aria-label": "How many" });
  const unit = select(name === "second" ? [["second", "seconds"], ...UNITS] : UNITS, name);
  unit.setAttribute("aria-label", "Of what");
  const read = () => {
    if (!(Number(count.value) > 0)) throw new Error("Say how much time lies between two runs.");
    return { kind: "every", everyMs: lengthOf(count.value, unit.value) };
  };
  return { nodes: [h("div", { class: "field" }, h("span", {}, "Every"), h("div", { class: "tools" }, count, unit))], read };
}

function weekFields(week) {
  const clock = h("input", { type: "time", value: week?.clock ?? "09:00" });
  const boxes = DAYS.map((_, index) => h("input", { type: "checkbox", checked: (week?.days ?? [1, 2, 3, 4, 5]).includes(index + 1) }));
  const read = () => {
    const days = boxes.flatMap((box, index) => (box.checked ? [index + 1] : []));
    if (!days.length || !clock.value) throw new Error("Say on which days, and at what time.");
    return expressionOf(clock.value, days);
  };
  const days = h("fieldset", { class: "days" }, h("legend", { class: "unseen" }, "Days"), boxes.map((box, index) => h("label", { class: "day" }, box, DAYS[index])));
  return { nodes: [days, field("At", clock)], read };
}

function cronFields(schedule) {
  const expr = h("input", { class: "mono", value: schedule?.expr ?? "0 9 1 * *", spellcheck: "false", autocomplete: "off" });
  const meaning = h("small", { role: "status" });
  const explain = () => {
    const [written, words] = [expr.value.trim(), cronWords(expr.value.trim())];
    replace(meaning, words === written ? "Five fields: minute, hour, day of the month, month, day of the week." : `That is ${words}.`);
  };
  expr.addEventListener("input", explain);
  explain();
  return { nodes: [h("label", { class: "field" }, h("span", {}, "Expression"), expr, meaning)], read: () => expr.value.trim() };
}

function whatFields(job, { agents, models }) {
  const payload = job?.payload;
  const kind = select(KINDS, payload?.kind ?? "agentTurn");
  const text = h("textarea", { rows: 5, required: true, placeholder: "Look up tomorrow’s weather in Sydney and tell me whether I need an umbrella." }, payload?.message ?? payload?.text ?? "");
  const agent = select(agents.map((id) => [id, id]), job?.agentId ?? agents[0]);
  const named = models.filter((each) => each.available || nameOf(each) === payload?.model).map((each) => [nameOf(each), each.name]);
  if (payload?.model && !named.some(([value]) => value === payload.model)) named.push([payload.model, payload.model]);
  const model = select([["", "The agent’s own"], ...named], payload?.model ?? "");
  const thinking = select([["", "The agent’s own"], ...LEVELS.map((level) => [level, level])], payload?.thinking ?? "");
  const pair = h("div", { class: "pair" }, field("Model", model), field("Thinking", thinking));
  following(kind, { agentTurn: [pair] });
  const read = () => {
    const own = kind.value === payload?.kind && job.sessionTarget !== undefined;
    const target = own ? job.sessionTarget : kind.value === "agentTurn" ? "isolated" : "main";
    const turn = { kind: "agentTurn", message: text.value.trim(), model: model.value || null, thinking: thinking.value || null };
    return { payload: kind.value === "agentTurn" ? turn : { kind: "systemEvent", text: text.value.trim() }, sessionTarget: target, agentId: agent.value };
  };
  return { nodes: [field("Kind", kind), field("Words", text), agents.length > 1 ? field("Agent", agent) : null, pair], read };
}

function nameOf(model) {
  return model.id.startsWith(`${model.provider}/`) ? model.id : `${model.provider}/${model.id}`;
}

function resultFields(delivery, channels) {
  const mode = select(ROUTES, delivery?.mode ?? "announce");
  const known = delivery?.channel && !channels.some(([name]) => name === delivery.channel) ? [...channels, [delivery.channel, delivery.channel]] : channels;
  const channel = select([["", "Where you wrote last"], ...known], delivery?.mode === "announce" ? (delivery.channel ?? "") : "");
  const to = h("input", { value: delivery?.mode === "announce" ? (delivery.to ?? "") : "", placeholder: "A number or a chat’s id; empty: the owner’s" });
  const url = h("input", { type: "url", value: delivery?.mode === "webhook" ? (delivery.to ?? "") : "", placeholder: "https://example.org/hook" });
  const recipient = field("To", to);
  const chat = h("div", { class: "pair" }, field("Channel", channel), recipient);
  const follow = () => (recipient.hidden = !channel.value);
  channel.addEventListener("input", follow);
  follow();
  const post = field("Address", url);
  following(mode, { announce: [chat], webhook: [post] });
  const read = () => {
    if (mode.value === "none") return { mode: "none", channel: null, to: null };
    if (mode.value === "webhook") return { mode: "webhook", channel: null, to: url.value.trim() };
    return { mode: "announce", channel: channel.value || null, to: (channel.value && to.value.trim()) || null };
  };
  return { nodes: [field("Where it goes", mode), chat, post], read };
}
