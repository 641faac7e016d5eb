/* What pages have in common to show. */

import { h, replace } from "./dom.js";

/* The head of a page: its <h1>, a line under it, and what can be done. */
export function pageHead(title, { lead = null, tools = [] } = {}) {
  return h(
    "header",
    { class: "page-head" },
    h("div", {}, h("h1", {}, title), lead && h("p", { class: "lead" }, lead)),
    tools.length ? h("div", { class: "tools" }, tools) : null,
  );
}

export function loading(words = "Loading…") {
  return h("p", { class: "loading", role: "status" }, words);
}

export function empty(words, hint = null) {
  return h("div", { class: "empty" }, h("p", {}, words), hint && h("p", { class: "muted" }, hint));
}

/* An error in the place of what could not be shown. */
export function failure(error, retry = null) {
  return h(
    "div",
    { class: "notice", "data-tone": "bad", role: "alert" },
    h("p", {}, error.message ?? String(error)),
    retry && h("button", { onclick: () => retry() }, "Try again"),
  );
}

/* tone: good, bad, warn, accent or none. */
export function chip(words, tone = null) {
  return h("span", { class: "chip", "data-tone": tone }, words);
}

export function button(words, work, props = {}) {
  const made = h("button", { type: "button", ...props, onclick: () => busy(made, work) }, words);
  return made;
}

/* Not to be pressed again until the work is done; what goes wrong is said. */
export async function busy(pressed, work) {
  pressed.disabled = true;
  pressed.dataset.busy = "";
  try {
    await work();
  } catch (error) {
    toast(error);
  } finally {
    pressed.disabled = false;
    delete pressed.dataset.busy;
    // What is switched off loses the focus, and a keyboard its place.
    if (document.activeElement === document.body && pressed.isConnected) pressed.focus({ preventScroll: true });
  }
}

/* A label over its control, with a hint under it. */
export function field(label, control, hint = null) {
  return h("label", { class: "field" }, h("span", {}, label), control, hint && h("small", {}, hint));
}

/* rows of [name, value]; those without a value are left out. */
export function facts(rows) {
  const told = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, told.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/* columns: [{title, cell: row => child, number?: true, main?: true}]; `link(row)` makes the main cell an address. */
export function table(columns, rows, { link = null, caption = null } = {}) {
  const cell = (column, row) => {
    const shown = column.cell(row);
    const inside = column.main && link ? h("a", { href: link(row) }, shown) : shown;
    return h(column.main ? "th" : "td", { scope: column.main ? "row" : null, class: column.number ? "number" : null, "data-title": column.title }, inside);
  };
  return h(
    "div",
    { class: "table-frame" },
    h(
      "table",
      { class: "list" },
      caption && h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.number ? "number" : null }, column.title)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, columns.map((column) => cell(column, row))))),
    ),
  );
}

const MOST_TOASTS = 3;
let shelf = null;

/* A word that passes: of an Error it is told as one. */
export function toast(words) {
  const bad = words instanceof Error;
  shelf ??= h("div", { class: "toasts", role: "status", "aria-live": "polite" });
  if (!shelf.isConnected) document.body.append(shelf);
  const said = h("p", { class: "toast", "data-tone": bad ? "bad" : null }, bad ? words.message : words);
  shelf.append(said);
  while (shelf.childElementCount > MOST_TOASTS) shelf.firstElementChild.remove();
  setTimeout(() => said.remove(), bad ? 9000 : 5000);
}

/* Resolves to whether the person said yes. */
export function confirmed(question, { yes = "Yes", detail = null, danger = false } = {}) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "dialog", onclose: () => (dialog.remove(), resolve(dialog.returnValue === "yes")) },
      h("h2", {}, question),
      detail && h("p", {}, detail),
      h(
        "div",
        { class: "tools" },
        h("button", { type: "button", onclick: () => dialog.close("no") }, "Cancel"),
        h("button", { type: "button", class: danger ? "danger" : "primary", onclick: () => dialog.close("yes") }, yes),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/* Work that is read again and again into one place: only the newest reading counts. */
export function panel(read, draw) {
  const root = h("div", { class: "panel" }, loading());
  let turn = 0;
  const refresh = async () => {
    const mine = ++turn;
    try {
      const found = await read();
      if (mine === turn) replace(root, draw(found));
    } catch (error) {
      if (mine === turn) replace(root, failure(error, refresh));
    }
  };
  return { root, refresh };
}
