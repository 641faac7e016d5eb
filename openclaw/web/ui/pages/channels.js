/* How each channel is, and who asks to speak with the assistant. */

import { h, replace, sync } from "../dom.js";
import { plural } from "../format.js";
import { Kept, left, refocus, since, tick } from "../kept.js";
import { plain } from "../names.js";
import { button, chip, confirmed, empty, facts, failure, loading, pageHead, toast } from "../parts.js";
import { address } from "../place.js";
import { tellWaiting } from "../waiting.js";

export const title = "Channels";

const LOOK_SECONDS = 4;
const CODE_LASTS_MS = 3_600_000;
const CONDITIONS = {
  __proto__: null,
  connected: ["Connected", "good"],
  starting: ["Starting…", "accent"],
  failing: ["Not working", "bad"],
  disabled: ["Switched off", null],
  stopped: ["Stopped", "warn"],
};

export async function mount(root, rpc) {
  const asking = h("section", { class: "panel", hidden: true });
  const accounts = h("section", { class: "panel" }, loading());
  replace(root, pageHead("Channels", { lead: "The ways by which people reach the assistant." }), asking, accounts);
  const channels = new Accounts(accounts, rpc);
  const requests = new Requests(asking, rpc, (channel) => channels.label(channel));
  const look = () => Promise.all([channels.read(), requests.read()]);
  rpc.on("health", () => channels.read());
  rpc.on("trace", ({ outcome }) => outcome === "refused" && requests.read());
  rpc.on("online", look);
  rpc.every(LOOK_SECONDS, look);
  rpc.every(1, () => tick(root));
  await look();
}

// -- accounts --------------------------------------------------------------------------------------------------

class Accounts {
  #root;
  #rpc;
  #labels = new Map();
  #cards = new Kept();
  #list = h("ul", { class: "cards channel-cards" });

  constructor(root, rpc) {
    this.#root = root;
    this.#rpc = rpc;
  }

  label(channel) {
    return this.#labels.get(channel) ?? channel;
  }

  async read() {
    try {
      const { channelOrder, channelLabels, channelAccounts } = await this.#rpc.call("channels.status");
      this.#labels = new Map(Object.entries(channelLabels));
      const rows = channelOrder.flatMap((channel) => channelAccounts[channel].map((account) => ({ channel, alone: channelAccounts[channel].length === 1, ...account })));
      this.#cards.show(this.#list, rows, (row) => `${row.channel}:${row.accountId}`, (row) => this.#card(row));
      sync(this.#root, rows.length ? [this.#list] : [empty("No channel is set up.", ["The assistant is reached from this page and from the command line. Channels are set up in ", h("a", { href: "#/settings" }, "Settings"), "."])]);
    } catch (error) {
      replace(this.#root, failure(error, () => this.read()));
    }
  }

  #card(row) {
    const [words, tone] = CONDITIONS[row.condition] ?? [row.condition, null];
    const name = row.alone && row.accountId === "default" ? null : row.accountId;
    return h(
      "li",
      { class: "card" },
      h("div", { class: "card-head" }, h("h2", {}, this.label(row.channel), name && h("span", { class: "muted" }, ` ${name}`)), chip(words, tone)),
      row.condition === "failing" || (row.condition === "stopped" && row.lastError) ? trouble(row.lastError) : null,
      row.condition === "disabled" ? h("p", { class: "muted" }, "It stands in the config, switched off.") : null,
      facts([
        ["Last message in", since(row.lastInboundAt ?? NaN) ?? (row.running ? "none yet" : null)],
        ["Last message out", since(row.lastOutboundAt ?? NaN) ?? (row.running ? "none yet" : null)],
        [row.condition === "connected" ? "Connected" : "Like this since", since(row.since ?? NaN)],
        ["Waiting to be sent", row.waiting ? plural(row.waiting, "message") : null],
      ]),
      !["failing", "stopped"].includes(row.condition) && row.lastErrorAt ? h("details", { class: "fold" }, h("summary", { class: "muted" }, "Last trouble, ", since(row.lastErrorAt)), h("p", { class: "muted" }, row.lastError)) : null,
      this.#again(row),
    );
  }

  #again({ channel, accountId, condition }) {
    if (condition === "stopped") return h("div", { class: "tools" }, h("a", { class: "button", href: address("logs", [], { search: `channels.${channel}` }) }, "What the log says"));
    if (!["failing", "connected", "starting"].includes(condition) || !this.#rpc.may("operator.admin") || !this.#rpc.has("channels.restart")) return null;
    const failing = condition === "failing";
    const restart = async () => {
      await this.#rpc.call("channels.restart", { channel, accountId });
      toast(`${this.label(channel)} begins anew.`);
      await this.read();
    };
    return h("div", { class: "tools" }, button(failing ? "Try again now" : "Connect anew", restart, { class: failing ? "primary" : null }));
  }
}

/* The house writes "what is wrong; what to do". */
function trouble(text) {
  const [wrong, ...mend] = (text || "It says nothing of why.").split("; ");
  const todo = mend.join("; ");
  return h(
    "div",
    { class: "notice trouble", "data-tone": "bad" },
    h("p", {}, sentence(wrong)),
    h("p", {}, h("strong", {}, "What to do: "), todo ? sentence(todo) : "Nothing, unless it lasts: it is tried again by itself, at longer and longer intervals."),
  );
}

/* With the places at which the name of a key may be broken. */
function sentence(words) {
  const trimmed = words.trim();
  const said = trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?…]$/.test(trimmed) ? "" : ".");
  return said.split(/(?<=\w\.)(?=\w)/).flatMap((part, index) => (index ? [h("wbr"), part] : [part]));
}

// -- who asks --------------------------------------------------------------------------------------------------

class Requests {
  #root;
  #rpc;
  #label;
  #cards = new Kept();
  #list = h("ul", { class: "rows" });
  #head = h("h2", {}, "Asking to be let in");
  #lead = h("p", { class: "muted" }, "Each was told its code. Ask whoever it is for theirs before you let them in: names can be invented.");

  constructor(root, rpc, label) {
    this.#root = root;
    this.#rpc = rpc;
    this.#label = label;
  }

  async read() {
    if (!this.#rpc.may("operator.pairing") || !this.#rpc.has("pairing.list")) return;
    try {
      const { requests } = await this.#rpc.call("pairing.list");
      this.#cards.show(this.#list, requests, (each) => `${each.channel}:${each.id}:${each.code}`, (each) => this.#row(each));
      sync(this.#root, [this.#head, this.#lead, this.#list]);
      this.#root.hidden = requests.length === 0;
      tellWaiting("channels", requests.length);
    } catch (error) {
      this.#root.hidden = false;
      replace(this.#root, this.#head, failure(error, () => this.read()));
    }
  }

  #row(request) {
    const { channel, id, code, createdAt, lastSeenAt, meta } = request;
    const again = Date.parse(lastSeenAt) - Date.parse(createdAt) > 1000;
    return h(
      "li",
      { class: "row request" },
      h("span", { class: "chips" }, h("strong", {}, plain(meta?.name || id)), chip(this.#label(channel))),
      h("span", { class: "tools" }, button("Reject", () => this.#reject(request)), button("Let in", () => this.#approve(request), { class: "primary" })),
      h("span", { class: "muted" }, plain(id), " · asked ", since(createdAt), again ? [", wrote again ", since(lastSeenAt)] : null, " · the code lasts another ", left(Date.parse(createdAt) + CODE_LASTS_MS)),
      h("span", { class: "code-word" }, h("span", { class: "unseen" }, "Code "), code),
    );
  }

  async #approve(request) {
    const who = request.meta?.name ? [plain(request.meta.name), ` (${request.id})`] : plain(request.id);
    const sure = await confirmed(["Let ", who, " in?"], { yes: "Let in", detail: ["Whoever this is may speak with the assistant on ", this.#label(request.channel), " from now on, as a member, not as its owner. Their code must be ", h("strong", { class: "mono" }, request.code), "."] });
    if (!sure) return;
    await this.#rpc.call("pairing.approve", { channel: request.channel, code: request.code });
    toast("Let in. The next message is answered.");
    await this.read();
    refocus(document);
  }

  async #reject(request) {
    const sure = await confirmed(["Reject ", plain(request.meta?.name || request.id), "?"], { yes: "Reject", danger: true, detail: "The code is worth nothing from now on. Nobody is told." });
    if (!sure) return;
    await this.#rpc.call("pairing.reject", { channel: request.channel, code: request.code });
    toast("Rejected.");
    await this.read();
    refocus(document);
  }
}
