/* The Markdown files of an agent's workspace: read, written, and never written over somebody else's change unseen. */

import { h, replace } from "../dom.js";
import { ago, count, exact } from "../format.js";
import { button, confirmed, failure, loading, toast } from "../parts.js";
import { difference, guarded } from "../panes.js";
import { address } from "../place.js";

const LARGEST = 1 << 20;
const ABOUT = {
  "AGENTS.md": "How the agent works: its standing instructions.",
  "SOUL.md": "Its character and tone.",
  "TOOLS.md": "Notes on your tools and machines.",
  "USER.md": "Who you are.",
  "IDENTITY.md": "Its name, and how it presents itself.",
  "MEMORY.md": "What it keeps in mind; shown to it in private chats only.",
  "HEARTBEAT.md": "What it looks after from time to time.",
  "BOOTSTRAP.md": "What it does at the very first conversation.",
};

/* What was typed and not saved, by agent and file: {content, base}. It outlives a look at another page. */
const drafts = new Map();

export async function files(root, rpc, agent, name) {
  const { files: rows, workspace } = await rpc.call("agents.files.list", { agentId: agent.id });
  const chosen = name ?? null;
  const list = h("ul", { class: "rows files" }, rows.map((row) => h("li", {}, fileRow(row, agent, chosen))));
  const pane = h("section", { class: "panel file", "aria-label": chosen ?? "File" }, chosen ? loading() : h("p", { class: "muted" }, `Choose a file. They lie in ${workspace}.`));
  replace(root, h("div", { class: chosen ? "split chosen" : "split" }, list, pane));
  if (!chosen) return;
  const editor = new Editor(pane, rpc, agent, chosen);
  await editor.read();
  return guarded(() => drafts.size > 0);
}

function fileRow(row, agent, chosen) {
  return h(
    "a",
    { class: "row", href: address("agents", [agent.id, "files", row.name]), "aria-current": row.name === chosen ? "true" : null },
    h("strong", {}, row.name),
    h("span", { class: "muted side-note" }, drafts.has(`${agent.id}/${row.name}`) ? "not saved" : row.missing ? "–" : bytes(row.size)),
    h("span", { class: "muted" }, ABOUT[row.name] ?? ""),
  );
}

function bytes(size) {
  return size < 10_000 ? `${count(size)} B` : `${count(Math.round(size / 1024))} KB`;
}

class Editor {
  #root;
  #rpc;
  #agent;
  #name;
  #file = null;
  #area = h("textarea", { class: "manuscript", spellcheck: "true", oninput: () => this.#typed() });
  #save = button("Save", () => this.#write(this.#base), { class: "primary" });
  #undo = button("Discard changes", () => this.#discard(), { class: "quiet" });
  #told = h("p", { class: "muted", role: "status" });
  #trouble = h("div", { class: "panel" });
  #base = "";

  constructor(root, rpc, agent, name) {
    [this.#root, this.#rpc, this.#agent, this.#name] = [root, rpc, agent, name];
    this.#area.setAttribute("aria-label", name);
    this.#area.readOnly = !rpc.may("operator.admin");
  }

  get #key() {
    return `${this.#agent.id}/${this.#name}`;
  }

  async read() {
    try {
      ({ file: this.#file } = await this.#rpc.call("agents.files.get", { agentId: this.#agent.id, name: this.#name }));
    } catch (error) {
      return replace(this.#root, failure(error, () => this.read()));
    }
    const draft = drafts.get(this.#key);
    this.#base = draft?.base ?? this.#file.hash ?? "";
    this.#area.value = draft?.content ?? this.#file.content ?? "";
    this.#area.placeholder = this.#file.missing ? "This file is not there yet. What you write here begins it." : "";
    const mayWrite = this.#rpc.may("operator.admin");
    replace(
      this.#root,
      h("p", { class: "back" }, h("a", { href: address("agents", [this.#agent.id, "files"]) }, "← All files")),
      h("header", { class: "thread-head" }, h("h2", {}, this.#name), h("span", { class: "muted" }, this.#file.missing ? "not there yet" : h("time", { title: exact(this.#file.updatedAtMs) }, `changed ${ago(this.#file.updatedAtMs)}`))),
      this.#area,
      this.#trouble,
      h("div", { class: "save-bar" }, this.#told, mayWrite ? [this.#undo, this.#save] : null),
    );
    if (draft && draft.base !== (this.#file.hash ?? "")) this.#conflict();
    this.#tell();
  }

  get #changed() {
    return this.#area.value !== (this.#file.content ?? "");
  }

  #typed() {
    if (this.#changed) drafts.set(this.#key, { content: this.#area.value, base: this.#base });
    else drafts.delete(this.#key);
    this.#tell();
  }

  #tell() {
    const size = new TextEncoder().encode(this.#area.value).length;
    const tooLarge = size > LARGEST;
    const cut = this.#area.value.length > this.#agent.inPrompt;
    this.#save.disabled = !this.#changed || tooLarge;
    this.#undo.hidden = !this.#changed;
    this.#told.dataset.tone = tooLarge ? "bad" : "";
    const words = [`${count(this.#area.value.length)} characters`];
    if (tooLarge) words.push(`a file takes ${count(LARGEST)} bytes at most, and this has ${count(size)}`);
    else if (cut) words.push(`the model is given ${count(this.#agent.inPrompt)} of them: the middle is left out`);
    replace(this.#told, words.join(" · "));
  }

  async #write(base) {
    try {
      const { file } = await this.#rpc.call("agents.files.set", { agentId: this.#agent.id, name: this.#name, content: this.#area.value, baseHash: base });
      this.#saved(file);
      toast(`${this.#name} is saved. It counts from the next message on.`);
    } catch (error) {
      const { file } = await this.#rpc.call("agents.files.get", { agentId: this.#agent.id, name: this.#name }).catch(() => ({ file: null }));
      if (!file || (file.hash ?? "") === base) throw error;
      this.#file = file;
      this.#conflict();
    }
  }

  #saved(file) {
    this.#file = file;
    this.#base = file.hash ?? "";
    drafts.delete(this.#key);
    replace(this.#trouble);
    this.#typed();
  }

  /* Somebody, the agent itself for instance, has written the file since it was read here. */
  #conflict() {
    const theirs = this.#file.content ?? "";
    replace(
      this.#trouble,
      h(
        "div",
        { class: "notice", "data-tone": "warn", role: "alert" },
        h("p", {}, `${this.#name} has changed meanwhile, so nothing was saved. Below: from what stands in the file now to your text.`),
        h(
          "div",
          { class: "tools" },
          button("Take the file’s text", () => this.#saved(this.#take(theirs))),
          button("Save mine over it", () => this.#over(), { class: "danger" }),
        ),
      ),
      difference(theirs, this.#area.value),
    );
  }

  #take(theirs) {
    this.#area.value = theirs;
    return this.#file;
  }

  async #over() {
    const sure = await confirmed(`Save your text over ${this.#name}?`, { yes: "Save mine", danger: true, detail: "What was written there meanwhile is gone." });
    if (sure) await this.#write(this.#file.hash ?? "");
  }

  async #discard() {
    if (!(await confirmed("Discard what you typed?", { yes: "Discard", danger: true }))) return;
    drafts.delete(this.#key);
    replace(this.#trouble);
    await this.read();
  }
}
