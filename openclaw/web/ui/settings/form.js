/* The config as a form: what may be changed from here, and beside it what is set on the machine itself. */

import { h, replace } from "../dom.js";
import { plural } from "../format.js";
import { button, confirmed, field as labelled } from "../parts.js";
import { address } from "../place.js";
import { control, fallbackWords } from "./controls.js";
import { lookAndSave } from "./saving.js";
import { groupsOf, patchOf, withHeadings } from "./schema.js";

/* What was changed and not saved: dotted key → [path, value]. It outlives a look at another group. */
export const changes = new Map();

/* `saved()` is called once something was written, to read it all again. */
export function form(root, rpc, config, described, chosen, saved) {
  const groups = groupsOf(described, config.parsed ?? {}, config.config);
  const group = groups.find((each) => each.name === chosen) ?? groups[0];
  const bar = h("div", { class: "save-bar", role: "status" });
  const list = h("ul", { class: "rows groups" });
  const draw = () => {
    replace(list, groups.map((each) => h("li", {}, groupRow(each, each === group))));
    bar.hidden = changes.size === 0;
    replace(bar, h("p", {}, `${plural(changes.size, "change")} not saved`), button("Discard", discard, { class: "quiet" }), button("Look at it and save", save, { class: "primary" }));
  };
  const save = async () => {
    const written = await lookAndSave(rpc, config, { patch: JSON.stringify(patchOf(changes.values())) });
    if (written === "saved") changes.clear();
    if (written !== "left") await saved();
  };
  const discard = async () => {
    if (!(await confirmed("Discard what you changed?", { yes: "Discard", danger: true }))) return;
    changes.clear();
    await saved();
  };
  const change = (each, value) => {
    const same = JSON.stringify(value) === JSON.stringify(each.value) || (value === null && !each.set);
    if (same) changes.delete(each.key);
    else changes.set(each.key, [each.path, value]);
    draw();
  };
  draw();
  replace(root, h("div", { class: "split settings chosen" }, list, h("div", { class: "panel" }, groupForm(group, change), bar)));
}

function groupRow(group, current) {
  const open = group.fields.filter((each) => changes.has(each.key)).length;
  return h(
    "a",
    { class: "row", href: address("settings", ["form", group.name]), "aria-current": current ? "true" : null },
    h("strong", {}, group.title),
    h("span", { class: "muted side-note" }, open ? `${open} not saved` : ""),
  );
}

function groupForm(group, change) {
  const mine = parts(group.fields, (each) => each.editable);
  const others = parts(group.fields, (each) => !each.editable);
  return [
    h("h2", {}, group.title),
    group.help ? h("p", { class: "muted" }, group.help) : null,
    mine.length ? h("div", { class: "fields settings-fields" }, mine.map((each) => (each.kind === "heading" ? heading(each) : shown(each, change)))) : h("p", { class: "muted" }, "Nothing here can be changed from a browser."),
    others.length ? machine(group, others, mine.length === 0) : null,
  ];
}

/* The fields that are wanted, with the headings above them. */
function parts(fields, wanted) {
  return withHeadings(fields.filter((each) => each.kind === "heading" || wanted(each)));
}

function heading(each) {
  return h("div", { class: "field-heading" }, h("h3", {}, each.label), each.help ? h("p", { class: "muted" }, each.help) : null);
}

function shown(each, change) {
  if (each.kind === "other") {
    return h("div", { class: "field" }, h("span", {}, each.label), h("p", { class: "muted" }, each.set ? h("code", {}, JSON.stringify(each.value)) : "not set", " · ", h("a", { href: "#/settings/file" }, "change it in the file")), each.help ? h("small", {}, each.help) : null);
  }
  const value = changes.has(each.key) ? settled(changes.get(each.key)[1]) : each.value;
  const made = control(each, value, (now) => change(each, now));
  if (each.kind !== "map") return labelled(each.label, made, each.help || null);
  return h("fieldset", { class: "field" }, h("legend", {}, each.label), made, each.help ? h("small", {}, each.help) : null);
}

/* A map’s change names what it takes away by null; a form shows what stays. */
function settled(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
}

/* What names programs, paths, addresses, secrets or people is not for a browser to change. */
function machine(group, fields, open) {
  return h(
    "details",
    { class: "fold machine", open },
    h("summary", {}, "Set on the machine itself"),
    h("p", { class: "muted" }, "What names programs, folders, addresses, secrets or people is changed in the file, or with ", h("code", {}, `openclaw config set ${group.name}.…`)),
    h("dl", { class: "inputs" }, fields.map((each) => (each.kind === "heading" ? h("div", { class: "inputs-heading" }, h("dt", {}, each.label), h("dd", {})) : h("div", {}, h("dt", { title: each.help || null }, each.path.slice(1).join(".") || each.label), h("dd", {}, said(each)))))),
  );
}

function said(each) {
  if (each.sensitive) return each.set || (each.running !== null && each.running !== "") ? "set, not shown" : h("span", { class: "muted" }, "not set");
  if (!each.set) return h("span", { class: "muted" }, fallbackWords(each));
  if (Array.isArray(each.value) && each.value.every((item) => typeof item !== "object")) return each.value.join(", ");
  return typeof each.value === "object" ? h("code", {}, JSON.stringify(each.value)) : String(each.value);
}
