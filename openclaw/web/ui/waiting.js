/* What waits for the owner, told beside the names of the pages where he answers. */

import { h, replace } from "./dom.js";

const LOOK_SECONDS = 20;
const CHANGED = "openclaw-waiting";

/* `tell(page, count)` whenever a count may have changed. Returns nothing: it lasts as long as the connection. */
export function watchWaiting(rpc, tell) {
  const look = async (page, method, scope, rows) => {
    if (rpc.state !== "online" || !rpc.has(method) || !rpc.may(scope)) return;
    try {
      tell(page, rows(await rpc.call(method)).length);
    } catch {
      return; // the page itself says what is wrong
    }
  };
  const approvals = () => look("approvals", "exec.approval.list", "operator.approvals", (found) => found.approvals);
  const requests = () => look("channels", "pairing.list", "operator.pairing", (found) => found.requests);
  const devices = () => look("access", "device.pair.list", "operator.pairing", (found) => found.pending);
  rpc.on("device.pair.requested", devices);
  rpc.on("device.pair.resolved", devices);
  rpc.on("exec.approval.requested", approvals);
  rpc.on("exec.approval.resolved", approvals);
  // A stranger's message is refused with a code.
  rpc.on("trace", ({ outcome }) => outcome === "refused" && requests());
  rpc.on("online", () => (approvals(), requests(), devices()));
  addEventListener(CHANGED, ({ detail }) => tell(detail.page, detail.count));
  setInterval(() => !document.hidden && (approvals(), requests()), LOOK_SECONDS * 1000);
}

/* A page has just counted by itself. */
export function tellWaiting(page, count) {
  dispatchEvent(new CustomEvent(CHANGED, { detail: { page, count } }));
}

/* The badge of a link: how many wait, and nothing where nobody does. */
export function badge(link, count) {
  const node = link.querySelector(".badge") ?? link.appendChild(h("span", { class: "badge" }));
  node.hidden = count === 0;
  replace(node, String(count), h("span", { class: "unseen" }, count === 1 ? " waits for you" : " wait for you"));
}
