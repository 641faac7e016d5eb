/* Parts of a page beside each other, the difference of two texts, and what was typed and not saved yet. */

import { hunks, lineDiff } from "./diff.js";
import { h, replace } from "./dom.js";
import { plural } from "./format.js";

/* [[address, words, whether it is shown]] */
export function tabs(label, links) {
  return h("nav", { class: "tabs", "aria-label": label }, links.map(([href, words, current]) => h("a", { href, "aria-current": current ? "page" : null }, words)));
}

/* What was changed, with the lines around it. */
export function difference(before, after) {
  const lines = lineDiff(before, after);
  const found = hunks(lines);
  if (!found.length) return h("p", { class: "muted" }, "Nothing is changed.");
  const gone = lines.filter((line) => line.kind === "gone").length;
  const fresh = lines.filter((line) => line.kind === "new").length;
  const rows = found.flatMap((hunk, place) => [place ? h("tr", { class: "gap" }, h("td", { colspan: "3" }, "⋯")) : null, ...hunk.map(row)]);
  return h(
    "figure",
    { class: "difference" },
    h("figcaption", { class: "muted" }, [gone ? plural(gone, "line") + " taken out" : null, fresh ? plural(fresh, "line") + " added" : null].filter(Boolean).join(", ")),
    h("div", { class: "difference-frame", tabindex: "0" }, h("table", {}, h("tbody", {}, rows))),
  );
}

const SIGNS = { gone: ["−", "taken out: "], new: ["+", "added: "], same: ["", ""] };

function row(line) {
  const [sign, said] = SIGNS[line.kind];
  return h(
    "tr",
    { "data-kind": line.kind },
    h("td", { class: "line-number" }, line.after ?? line.before),
    h("td", { class: "sign", "aria-hidden": "true" }, sign),
    h("td", {}, said && h("span", { class: "unseen" }, said), line.text),
  );
}

/* Work that waits until nobody has typed for a moment; only the last of several is done. */
export function afterTyping(work, ms = 350) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
}

/* A question with something to look at; resolves to whether the person said yes. */
export function looked(question, shown, { yes, detail = null }) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog wide", onclose: () => (dialog.remove(), resolve(dialog.returnValue === "yes")) });
    replace(
      dialog,
      h("h2", {}, question),
      detail && h("p", { class: "muted" }, detail),
      shown,
      h(
        "div",
        { class: "tools" },
        h("button", { type: "button", onclick: () => dialog.close("no") }, "Back"),
        h("button", { type: "button", class: "primary", onclick: () => dialog.close("yes") }, yes),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/* The browser asks before the tab is closed while `unsaved()` is true. */
export function guarded(unsaved) {
  const ask = (event) => unsaved() && event.preventDefault();
  addEventListener("beforeunload", ask);
  return () => removeEventListener("beforeunload", ask);
}
