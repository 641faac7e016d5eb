/* What the assistant may only do with the owner's word, and what became of each question. */

import { h, replace, sync } from "../dom.js";
import { exact, time } from "../format.js";
import { Kept, left, refocus, since, tick } from "../kept.js";
import { byWhom } from "../names.js";
import { button, chip, empty, facts, failure, loading, pageHead, table, toast } from "../parts.js";
import { address } from "../place.js";

export const title = "Approvals";

const OUTCOMES = {
  __proto__: null,
  approved: ["Allowed once", "good"],
  denied: ["Denied", "bad"],
  expired: ["Not answered in time", "warn"],
  withdrawn: ["No longer asked", null],
};

export async function mount(root, rpc) {
  const cards = new Kept();
  const waiting = h("ul", { class: "panel", "aria-label": "Waiting for your word", "aria-live": "polite" });
  const nothing = empty("Nothing waits for your word.", "What only you may decide is asked here, in your own chat, and on the command line.");
  const open = h("section", { class: "panel" }, loading());
  const settled = h("section", { class: "panel" });
  replace(root, pageHead("Approvals", { lead: "What the assistant may only do with your word. Each yes is for one call, exactly as it stands here." }), open, settled);

  const decide = async (id, decision) => {
    await rpc.call("exec.approval.resolve", { id, decision });
    toast(decision === "deny" ? "Denied." : "Allowed, this once.");
    await read();
    refocus(root);
  };
  let turn = 0;
  const read = async () => {
    const mine = ++turn;
    try {
      const [{ approvals }, every] = await Promise.all([rpc.call("exec.approval.list"), rpc.call("exec.approval.list", { all: true })]);
      if (mine !== turn) return;
      // The newest stands last: nothing moves under a finger that is about to press.
      const asked = approvals.toSorted((one, other) => one.askedAt.localeCompare(other.askedAt));
      cards.show(waiting, asked, (each) => each.id, (each) => card(each, decide));
      sync(open, [asked.length ? waiting : nothing]);
      const decided = every.approvals.filter((each) => each.state !== "pending");
      replace(settled, decided.length ? [h("h2", {}, "Settled"), decidedTable(decided)] : null);
    } catch (error) {
      if (mine === turn) replace(open, failure(error, read));
    }
  };
  rpc.on("exec.approval.requested", read);
  rpc.on("exec.approval.resolved", read);
  rpc.on("online", read);
  rpc.every(1, () => tick(root));
  await read();
}

function card(asked, decide) {
  return h(
    "li",
    { class: "card approval" },
    h("div", { class: "card-head" }, h("h2", {}, asked.summary), h("span", { class: "chips" }, h("span", { class: "chip", "data-tone": "warn" }, left(asked.expiresAt), " left"))),
    words(asked.text),
    facts([
      ["Asked", since(asked.askedAt)],
      ["Conversation", asked.sessionKey && h("a", { href: address("chat", [asked.sessionKey]) }, asked.sessionKey.replace(/^agent:/, ""))],
      ["Name", h("span", { class: "mono" }, asked.id)],
    ]),
    h("div", { class: "tools" }, button("Deny", () => decide(asked.id, "deny")), button("Allow once", () => decide(asked.id, "allow-once"), { class: "primary" }), h("span", { class: "muted" }, "Without an answer it is a no.")),
  );
}

/* Built by the house from the call alone, with what cannot be seen written out: shown whole, as it is. */
function words(text) {
  return h("pre", { class: "code asked-words", tabindex: "0", dir: "ltr", role: "group", "aria-label": "What would be done" }, text);
}

function decidedTable(rows) {
  return table(
    [
      { title: "Settled", main: true, cell: (each) => h("time", { datetime: each.decidedAt ?? each.askedAt, title: exact(each.decidedAt ?? each.askedAt) }, time(each.decidedAt ?? each.askedAt)) },
      { title: "What", cell: (each) => h("details", { class: "fold" }, h("summary", {}, each.summary), words(each.text)) },
      { title: "Verdict", cell: (each) => chip(...(OUTCOMES[each.state] ?? [each.state, null])) },
      { title: "By", cell: (each) => h("span", { class: "muted" }, byWhom(each.decidedBy)) },
    ],
    rows,
    { caption: "Questions that have their answer, the newest first" },
  );
}
