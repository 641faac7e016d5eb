/* The config file’s own text, tried by the house while it is typed. */

import { h, replace } from "../dom.js";
import { plural } from "../format.js";
import { button, confirmed, empty } from "../parts.js";
import { afterTyping, difference } from "../panes.js";
import { lookAndSave, problemList } from "./saving.js";

/* What was typed and not saved: {text, base, raw}. */
export const draft = { now: null };

export function file(root, rpc, config, saved) {
  if (config.exists && config.raw === null) {
    return replace(root, empty("The file cannot be read as JSON5.", `Until ${config.path} is mended on the machine, the daemon runs with what it read before. See: openclaw config check`));
  }
  return new TextEditor(root, rpc, config, saved);
}

class TextEditor {
  #rpc;
  #config;
  #saved;
  #asked = 0;
  #sound = true;
  #area = h("textarea", { class: "manuscript code", spellcheck: "false", wrap: "off", "aria-label": "The config file", autocapitalize: "off", autocomplete: "off", oninput: () => this.#typed(), onscroll: () => this.#follow() });
  #numbers = h("pre", { class: "line-numbers", "aria-hidden": "true" });
  #told = h("p", { class: "muted", role: "status" });
  #problems = h("div", { "aria-live": "polite" });
  #save = button("Look at it and save", () => this.#write(), { class: "primary" });
  #undo = button("Discard changes", () => this.#discard(), { class: "quiet" });
  #check;

  constructor(root, rpc, config, saved) {
    [this.#rpc, this.#config, this.#saved] = [rpc, config, saved];
    this.#area.value = draft.now?.text ?? config.raw ?? "";
    this.#check = afterTyping(() => this.#try(), 400);
    replace(
      root,
      h("p", { class: "muted" }, "Secrets are shown as ***; left so, they stay as they are. Comments stay. What names programs, folders, addresses, secrets or people is changed on the machine itself."),
      draft.now && draft.now.base !== config.hash ? this.#stale() : null,
      h("div", { class: "sheet" }, this.#numbers, this.#area),
      h("div", { class: "save-bar" }, this.#told, this.#undo, this.#save, this.#problems),
    );
    this.#tell();
    if (this.#changed) this.#try();
  }

  get #changed() {
    return this.#area.value !== (this.#config.raw ?? "");
  }

  #typed() {
    if (this.#changed) draft.now = { text: this.#area.value, base: draft.now?.base ?? this.#config.hash, raw: draft.now?.raw ?? this.#config.raw };
    else draft.now = null;
    this.#sound = false;
    this.#tell();
    this.#check();
  }

  async #try() {
    const mine = ++this.#asked;
    if (!this.#changed) return (this.#sound = true), replace(this.#problems), this.#tell();
    try {
      const tried = await this.#rpc.call("config.check", { raw: this.#area.value });
      if (mine !== this.#asked) return;
      this.#sound = tried.ok;
      replace(this.#problems, tried.problems.length ? problemList(tried.problems, (line, column) => this.#jump(line, column)) : null);
      this.#tell(tried);
    } catch (error) {
      if (mine === this.#asked) replace(this.#problems, h("p", { class: "notice", "data-tone": "bad" }, error.message));
    }
  }

  #tell(tried = null) {
    // An end of the last line begins none.
    const lines = this.#area.value.replace(/\n$/, "").split("\n").length;
    if (this.#numbers.dataset.lines !== String(lines)) {
      this.#numbers.dataset.lines = lines;
      this.#numbers.textContent = Array.from({ length: lines }, (_, place) => place + 1).join("\n");
    }
    const wrong = tried?.problems.filter((each) => each.severity === "error").length ?? 0;
    this.#save.disabled = !this.#changed || !this.#sound;
    this.#undo.hidden = !this.#changed;
    const words = !this.#changed ? `${plural(lines, "line")}, as saved` : tried === null ? "Looking it over…" : wrong ? `${plural(wrong, "thing")} to mend` : tried.changed.length ? `Would change ${tried.changed.slice(0, 4).join(", ")}${tried.changed.length > 4 ? " …" : ""}` : "Only words around the settings differ";
    replace(this.#told, words);
    this.#told.dataset.tone = wrong ? "bad" : "";
  }

  #follow() {
    this.#numbers.scrollTop = this.#area.scrollTop;
  }

  #jump(line, column) {
    const before = this.#area.value.split("\n").slice(0, line - 1).join("\n");
    const at = before.length + (line > 1 ? 1 : 0) + column - 1;
    this.#area.focus();
    const marked = /^(?:"[^"\n]*"|'[^'\n]*'|[\w$]+|.)/.exec(this.#area.value.slice(at))?.[0].length ?? 0;
    this.#area.setSelectionRange(at, at + marked);
    const height = this.#area.scrollHeight / this.#area.value.split("\n").length;
    this.#area.scrollTop = Math.max(0, (line - 5) * height);
  }

  /* Written by somebody else since this draft was begun. */
  #stale() {
    return h(
      "details",
      { class: "notice stale", "data-tone": "warn", open: true },
      h("summary", {}, "The file has changed since you began to type. What you typed is kept; this is what changed in the file meanwhile. Saving writes your text over it."),
      difference(draft.now.raw ?? "", this.#config.raw ?? ""),
    );
  }

  async #write() {
    const written = await lookAndSave(this.#rpc, this.#config, { raw: this.#area.value });
    if (written === "saved") draft.now = null;
    if (written !== "left") await this.#saved();
  }

  async #discard() {
    if (!(await confirmed("Discard what you typed?", { yes: "Discard", danger: true }))) return;
    draft.now = null;
    await this.#saved();
  }
}
