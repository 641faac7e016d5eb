/* One control for each kind of field. `control(field, value, change)`: value null is “as it is without the file”. */

import { h, replace } from "../dom.js";
import { mapPatch } from "./schema.js";

const YES_NO = [["true", "yes"], ["false", "no"]];

export function control(field, value, change) {
  switch (field.kind) {
    case "choice":
      return picker(field, field.options.map((each) => [String(each), String(each)]), value, (text) => change(text === "" ? null : field.options.find((each) => String(each) === text)));
    case "yes-no":
      return picker(field, YES_NO, value, (text) => change(text === "" ? null : text === "true"));
    case "integer":
    case "number":
      return number(field, value, change);
    case "lines":
      return lines(field, value, change);
    case "map":
      return map(field, value, change);
    default:
      return line(field, value, change);
  }
}

/* What holds where the file says nothing. */
export function fallbackWords({ kind, fallback }) {
  if (kind === "yes-no") return fallback === true ? "yes" : fallback === false ? "no" : "not set";
  if (fallback === null || fallback === "" || (typeof fallback === "object" && !Object.keys(fallback).length)) return "not set";
  if (Array.isArray(fallback)) return fallback.join(", ");
  return typeof fallback === "object" ? JSON.stringify(fallback) : String(fallback);
}

function picker(field, options, value, change) {
  const chosen = value === null ? "" : String(value);
  const select = h("select", { onchange: () => change(select.value) }, [["", `default (${fallbackWords(field)})`], ...options].map(([each, words]) => h("option", { value: each, selected: each === chosen }, words)));
  return select;
}

function number(field, value, change) {
  const input = h("input", {
    type: "number", value, step: field.kind === "integer" ? "1" : "any", min: field.min, max: field.max, placeholder: fallbackWords(field),
    oninput: () => input.validity.badInput || change(input.value === "" ? null : Number(input.value)),
  });
  return input;
}

function line(field, value, change) {
  const input = h("input", { type: "text", value, placeholder: fallbackWords(field), spellcheck: "false", autocomplete: "off", oninput: () => change(input.value === "" ? null : input.value) });
  return input;
}

function lines(field, value, change) {
  const area = h("textarea", {
    rows: String(Math.max(2, Math.min(8, (value ?? []).length + 1))), value: (value ?? []).join("\n"), placeholder: `${fallbackWords(field)}\none a line`, spellcheck: "false",
    oninput: () => {
      const found = area.value.split("\n").map((each) => each.trim()).filter(Boolean);
      change(found.length ? found : null);
    },
  });
  return area;
}

/* Names and values; a row without a name counts for nothing. */
function map(field, value, change) {
  const rows = Object.entries(value ?? {}).map(([name, each]) => [name, each]);
  const root = h("div", { class: "map" });
  const tell = () => {
    const now = Object.fromEntries(rows.filter(([name, each]) => name.trim() && each !== "").map(([name, each]) => [name.trim(), each]));
    change(Object.keys(now).length ? mapPatch(field.value, now) : null);
  };
  const draw = () => replace(root, rows.map(row), h("button", { type: "button", onclick: () => (rows.push(["", field.options?.[0] ?? ""]), draw(), root.querySelector(".map-row:last-of-type input")?.focus()) }, "Add"));
  const row = (each, place) => {
    const name = h("input", { type: "text", value: each[0], "aria-label": `${field.label}: name`, placeholder: "name", oninput: () => ((each[0] = name.value), tell()) });
    return h(
      "div",
      { class: "map-row" },
      name,
      cell(field, each, tell),
      h("button", { type: "button", class: "quiet", "aria-label": `Remove ${each[0] || "this row"}`, onclick: () => (rows.splice(place, 1), draw(), tell()) }, "Remove"),
    );
  };
  draw();
  return root;
}

function cell(field, each, tell) {
  if (field.options) {
    const select = h("select", { "aria-label": `${field.label}: value`, onchange: () => ((each[1] = select.value), tell()) }, field.options.map((option) => h("option", { value: option, selected: option === each[1] }, option)));
    return select;
  }
  const numeric = field.of !== "string";
  const input = h("input", {
    type: numeric ? "number" : "text", value: each[1], "aria-label": `${field.label}: value`, placeholder: "value",
    oninput: () => ((each[1] = numeric && input.value !== "" ? Number(input.value) : input.value), tell()),
  });
  return input;
}
