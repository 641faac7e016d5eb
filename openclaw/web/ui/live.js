/* What a run says and does while it runs. */

import { h, replace } from "./dom.js";
import { elapsed } from "./format.js";
import { markdown } from "./markdown.js";
import { resultText, toolCard } from "./transcript.js";

export const WORKING = "Working…";

export class LiveRun {
  constructor(runId) {
    this.runId = runId;
    this.node = h("li", { class: "entry reply live", "aria-busy": "true" });
    this.state = "waiting";
    this.words = "";
    this.#parts = h("div", { class: "live-parts" });
    this.#tail = h("div");
    this.#note = h("p", { class: "by working" }, WORKING);
    replace(this.node, this.#parts, this.#tail, this.#note);
  }

  #parts;
  #tail;
  #note;
  #tools = new Map();
  #due = false;
  #ticking = 0;

  /* A payload of the event "agent". */
  tell({ stream, data }) {
    switch (stream) {
      case "assistant":
        this.words = data.text;
        this.#draw();
        break;
      case "thinking":
        replace(this.#note, thinkingLine(data.text));
        break;
      case "tool":
        this.#tool(data);
        break;
      case "lifecycle":
        this.#phase(data);
        break;
    }
  }

  /* A payload of the event "chat". */
  say(text) {
    this.words = text;
    this.#draw();
  }

  /* What a person may know while nothing else is to be seen. */
  hint(words) {
    if (this.state === "waiting") replace(this.#note, words);
  }

  #phase({ phase, text, reason, error }) {
    if (phase === "paused") replace(this.#note, text || reason || "It waits and goes on by itself.");
    if (phase === "error") {
      replace(this.#note, `It ended with an error: ${error}`);
      this.#note.dataset.tone = "bad";
    }
    if (phase === "end" || phase === "error") this.#ended(phase);
  }

  #ended(phase) {
    this.state = phase;
    this.node.setAttribute("aria-busy", "false");
    if (phase === "end") this.#note.hidden = true;
  }

  #tool({ phase, toolCallId, name, args, isError, result, elapsedMs, partialResult }) {
    const before = this.#tools.get(toolCallId);
    if (phase === "update") {
      if (before) before.since = Date.now() - elapsedMs;
      return before && runningFor(before, partialResult && resultText(partialResult));
    }
    this.#settle();
    const input = args ?? before?.input;
    const state = phase === "start" ? "running" : isError ? "failed" : "done";
    const card = toolCard({ name, input, state, result: result && resultText(result) });
    card.open = before?.card.open ?? false;
    if (before) before.card.replaceWith(card);
    else this.#parts.append(card);
    this.#tools.set(toolCallId, { card, input, since: Date.now(), running: state === "running" });
    this.hint(WORKING);
    if (state === "running") this.#tick();
  }

  /* While a tool runs, so does its clock. */
  #tick() {
    clearTimeout(this.#ticking);
    this.#ticking = setTimeout(() => {
      const running = [...this.#tools.values()].filter((tool) => tool.running);
      if (!this.node.isConnected || !running.length) return;
      running.forEach((tool) => runningFor(tool));
      this.#tick();
    }, 1000);
  }

  /* What was said before a tool was called stands above it. */
  #settle() {
    if (this.words.trim()) this.#parts.append(markdown(this.words));
    this.words = "";
    replace(this.#tail);
  }

  #draw() {
    // Deltas come faster than anybody reads.
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      replace(this.#tail, this.words ? markdown(this.words) : null);
    });
  }
}

function runningFor({ card, since }, said = "") {
  replace(card.querySelector(".tool-state"), `running for ${elapsed(Date.now() - since)}`);
  if (said) replace(card.querySelector(".tool-said") ?? card.querySelector("summary").appendChild(h("span", { class: "tool-said" })), said);
}

function thinkingLine(text) {
  const last = text.trim().split("\n").at(-1) ?? "";
  return `Thinking: ${last.length > 140 ? `…${last.slice(-140)}` : last}`;
}
