/* What takes long at this moment, in a line each: what it is, how far, since when. */

import { h, replace } from "./dom.js";
import { elapsed } from "./format.js";

/* The work of one conversation and of the house as a whole; `key`: of the conversation. */
export function workLines(rpc, key) {
  const node = h("div", { class: "works", role: "status" });
  const lines = new Map();

  const remove = (id) => (lines.get(id)?.node.remove(), lines.delete(id));
  const see = (work) => {
    if (work.sessionKey && work.sessionKey !== key) return;
    if (work.phase === "ended") return remove(work.id);
    let line = lines.get(work.id);
    if (!line) {
      line = new Line(work);
      lines.set(work.id, line);
      node.append(line.node);
    }
    line.see(work);
  };
  const read = async () => {
    const { work = [] } = await rpc.call("status").catch(() => ({}));
    const going = new Set(work.map((each) => each.id));
    for (const id of [...lines.keys()]) if (!going.has(id)) remove(id);
    work.forEach(see);
  };

  rpc.on("work", see);
  rpc.on("online", read);
  rpc.every(1, () => lines.forEach((line) => line.tick()));
  rpc.every(30, () => lines.size && read()); // an end may have been missed
  read();
  return node;
}

class Line {
  #since;
  #bar = h("progress", { hidden: true });
  #so = h("span", { class: "muted" });
  #seconds = h("span", { class: "muted seconds", "aria-hidden": "true" });

  constructor(work) {
    // By this machine's clock: that of the house may be another.
    this.#since = Date.now() - Math.max(0, work.ts - work.startedAt);
    this.#bar.setAttribute("aria-label", work.title);
    this.node = h("p", { class: "work" }, h("span", { class: "working" }, work.title), this.#bar, this.#so, this.#seconds);
    this.tick();
  }

  see({ done = 0, total = 0, text = "" }) {
    this.#bar.hidden = !total;
    if (total) [this.#bar.max, this.#bar.value] = [total, done];
    replace(this.#so, [total ? `${done} of ${total}` : "", text].filter(Boolean).join(" · "));
  }

  tick() {
    replace(this.#seconds, elapsed(Date.now() - this.#since));
  }
}
