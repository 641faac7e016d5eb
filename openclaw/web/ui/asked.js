/* What the assistant may only do with the owner's word, asked where he is. */

import { h } from "./dom.js";
import { button } from "./parts.js";

export function approvalCards(rpc, key) {
  const node = h("div", { class: "asked", "aria-live": "polite" });
  const cards = new Map();
  if (!rpc.has("exec.approval.list") || !rpc.may("operator.approvals")) return node;

  const remove = (id) => (cards.get(id)?.remove(), cards.delete(id));
  const decide = async (id, decision) => {
    await rpc.call("exec.approval.resolve", { id, decision });
    remove(id);
  };
  const add = (id, words) => {
    if (cards.has(id)) return;
    const card = h(
      "div",
      { class: "notice", "data-tone": "warn" },
      h("p", {}, h("strong", {}, "May it? "), words),
      h("div", { class: "tools" }, button("No", () => decide(id, "deny")), button("Yes, this once", () => decide(id, "allow-once"), { class: "primary" })),
    );
    cards.set(id, card);
    node.append(card);
  };

  rpc.on("exec.approval.requested", ({ id, request }) => request.sessionKey === key && add(id, request.command));
  rpc.on("exec.approval.resolved", ({ id }) => remove(id));
  const read = async () => {
    try {
      const { approvals } = await rpc.call("exec.approval.list");
      for (const each of approvals) if (each.sessionKey === key || each.session === key) add(each.id, each.summary);
    } catch {
      return; // the page of approvals shows them too
    }
  };
  rpc.on("online", read);
  read();
  return node;
}
