/* What is read again and again, shown with as few changes as can be. */

import { h, replace, sync } from "./dom.js";
import { ago, duration, exact } from "./format.js";

/* A row that has not changed keeps its node, and with it the focus and what a person has unfolded. */
export class Kept {
  #nodes = new Map();

  /* In `list` one node for each row; `made(row)` where it is new or has changed. */
  show(list, rows, key, made) {
    const fresh = new Map();
    let held = null;
    for (const row of rows) {
      const said = JSON.stringify(row);
      const before = this.#nodes.get(key(row));
      const stays = before?.said === said;
      const one = stays ? before : { said, node: made(row) };
      if (!stays && before) held ??= handOver(before.node, one.node);
      fresh.set(key(row), one);
    }
    this.#nodes = fresh;
    sync(list, [...fresh.values()].map((each) => each.node));
    held?.focus({ preventScroll: true });
  }
}

/* `children` take the place of what `list` holds; the link that had the focus has it again. */
export function exchange(list, ...children) {
  const had = list.contains(document.activeElement) && document.activeElement.getAttribute("href");
  replace(list, ...children);
  if (had) [...list.querySelectorAll("a")].find((each) => each.getAttribute("href") === had)?.focus({ preventScroll: true });
}

/* `read` for a page that hears of many changes: one at a time, a breath after each, and none that comes meanwhile is
 * left unread. */
export function calmly(read, seconds = 1) {
  let busy = false;
  let again = false;
  return async () => {
    again = true;
    if (busy) return;
    busy = true;
    try {
      while (again) {
        again = false;
        await read();
        await new Promise((breathed) => setTimeout(breathed, seconds * 1000));
      }
    } finally {
      busy = false;
    }
  };
}

/* The control in `after` that is what had the focus, or was pressed, in `before`. */
function handOver(before, after) {
  const had = before.contains(document.activeElement) ? document.activeElement : before.querySelector("[data-busy]");
  const name = had && nameOf(had);
  return had && [...after.querySelectorAll("a, button, input, summary")].find((each) => nameOf(each) === name);
}

function nameOf(control) {
  return `${control.tagName} ${control.getAttribute("aria-label") ?? control.textContent}`;
}

/* Where what was pressed is there no more: the keyboard begins at the head of the page. */
export function refocus(root) {
  if (document.activeElement !== document.body) return;
  const heading = root.querySelector("h1");
  if (heading) heading.tabIndex = -1;
  heading?.focus({ preventScroll: true });
}

/* "2 min. ago", which tick() keeps true. */
export function since(at) {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return null;
  return h("time", { datetime: when.toISOString(), title: exact(when), "data-since": when.getTime() }, ago(when));
}

/* "9 min", "1 min 20 s", which tick() counts down. */
export function left(until) {
  const end = new Date(until).getTime();
  return h("time", { datetime: new Date(end).toISOString(), title: exact(end), "data-until": end }, remaining(end));
}

export function tick(root) {
  for (const node of root.querySelectorAll("[data-since]")) say(node, ago(Number(node.dataset.since)));
  for (const node of root.querySelectorAll("[data-until]")) say(node, remaining(Number(node.dataset.until)));
}

function remaining(end, now = Date.now()) {
  const ms = end - now;
  if (ms <= 0) return "over";
  return ms > 120_000 ? duration(Math.ceil(ms / 60_000) * 60_000).replace(/ 0 (?:s|min)$/, "") : duration(Math.ceil(ms / 1000) * 1000);
}

function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}
