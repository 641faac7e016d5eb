/* A conversation as it is read: who said what, and what was done in between, folded. */

import { h } from "./dom.js";
import { compact, duration, exact, money, time } from "./format.js";
import { markdown } from "./markdown.js";
import { enclosures, withoutFiles } from "./media.js";
import { address } from "./place.js";

const LONGEST_RESULT = 20_000;

/* messages of chat.history → [{key, node}]; `known` keeps nodes from one reading to the next, so that what a person
   has unfolded stays so. */
export function transcript(messages, known = new Map()) {
  const results = new Map(messages.filter((each) => each.role === "toolResult").map((each) => [each.toolCallId, each]));
  const fresh = new Map();
  const shown = [];
  for (const message of messages) {
    if (message.role === "toolResult") continue;
    const calls = blocksOf(message).filter((block) => block.type === "tool_use");
    const answered = calls.filter((call) => results.has(call.id)).length;
    const key = `${message.id}:${answered}`;
    const node = known.get(key) ?? entry(message, results);
    fresh.set(key, node);
    shown.push({ id: message.id, node });
  }
  known.clear();
  for (const [key, node] of fresh) known.set(key, node);
  return shown;
}

function entry(message, results) {
  if (message.role === "system") return h("li", { class: "entry summary" }, h("details", { class: "fold" }, h("summary", {}, "Earlier parts of this conversation were summed up"), markdown(textOf(message))));
  if (message.role === "user") return spoken(message);
  const parts = blocksOf(message).map((block) => part(block, results)).filter(Boolean);
  return h("li", { class: "entry reply" }, h("span", { class: "unseen" }, "Assistant: "), parts, footnote(message));
}

function spoken(message) {
  const from = message.from && !String(message.from).startsWith("webchat:") ? String(message.from) : null;
  const { text, files } = withoutFiles(textOf(message));
  const label = message.kind === "note" ? `Note${from ? ` from ${from}` : ""}` : from;
  return h(
    "li",
    { class: `entry said${message.kind === "note" ? " note" : ""}` },
    h("span", { class: "unseen" }, "You: "),
    label && h("p", { class: "by" }, label),
    enclosures(blocksOf(message), files),
    text && h("div", { class: "bubble" }, text),
    h("p", { class: "by when" }, stamp(message.timestamp), message.trace ? [" · ", h("a", { href: address("traces", [message.trace]) }, "its way")] : null),
  );
}

function stamp(at) {
  return at ? h("time", { datetime: new Date(at).toISOString(), title: exact(at) }, time(at)) : null;
}

function part(block, results) {
  switch (block.type) {
    case "text":
      return block.text?.trim() ? markdown(block.text) : null;
    case "thinking":
      return block.thinking?.trim() ? thought(block.thinking) : null;
    case "tool_use": {
      const result = results.get(block.id);
      return toolCard({ name: block.name, input: block.input, state: result ? (result.isError ? "failed" : "done") : "unanswered", result: result && resultText(result), pictures: result && enclosures(blocksOf(result), []) });
    }
    default:
      return h("p", { class: "muted" }, `[${block.type}]`);
  }
}

export function thought(text) {
  return h("details", { class: "fold thought" }, h("summary", {}, "Thought"), h("div", { class: "muted" }, markdown(text)));
}

const STATES = { running: "running…", done: "", failed: "failed", unanswered: "no result" };

/* One call of a tool: {name, input, state: running|done|failed|unanswered, result, pictures, ms}. */
export function toolCard({ name, input, state, result = null, pictures = null, ms = null }) {
  const inputs = Object.entries(input ?? {});
  return h(
    "details",
    { class: "tool", "data-state": state },
    h(
      "summary",
      {},
      h("span", { class: "tool-name" }, name),
      h("span", { class: "tool-hint" }, hintOf(input)),
      h("span", { class: "tool-state" }, [STATES[state], ms == null ? "" : duration(ms)].filter(Boolean).join(" ")),
    ),
    inputs.length ? h("dl", { class: "inputs" }, inputs.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, typeof value === "string" ? value : JSON.stringify(value, null, 1))))) : null,
    result != null && h("pre", { class: "code", tabindex: "0" }, shortened(result)),
    pictures,
  );
}

function hintOf(input) {
  const first = Object.values(input ?? {}).find((value) => typeof value === "string" || typeof value === "number");
  return first === undefined ? "" : String(first).split("\n", 1)[0].slice(0, 120);
}

function footnote(message) {
  const usage = message.usage;
  // A step of a turn that goes on: what the turn took stands under its end.
  if (!usage || blocksOf(message).some((block) => block.type === "tool_use")) return null;
  const tokens = (usage.input ?? 0) + (usage.output ?? 0) + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0);
  const told = [message.timestamp && time(message.timestamp), message.model?.startsWith("openclaw/") ? null : message.model, tokens && `${compact(tokens)} tokens`, usage.cost && money(usage.cost)];
  return h("p", { class: "by" }, told.filter(Boolean).join(" · "));
}

export function textOf(message) {
  return blocksOf(message).filter((block) => block.type === "text").map((block) => block.text).join("\n\n");
}

export function resultText(result) {
  return blocksOf(result).filter((block) => block.type !== "image").map((block) => block.text ?? `[${block.type}]`).join("\n");
}

function blocksOf(message) {
  return Array.isArray(message.content) ? message.content : [{ type: "text", text: String(message.content ?? "") }];
}

function shortened(text) {
  return text.length > LONGEST_RESULT ? `${text.slice(0, LONGEST_RESULT)}\n… ${text.length - LONGEST_RESULT} more characters` : text;
}
