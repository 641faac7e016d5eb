/* What was texted to and fro, by number. */

import { append, h, replace } from "../dom.js";
import { ago, exact, money, plural, time } from "../format.js";
import { button, chip, empty, failure, loading } from "../parts.js";
import { address } from "../place.js";
import { composer } from "./compose.js";

const PAGE = 40;
const LOOK_SECONDS = 8;

export async function texts(root, rpc, house, number, notSetUp) {
  const list = h("div", { class: "panel threads" }, loading());
  const pane = h("section", { class: "panel thread", "aria-label": number ? `Texts with ${number}` : "Texts" });
  const thread = number ? new Thread(pane, rpc, house, number) : null;
  let shown = "";
  const read = async () => {
    try {
      const { threads } = await rpc.call("phone.threads", { limit: 200 });
      const now = JSON.stringify([threads, Math.floor(Date.now() / 60_000)]);
      if (now === shown) return;
      shown = now;
      if (!threads.length && !number) {
        replace(root, house.texting.length ? empty("No text has come or gone yet.", `Texts to ${house.texting[0].number || "your number"} will be here.`) : notSetUp());
        return;
      }
      replace(list, h("ul", { class: "rows" }, threads.map((each) => h("li", {}, threadRow(each, house, number)))));
      if (!root.contains(list)) replace(root, h("div", { class: number ? "split chosen" : "split" }, list, pane));
    } catch (error) {
      replace(list, failure(error, read));
      if (!root.contains(list)) replace(root, list);
    }
  };
  await read();
  if (thread) await thread.start();
  else replace(pane, h("p", { class: "muted" }, "Choose a number to read what was texted."));
  const look = () => Promise.all([read(), thread?.look()]);
  rpc.every(LOOK_SECONDS, look);
  rpc.on("online", look);
}

function threadRow(thread, house, current) {
  return h(
    "a",
    { class: "row", href: address("phone", ["texts", thread.number]), "aria-current": thread.number === current ? "true" : null },
    h("strong", {}, thread.number),
    h("time", { class: "muted side-note", datetime: thread.at, title: exact(thread.at) }, ago(thread.at)),
    h("span", { class: "muted clip" }, thread.direction === "outbound" ? "You: " : "", thread.body),
    h("span", { class: "side-note" }, house.authorised.has(thread.number) ? null : chip("stranger")),
  );
}

class Thread {
  #root;
  #rpc;
  #house;
  #number;
  #rows = [];
  #before = null;
  #seen = "";
  #log = h("ol", { class: "log texts", "aria-live": "off" });
  #earlier = button("Earlier texts", () => this.#more(), { class: "quiet earlier", hidden: true });

  constructor(root, rpc, house, number) {
    [this.#root, this.#rpc, this.#house, this.#number] = [root, rpc, house, number];
  }

  async start() {
    const known = this.#house.authorised.has(this.#number);
    replace(
      this.#root,
      h("p", { class: "back" }, h("a", { href: "#/phone" }, "← All texts")),
      h("header", { class: "thread-head" }, h("h2", {}, this.#number), known ? chip("authorised", "good") : chip("stranger"), h("a", { href: address("phone", ["calls"], { number: this.#number }) }, "Calls")),
      known ? null : h("p", { class: "muted" }, "What strangers text is kept and, unless your rules say otherwise, not answered."),
      this.#earlier,
      this.#log,
    );
    await this.look();
    const mayWrite = this.#house.texting.length && this.#rpc.may("operator.write");
    if (mayWrite && this.#number.startsWith("+")) append(this.#root, composer(this.#rpc, this.#house, this.#number, () => this.look()));
  }

  /* The newest page again; what was read before it stays. */
  async look() {
    try {
      const { texts: found, before } = await this.#rpc.call("phone.texts", { number: this.#number, limit: PAGE });
      const ids = new Set(found.map((row) => row.id));
      const oldest = found.at(-1)?.place;
      const older = this.#rows.filter((row) => !ids.has(row.id) && oldest !== undefined && row.place < oldest);
      if (!older.length) this.#before = before;
      this.#rows = [...found, ...older];
      this.#draw();
    } catch (error) {
      if (this.#rows.length) return;
      replace(this.#log, h("li", {}, failure(error, () => this.look())));
    }
  }

  async #more() {
    const { texts: found, before } = await this.#rpc.call("phone.texts", { number: this.#number, limit: PAGE, before: this.#before });
    this.#rows.push(...found);
    this.#before = before;
    this.#draw();
  }

  #draw() {
    this.#earlier.hidden = !this.#before;
    const now = JSON.stringify(this.#rows);
    if (now === this.#seen) return;
    this.#seen = now;
    replace(this.#log, this.#rows.length ? [...this.#rows].reverse().map(entry) : h("li", { class: "muted" }, "Nothing was texted with this number yet."));
  }
}

const TONES = { delivered: "good", read: "good", received: null, sent: null, failed: "bad", undelivered: "bad", refused: "warn", held: "warn", ambiguous: "warn" };
const WORDS = { pending: "waiting", held: "waits for your word", refused: "refused", ambiguous: "perhaps sent", failed: "not sent" };

function entry(text) {
  const ours = text.direction === "outbound";
  const gone = !["pending", "held", "refused", "failed", "ambiguous"].includes(text.status);
  return h(
    "li",
    { class: `entry ${ours ? "said" : "heard"}${text.streamed ? " streamed" : ""}${gone ? "" : " not-gone"}` },
    h("span", { class: "unseen" }, ours ? "From your number: " : `From ${text.from}: `),
    h("div", { class: "bubble" }, text.body || h("em", { class: "muted" }, "no words")),
    h(
      "p",
      { class: "by" },
      h("time", { datetime: text.at, title: exact(text.at) }, time(text.at)),
      text.streamed ? [" · ", chip("kept, not answered", "warn")] : null,
      ours ? [" · ", chip(WORDS[text.status] ?? text.status, TONES[text.status] ?? null)] : null,
      text.errorCode ? ` · error ${text.errorCode}` : null,
      text.retryAt && text.status === "pending" ? ` · leaves ${time(text.retryAt)}` : null,
      ours && text.segments ? ` · ${plural(text.segments, "segment")}` : null,
      text.cost ? ` · ${money(text.cost)}` : null,
      text.trace?.startsWith("t_") ? [" · ", h("a", { href: address("traces", [text.trace]) }, "its way")] : null,
    ),
    !gone && text.reason ? h("p", { class: "by", "data-tone": text.status === "pending" ? null : "bad" }, text.reason) : null,
  );
}
