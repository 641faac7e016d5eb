/* The log, as it is written. */

import { h, replace } from "../dom.js";
import { exact, plural } from "../format.js";
import { button, chip, failure, field, loading, pageHead, toast } from "../parts.js";
import { address, note } from "../place.js";

export const title = "Logs";

const EVERY_SECONDS = 2;
const FIRST = 500;
const KEPT = 3000;
const SHOWN = 600;
const LEVELS = ["trace", "debug", "info", "warning", "error", "critical"];
const CHOICES = [["", "Everything"], ["info", "From info"], ["warning", "Warnings and errors"], ["error", "Errors only"]];
const TONES = { __proto__: null, warning: "warn", error: "bad", critical: "bad" };
const OWN = new Set(["time", "level", "logger", "event", "exception"]);

export async function mount(root, rpc, place) {
  const view = new LogView(rpc, place.query);
  replace(root, pageHead("Logs", { lead: view.lead, tools: view.tools }), view.toolbar, view.frame, view.state);
  rpc.on("online", () => view.read());
  rpc.every(EVERY_SECONDS, () => view.read());
  await view.read();
}

class LogView {
  #rpc;
  #cursor = null;
  #lines = [];
  #fresh = [];
  #reading = false;
  #paused = false;
  #broken = false;
  #numbered = 0;
  #level;
  #text;
  #wrap = h("input", { type: "checkbox", checked: true });
  #pause = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.#toggle() }, "Pause");
  #list = h("ol", { class: "lines" });
  lead = h("span", {}, "What the daemon writes about itself. Secrets were taken out when it was written.");
  frame = h("div", { class: "log-frame", tabindex: "0", role: "log", "aria-live": "off", "aria-label": "Log" }, loading());
  state = h("p", { class: "muted", role: "status" });

  constructor(rpc, query) {
    this.#rpc = rpc;
    this.#level = h("select", {}, CHOICES.map(([value, words]) => h("option", { value, selected: value === (query.get("level") ?? "") }, words)));
    this.#text = h("input", { type: "search", value: query.get("search") ?? "", placeholder: "Words, a logger, a trace …" });
    for (const control of [this.#level, this.#text]) control.addEventListener("input", () => this.#filter());
    this.#wrap.addEventListener("change", () => this.frame.classList.toggle("unwrapped", !this.#wrap.checked));
  }

  get tools() {
    return [this.#pause, button("Copy", () => this.#copy())];
  }

  get toolbar() {
    return h("div", { class: "toolbar" }, field("Search", this.#text), field("Level", this.#level), h("label", { class: "check" }, this.#wrap, "Wrap long lines"));
  }

  async read() {
    if (this.#reading) return;
    this.#reading = true;
    try {
      const asked = this.#cursor === null ? { limit: FIRST } : { cursor: this.#cursor };
      const found = await this.#rpc.call("logs.tail", asked);
      this.#take(found, this.#cursor === null);
    } catch (error) {
      if (error.code !== "OFFLINE") replace(this.frame, ((this.#broken = true), failure(error, () => this.read())));
    } finally {
      this.#reading = false;
    }
  }

  /* The cursor is the house's: where it says that the log began anew, or that lines were left out, so does the page. */
  #take({ cursor, lines, reset, truncated }, first) {
    this.#cursor = cursor;
    if (this.#broken) this.#draw([]);
    this.#broken = false;
    const marks = [];
    if (reset) marks.push({ mark: "The log was put aside here; a new one begins." });
    if (truncated && !first) marks.push({ mark: "Lines were left out here: more was written than is read at once." });
    const added = [...marks, ...lines.map(parsed)].map((line) => ({ ...line, number: this.#numbered++ }));
    if (this.#paused) {
      this.#fresh = [...this.#fresh, ...added].slice(-KEPT);
      this.#tell();
    } else if (added.length || first) this.#add(added);
  }

  #add(added) {
    this.#lines = [...this.#lines, ...added].slice(-KEPT);
    this.#draw(added.filter((line) => this.#matches(line)));
  }

  #toggle() {
    this.#paused = !this.#paused;
    this.#pause.setAttribute("aria-pressed", String(this.#paused));
    replace(this.#pause, this.#paused ? "Go on" : "Pause");
    if (!this.#paused) this.#add(this.#fresh.splice(0));
    this.#tell();
  }

  #filter() {
    note(address("logs", [], { level: this.#level.value, search: this.#text.value.trim() }));
    replace(this.#list);
    this.#draw(this.#lines.filter((line) => this.#matches(line)));
  }

  #matches(line) {
    if (line.mark) return true;
    const wanted = this.#text.value.trim().toLowerCase();
    if (this.#level.value && LEVELS.indexOf(line.level) < LEVELS.indexOf(this.#level.value)) return false;
    return !wanted || line.raw.toLowerCase().includes(wanted);
  }

  /* What is shown already stays as it is, so that what a person has unfolded or marked is not taken away. */
  #draw(added) {
    const { frame } = this;
    const follow = frame.scrollHeight - frame.scrollTop - frame.clientHeight < 60;
    this.#list.append(...added.slice(-SHOWN).map(row));
    while (this.#list.childElementCount > SHOWN) this.#list.firstElementChild.remove();
    const any = this.#list.childElementCount > 0;
    if (any && !this.#list.isConnected) replace(frame, this.#list);
    if (!any) replace(frame, h("p", { class: "empty" }, this.#lines.length ? "No line matches." : "Nothing has been written yet."));
    if (follow) frame.scrollTop = frame.scrollHeight;
    this.#tell();
  }

  #tell() {
    const found = this.#lines.filter((line) => !line.mark && this.#matches(line)).length;
    const shown = `${found > SHOWN ? `The newest ${SHOWN} of ${plural(found, "line")}` : plural(found, "line")}`;
    replace(this.state, this.#paused ? `${shown}. Paused; ${plural(this.#fresh.length, "new line")} waiting.` : `${shown}, followed live.`);
  }

  async #copy() {
    const lines = this.#lines.filter((line) => !line.mark && this.#matches(line)).slice(-SHOWN);
    if (!navigator.clipboard) throw new Error("This browser lets a page copy only over https or on the same machine; mark the lines and copy them.");
    await navigator.clipboard.writeText(lines.map((line) => line.raw).join("\n"));
    toast(`${plural(lines.length, "line")} copied.`);
  }
}

/* A line as JSON, or as it is where somebody else wrote it. */
export function parsed(raw) {
  try {
    const said = JSON.parse(raw);
    if (said === null || typeof said !== "object" || Array.isArray(said)) return { raw, level: "", event: raw, more: [] };
    const more = Object.entries(said).filter(([name]) => !OWN.has(name));
    return { raw, level: String(said.level ?? ""), time: said.time, logger: String(said.logger ?? ""), event: String(said.event ?? ""), exception: said.exception, more };
  } catch {
    return { raw, level: "", event: raw, more: [] };
  }
}

function row(line) {
  if (line.mark) return h("li", { class: "line-mark" }, line.mark);
  const head = [
    h("time", { title: line.time ? exact(line.time) : null }, clock(line.time)),
    line.level ? chip(line.level, TONES[line.level]) : null,
    h("span", { class: "line-logger" }, (line.logger ?? "").replace(/^openclaw\./, "")),
    h("span", { class: "line-event" }, line.event),
  ];
  if (!line.more.length && !line.exception) return h("li", { class: "line", "data-tone": TONES[line.level] }, h("div", { class: "line-head" }, head));
  return h(
    "li",
    { class: "line", "data-tone": TONES[line.level] },
    h(
      "details",
      {},
      h("summary", { class: "line-head" }, head),
      line.more.length ? h("dl", { class: "inputs" }, line.more.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, typeof value === "string" ? value : JSON.stringify(value))))) : null,
      line.exception ? h("pre", { class: "code", tabindex: "0" }, String(line.exception)) : null,
    ),
  );
}

function clock(at) {
  const when = new Date(at ?? NaN);
  return Number.isNaN(when.getTime()) ? "" : when.toLocaleTimeString(navigator.language, { hour12: false });
}
