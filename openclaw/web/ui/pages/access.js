/* Who may come in here: the browsers that are signed in, and the programs and devices that were let in. */

import { h, replace, sync } from "../dom.js";
import { Kept, refocus, since, tick } from "../kept.js";
import { plain } from "../names.js";
import { button, chip, confirmed, empty, failure, loading, pageHead, toast } from "../parts.js";
import { tellWaiting } from "../waiting.js";

export const title = "Access";

const LOOK_SECONDS = 15;
const SCOPES = {
  __proto__: null,
  "operator.read": "read everything",
  "operator.write": "talk with the assistant and send",
  "operator.approvals": "answer approvals",
  "operator.pairing": "let others in",
  "operator.admin": "do all that you can",
};

export async function mount(root, rpc) {
  const lists = [new Asking(rpc), new Browsers(rpc), new Devices(rpc)].filter((list) => list.seen);
  const look = () => Promise.all(lists.map((list) => list.read()));
  replace(root, pageHead("Access", { lead: "Who may use this page and the assistant’s own connection. People who write on a channel are on the page Channels." }), ...lists.map((list) => list.node));
  for (const name of ["device.pair.requested", "device.pair.resolved", "presence", "online"]) rpc.on(name, look);
  rpc.every(LOOK_SECONDS, look);
  rpc.every(1, () => tick(root));
  await look();
}

/* A section whose rows are read again and again; what is done to one of them is asked about first. */
class Section {
  #cards = new Kept();
  #list = h("ul", { class: "rows" });
  node = h("section", { class: "panel" }, loading());

  constructor(rpc) {
    this.rpc = rpc;
  }

  async read() {
    try {
      const rows = await this.rows();
      this.#cards.show(this.#list, rows, (row) => this.key(row), (row) => this.row(row));
      sync(this.node, [this.head ??= h("h2", {}, this.name), ...(rows.length ? [this.#list] : [(this.none ??= this.nobody())])]);
    } catch (error) {
      replace(this.node, h("h2", {}, this.name), failure(error, () => this.read()));
    }
  }

  async settle(question, detail, yes, danger, work, done) {
    if (!(await confirmed(question, { yes, danger, detail }))) return;
    await work();
    toast(done);
    await this.read();
    refocus(document);
  }
}

class Browsers extends Section {
  name = "Signed-in browsers";

  get seen() {
    return this.rpc.may("operator.admin");
  }

  async rows() {
    return (await this.rpc.call("dashboard.browsers")).browsers;
  }

  key({ id }) {
    return id;
  }

  nobody() {
    return empty("No browser is signed in.", ["A link for one is printed by ", h("code", {}, "openclaw dashboard"), "."]);
  }

  row({ id, name, signedInAt, seenAt, isThis }) {
    return h(
      "li",
      { class: "row request" },
      h("span", { class: "chips" }, h("strong", {}, named(name)), isThis && chip("this one", "accent")),
      h("span", { class: "tools" }, isThis ? null : button("Sign out", () => this.#signOut(id, name), { class: "danger", "aria-label": `Sign out ${named(name)}, ${id}` })),
      h("span", { class: "muted" }, "signed in ", since(signedInAt), " · last here ", since(seenAt)),
    );
  }

  #signOut(id, name) {
    return this.settle(["Sign out ", plain(named(name)), "?"], "It needs a new link to come in again.", "Sign out", true, () => this.rpc.call("dashboard.revoke", { id }), "Signed out.");
  }
}

/* "Firefox on Linux" of what a browser says of itself. */
export function named(agent) {
  const browser = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => agent.includes(mark));
  const system = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Mac OS X", "Mac"], ["Windows", "Windows"], ["Linux", "Linux"]].find(([mark]) => agent.includes(mark));
  if (!browser) return agent || "A browser";
  return system ? `${browser[1]} on ${system[1]}` : browser[1];
}

class Asking extends Section {
  name = "Asking to be let in";

  get seen() {
    return this.rpc.may("operator.pairing");
  }

  async rows() {
    const { pending } = await this.rpc.call("device.pair.list");
    this.node.hidden = pending.length === 0;
    tellWaiting("access", pending.length);
    return pending;
  }

  key({ requestId }) {
    return requestId;
  }

  nobody() {
    return empty("Nobody asks.");
  }

  row(request) {
    const { remoteIp, ts, scopes, isRepair } = request;
    return h(
      "li",
      { class: "row request" },
      h("span", { class: "chips" }, h("strong", {}, whatItIs(request)), isRepair && chip("was here before")),
      h("span", { class: "tools" }, button("Reject", () => this.#reject(request)), button("Let in", () => this.#approve(request), { class: "primary" })),
      h("span", { class: "muted" }, "from ", plain(remoteIp || "this machine"), " · asked ", since(ts), " · wants to ", wishes(scopes)),
    );
  }

  #approve(request) {
    const detail = ["From now on it may ", wishes(request.scopes), ". Its key begins with ", h("strong", { class: "mono" }, plain(request.deviceId.slice(0, 12))), ": compare it with what the device shows."];
    return this.settle(["Let ", whatItIs(request), " in?"], detail, "Let in", false, () => this.rpc.call("device.pair.approve", { requestId: request.requestId }), "Let in.");
  }

  #reject(request) {
    return this.settle(["Reject ", whatItIs(request), "?"], "It may ask again.", "Reject", true, () => this.rpc.call("device.pair.reject", { requestId: request.requestId }), "Rejected.");
  }
}

class Devices extends Section {
  name = "Programs and devices";

  get seen() {
    return this.rpc.may("operator.pairing");
  }

  async rows() {
    return (await this.rpc.call("device.pair.list")).paired;
  }

  key({ deviceId }) {
    return deviceId;
  }

  nobody() {
    return empty("None was let in.", "A program on this machine comes in with the token of the config; what comes from elsewhere asks here first.");
  }

  row(device) {
    const { deviceId, scopes, connected, approvedAtMs, lastSeenAtMs } = device;
    return h(
      "li",
      { class: "row request" },
      h("span", { class: "chips" }, h("strong", {}, whatItIs(device)), connected && chip("connected", "good")),
      h("span", { class: "tools" }, button("Shut out", () => this.#remove(device), { class: "danger" })),
      h("span", { class: "muted" }, "let in ", since(approvedAtMs), lastSeenAtMs ? [" · last here ", since(lastSeenAtMs)] : null, " · may ", wishes(scopes), " · ", h("span", { class: "mono" }, plain(deviceId.slice(0, 12)))),
    );
  }

  #remove(device) {
    return this.settle(["Shut ", whatItIs(device), " out?"], "Its connection ends at once. It has to ask again.", "Shut out", true, () => this.rpc.call("device.pair.remove", { deviceId: device.deviceId }), "Shut out.");
  }
}

function whatItIs({ displayName, clientId, platform, deviceId }) {
  return plain([displayName || clientId || deviceId.slice(0, 12), platform && `(${platform})`].filter(Boolean).join(" "));
}

/* What a device may, in words: whoever may do all is told of nothing else. */
function wishes(scopes) {
  const all = scopes.includes("operator.admin") ? ["operator.admin"] : scopes;
  return plain(all.map((scope) => SCOPES[scope] ?? scope).join(", ") || "do nothing");
}
