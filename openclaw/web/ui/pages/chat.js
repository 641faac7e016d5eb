/* Talking with the assistant. */

import { append, h, replace, sync } from "../dom.js";
import { failure, loading, pageHead, toast } from "../parts.js";
import { LiveRun, WORKING } from "../live.js";
import { transcript } from "../transcript.js";
import { approvalCards } from "../asked.js";
import { choices } from "../choices.js";
import { workLines } from "../works.js";
import { Tray, encoded, forget, row } from "../tray.js";

export const title = "Chat";

const PAGE = 200;
const MOST = 1000;

export async function mount(root, rpc, place) {
  replace(root, loading());
  if (!rpc.hello) await rpc.call("health");
  const key = place.parts[0] ?? rpc.hello.snapshot.sessionDefaults.mainSessionKey;
  const chat = new Chat(root, rpc, key);
  await chat.start();
}

class Chat {
  #root;
  #rpc;
  #key;
  #limit = PAGE;
  #known = new Map();
  #messages = [];
  #asides = [];
  #runs = new Map();
  #reading = 0;
  #log = h("ol", { class: "log" });
  #aloud = h("div", { class: "aloud", role: "log", "aria-live": "off", "aria-label": "Conversation" }, this.#log);
  #live = h("ol", { class: "log" });
  #earlier = h("button", { class: "quiet earlier", hidden: true, onclick: () => this.#more() }, "Earlier messages");
  #input = h("textarea", { rows: "1", "aria-label": "Message", placeholder: "Write a message", enterkeyhint: "send" });
  #send = h("button", { class: "primary" }, "Send");
  #tray;
  #stop = h("button", { type: "button", hidden: true, onclick: () => this.#abort() }, "Stop");

  constructor(root, rpc, key) {
    this.#root = root;
    this.#rpc = rpc;
    this.#key = key;
    this.#tray = new Tray(rpc.hello.policy.attachments);
  }

  async start() {
    const main = this.#rpc.hello.snapshot.sessionDefaults.mainSessionKey;
    const picks = choices(this.#rpc, this.#key, (words) => this.#ask(words));
    const form = h("form", { class: "composer", onsubmit: (event) => (event.preventDefault(), this.#submit()) }, this.#tray.node, this.#tray.button, this.#input, h("div", { class: "tools" }, this.#stop, this.#send));
    this.#input.addEventListener("keydown", (event) => this.#typed(event));
    this.#input.addEventListener("input", () => grow(this.#input));
    this.#tray.listen(this.#input, this.#root);
    replace(
      this.#root,
      pageHead("Chat", { lead: this.#key === main ? null : this.#key }),
      h("div", { class: "conversation" }, this.#earlier, this.#aloud, this.#live),
      h("div", { class: "dock" }, workLines(this.#rpc, this.#key), approvalCards(this.#rpc, this.#key), form, picks.node),
    );
    this.#listen(picks);
    await this.#read();
    window.scrollTo(0, document.body.scrollHeight);
    if (!byTouch()) this.#input.focus({ preventScroll: true });
  }

  #listen(picks) {
    const ours = (handle) => (payload) => payload.sessionKey === this.#key && handle(payload);
    this.#rpc.on("agent", ours((payload) => this.#told(payload)));
    this.#rpc.on("chat", ours((payload) => this.#said(payload)));
    this.#rpc.on("sessions.changed", ours(() => (picks.refresh(), this.#runs.size || this.#read())));
    this.#rpc.on("online", () => this.#catchUp());
    this.#rpc.on("state", (state) => {
      for (const { live } of this.#runs.values()) live.hint(state === "online" ? WORKING : "It goes on as soon as the connection is back.");
    });
  }

  /* The truth is the transcript; what is shown of runs is only there until it holds them. */
  async #read() {
    const mine = ++this.#reading;
    try {
      const history = await this.#rpc.call("chat.history", { sessionKey: this.#key, limit: this.#limit });
      if (mine !== this.#reading) return;
      this.#messages = history.messages;
      this.#earlier.hidden = !history.hasMore || this.#limit >= MOST;
      this.#draw();
    } catch (error) {
      if (mine === this.#reading) replace(this.#log, h("li", {}, failure(error, () => this.#read())));
    }
  }

  #draw() {
    const follow = atBottom();
    const shown = transcript(this.#messages, this.#known);
    const nodes = [];
    const after = (id) => this.#asides.filter((aside) => aside.after === id).map((aside) => aside.node);
    nodes.push(...after(null));
    for (const { id, node } of shown) nodes.push(node, ...after(id));
    if (!nodes.length && !this.#runs.size) nodes.push(h("li", { class: "empty" }, h("p", {}, "Nothing has been said here yet."), h("p", { class: "muted" }, "Ask something, or try /help.")));
    sync(this.#log, nodes);
    // From now on what is added is read out, not what was there before.
    this.#aloud.setAttribute("aria-live", "polite");
    if (follow) toBottom();
  }

  async #more() {
    const height = document.body.scrollHeight;
    this.#limit = Math.min(MOST, this.#limit + 2 * PAGE);
    await this.#read();
    window.scrollBy(0, document.body.scrollHeight - height);
  }

  #submit() {
    const words = this.#input.value.trim();
    if (!words && !this.#tray.size) return;
    this.#input.value = "";
    grow(this.#input);
    this.#ask(words, this.#tray.take());
  }

  async #ask(words, files = []) {
    const runId = crypto.randomUUID();
    const mine = h("li", { class: "entry said pending" }, h("span", { class: "unseen" }, "You: "), row(files), words && h("div", { class: "bubble" }, words));
    const run = this.#run(runId);
    run.asked = { words, files, node: mine };
    run.live.node.before(mine);
    toBottom();
    await this.#hand(runId, run.asked);
  }

  /* The same id again is the same message, so after a break it is simply handed in once more. */
  async #hand(runId, { words, files }) {
    try {
      const attachments = files.length ? { attachments: await encoded(files) } : {};
      const answer = await this.#rpc.call("chat.send", { sessionKey: this.#key, message: words, idempotencyKey: runId, ...attachments });
      if (answer.runIds) this.#aside(runId, answer.aborted ? "Stopped." : "There was nothing to stop.");
      else if (answer.status !== "started" && answer.status !== "in_flight") await this.#over(runId, answer.error);
    } catch (error) {
      if (error.code === "OFFLINE") return;
      this.#tray.putBack(this.#runs.get(runId)?.asked?.files.splice(0) ?? []);
      this.#drop(runId);
      this.#input.value = this.#input.value || words;
      grow(this.#input);
      toast(error);
    }
  }

  async #abort() {
    try {
      await this.#rpc.call("chat.abort", { sessionKey: this.#key });
    } catch (error) {
      toast(error);
    }
  }

  #run(runId) {
    let run = this.#runs.get(runId);
    if (!run) {
      run = { live: new LiveRun(runId), asked: null, final: null, seen: new Set(this.#messages.map((message) => message.id)) };
      this.#runs.set(runId, run);
      append(this.#live, run.live.node);
      this.#log.querySelector(".empty")?.remove();
      this.#busy();
    }
    return run;
  }

  #told(payload) {
    const follow = atBottom();
    const { phase } = payload.data;
    if (payload.stream === "usage" || (phase === "end" && !this.#runs.has(payload.runId))) return;
    this.#run(payload.runId).live.tell(payload);
    if (follow) toBottom();
  }

  #said({ runId, state, message, errorMessage }) {
    const run = this.#run(runId);
    if (state === "delta") return run.live.say(message.content[0].text);
    run.final = state === "error" ? { words: errorMessage, bad: true } : { words: message?.content[0].text ?? "" };
    this.#over(runId);
  }

  /* The run has ended: its lines are in the transcript, unless it was a command, which leaves none. */
  async #over(runId, error = null) {
    await this.#read();
    const run = this.#runs.get(runId);
    if (!run) return;
    if (error) run.final ??= { words: error, bad: true };
    const kept = run.asked === null || this.#messages.some((message) => message.role === "user" && !run.seen.has(message.id) && said(message).includes(run.asked.words));
    // What went wrong stands there in words as well, where the house had any.
    const told = kept && this.#messages.some((message) => message.role === "assistant" && !run.seen.has(message.id));
    if (kept && (told || !run.final?.bad)) this.#drop(runId);
    else this.#aside(runId, run.final?.words ?? "", run.final?.bad, kept);
    this.#draw();
  }

  #aside(runId, words, bad = false, kept = false) {
    const { asked } = this.#runs.get(runId) ?? {};
    const after = this.#messages.at(-1)?.id ?? null;
    if (asked && !kept) this.#asides.push({ after, node: (asked.node.classList.remove("pending"), asked.node) });
    if (words) this.#asides.push({ after, node: h("li", { class: "entry aside", "data-tone": bad ? "bad" : null }, words) });
    this.#runs.get(runId)?.live.node.remove();
    this.#runs.delete(runId);
    this.#busy();
    this.#draw();
  }

  #drop(runId) {
    const run = this.#runs.get(runId);
    forget(run?.asked?.files ?? []);
    run?.live.node.remove();
    run?.asked?.node.remove();
    this.#runs.delete(runId);
    this.#busy();
  }

  #busy() {
    this.#stop.hidden = this.#runs.size === 0;
  }

  /* After a break: runs may have ended meanwhile, and nobody will tell. */
  async #catchUp() {
    for (const [runId, { asked }] of [...this.#runs]) {
      if (asked) await this.#hand(runId, asked);
      else this.#drop(runId); // one that goes on is heard of again
    }
    await this.#read();
  }

  #typed(event) {
    const plain = !event.shiftKey && !event.altKey && !event.isComposing;
    if (event.key === "Enter" && plain && !byTouch()) {
      event.preventDefault();
      this.#submit();
    }
  }
}

function said(message) {
  return message.content.map((block) => block.text ?? "").join("\n");
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight + 2, innerHeight * 0.4)}px`;
}

function atBottom() {
  return innerHeight + scrollY >= document.body.scrollHeight - 80;
}

function toBottom() {
  requestAnimationFrame(() => window.scrollTo(0, document.body.scrollHeight));
}

/* Where Enter is a key of the screen, it makes a new line, and a keyboard does not open by itself. */
function byTouch() {
  return matchMedia("(pointer: coarse)").matches;
}
