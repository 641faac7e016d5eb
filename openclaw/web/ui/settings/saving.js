/* From what was typed to what is written: tried by the house, looked at by a person, then saved. */

import { h } from "../dom.js";
import { plural } from "../format.js";
import { toast } from "../parts.js";
import { difference, looked } from "../panes.js";

/* A list of what is wrong; `jump(line, column)` where there is a text to jump in. */
export function problemList(problems, jump = null) {
  return h(
    "ul",
    { class: "problems" },
    problems.map((each) =>
      h(
        "li",
        { "data-severity": each.severity },
        each.line ? place(each, jump) : null,
        each.path ? h("span", { class: "mono" }, each.path) : null,
        h("span", {}, each.message),
      ),
    ),
  );
}

function place({ line, column }, jump) {
  const words = `Line ${line}, column ${column}`;
  return jump ? h("button", { type: "button", class: "link", onclick: () => jump(line, column) }, words) : h("span", { class: "muted" }, words);
}

/* `change`: {raw} or {patch}, as texts. Resolves to "saved", "left" or, where somebody else was faster, "stale". */
export async function lookAndSave(rpc, config, change) {
  const tried = await rpc.call("config.check", change);
  const errors = tried.problems.filter((each) => each.severity === "error");
  if (!tried.ok) throw new Error(errors.map((each) => [each.path, each.message].filter(Boolean).join(": ")).join(" "));
  if (!tried.changed.length && tried.raw === config.raw) return toast("Nothing is changed."), "left";
  const shown = h("div", { class: "panel" }, difference(config.raw ?? "", tried.raw), tried.problems.length ? problemList(tried.problems) : null);
  const later = tried.restartKeys ?? [];
  if (later.length) shown.append(h("p", { class: "muted" }, `${named(later)} ${later.length === 1 ? "counts" : "count"} after a restart.`));
  const sure = await looked("Save this to the config file?", shown, { yes: "Save", detail: config.path });
  if (!sure) return "left";
  try {
    if (change.raw === undefined) await rpc.call("config.patch", { raw: change.patch, baseHash: config.hash });
    else await rpc.call("config.set", { raw: change.raw, baseHash: config.hash });
  } catch (error) {
    const now = await rpc.call("config.get");
    if (now.hash === config.hash) throw error;
    toast(new Error("The file has changed meanwhile, so nothing was written. What you changed is kept: look at it again."));
    return "stale";
  }
  toast(later.length ? `Saved. ${named(later)} ${later.length === 1 ? "counts" : "count"} after a restart.` : "Saved. It counts from now on.");
  return "saved";
}

function named(keys) {
  return `${keys.slice(0, 6).join(", ")}${keys.length > 6 ? ` and ${keys.length - 6} more` : ""}`;
}

/* What the daemon does not know of yet. `config`: as config.get tells it. */
export function pendingNotice(config) {
  const waiting = config.restartRequired ?? [];
  if (config.fault) return h("p", { class: "notice", "data-tone": "bad", role: "status" }, `The file is not taken over: ${config.fault}`);
  if (!waiting.length) return null;
  return h(
    "p",
    { class: "notice", "data-tone": "warn", role: "status" },
    h("span", {}, `${named(waiting)} ${waiting.length === 1 ? "waits" : "wait"} for a restart: write /restart in the chat, or run `, h("code", {}, "openclaw service restart"), "."),
  );
}

export function runningProblems(config) {
  if (!config.issues?.length) return null;
  return h("details", { class: "fold", open: true }, h("summary", {}, `${plural(config.issues.length, "remark")} about the config that is in use`), problemList(config.issues));
}

