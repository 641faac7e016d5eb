/* The conversations there are, and what was said in each. */

import { h, replace } from "../dom.js";
import { ago, compact, exact, money, plural } from "../format.js";
import { button, chip, confirmed, empty, facts, failure, field, loading, pageHead, toast } from "../parts.js";
import { address, go, note } from "../place.js";
import { transcript } from "../transcript.js";

export const title = "Sessions";

const MOST = 1000;
const SHOWN = 100;
const PREVIEWED = 24;

export async function mount(root, rpc, place) {
  if (place.parts[0]) return one(root, rpc, place.parts[0]);
  return every(root, rpc, place);
}

async function every(root, rpc, place) {
  const search = h("input", { type: "search", value: place.query.get("search") ?? "", placeholder: "Person, channel, group …" });
  const list = h("div", { class: "panel" }, loading());
  replace(root, pageHead("Sessions", { lead: "Every conversation, the newest first." }), h("div", { class: "toolbar" }, field("Search", search)), list);
  let rows = [];
  let total = 0;
  let latest = new Map();

  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = rows.filter((row) => searchable(row).includes(wanted));
    if (!found.length) return replace(list, rows.length ? empty("No conversation matches.") : empty("There is no conversation yet.", "The first message, on any channel, begins one."));
    const more = total ? plural(found.length, "conversation") : null;
    replace(
      list,
      h("ul", { class: "rows" }, found.slice(0, SHOWN).map((row) => h("li", {}, sessionRow(row, latest.get(row.key))))),
      h("p", { class: "muted" }, found.length > SHOWN ? `${SHOWN} of ${more}; search for the others.` : more),
    );
  };
  const read = async () => {
    try {
      const answer = await rpc.call("sessions.list", { limit: MOST });
      rows = answer.sessions;
      total = rows.length;
      draw();
      latest = await previews(rpc, rows.slice(0, PREVIEWED));
      draw();
    } catch (error) {
      replace(list, failure(error, read));
    }
  };
  search.addEventListener("input", () => {
    note(address("sessions", [], { search: search.value.trim() }));
    draw();
  });
  rpc.on("sessions.changed", read);
  rpc.on("online", read);
  await read();
}

async function previews(rpc, rows) {
  if (!rows.length) return new Map();
  const { previews: found } = await rpc.call("sessions.preview", { keys: rows.map((row) => row.key), limit: 1, maxChars: 160 });
  return new Map(found.map((each) => [each.key, each.items.at(-1)]));
}

function searchable(row) {
  return [row.key, row.displayName, row.channel, row.lastChannel, row.lastTo, row.label, row.model].filter(Boolean).join(" ").toLowerCase();
}

function sessionRow(row, last) {
  const name = row.displayName && row.displayName !== row.key ? row.displayName : nameOf(row.key);
  const spent = [row.totalTokens ? `${compact(row.totalTokens)} tokens` : null, row.cost ? money(row.cost) : null].filter(Boolean).join(" · ");
  return h(
    "a",
    { class: "row", href: address("sessions", [row.key]) },
    h("span", { class: "chips" }, h("strong", {}, name), row.isMain && chip("main", "accent"), row.kind !== "direct" && chip(row.kind), row.lastChannel && chip(row.lastChannel)),
    h("time", { class: "muted side-note", datetime: new Date(row.updatedAt).toISOString(), title: exact(row.updatedAt) }, ago(row.updatedAt)),
    h("span", { class: "muted clip" }, last ? `${last.role === "user" ? "Asked" : "Answered"}: ${last.text}` : row.key),
    h("span", { class: "muted side-note" }, spent),
  );
}

/* "agent:main:telegram:group:-100" → "telegram group -100" */
function nameOf(key) {
  const [, agent, ...rest] = key.split(":");
  return rest.length === 1 && rest[0] === "main" ? agent : rest.filter((part) => part !== "direct").join(" ") || key;
}

async function one(root, rpc, key) {
  replace(root, loading());
  const known = new Map();
  const [history, listed] = await Promise.all([
    rpc.call("chat.history", { sessionKey: key, limit: MOST }),
    rpc.call("sessions.list", { search: key, limit: 50 }),
  ]);
  const entry = listed.sessions.find((each) => each.key === key);
  if (!entry) return replace(root, pageHead("Session"), empty(`There is no session ${key}.`, "It may have been deleted."));
  const shown = transcript(history.messages, known);
  const folds = () => root.querySelectorAll(".log details");
  const unfold = button("Unfold all", () => {
    const open = [...folds()].some((each) => !each.open);
    for (const each of folds()) each.open = open;
    unfold.textContent = open ? "Fold all" : "Unfold all";
  });
  replace(
    root,
    h("p", {}, h("a", { href: "#/sessions" }, "← All sessions")),
    pageHead(nameOf(key), {
      lead: key,
      tools: [h("a", { class: "button", href: address("chat", [key]) }, "Go on in Chat"), unfold, rpc.may("operator.admin") && button("Begin anew", () => reset(rpc, key), { class: "danger" })].filter(Boolean),
    }),
    facts([
      ["Last used", h("time", { title: exact(entry.updatedAt) }, ago(entry.updatedAt))],
      ["Model", entry.modelOverride ? `${entry.modelOverride} (chosen)` : entry.model],
      ["Thinking", entry.thinkingLevel],
      ["Last on", [entry.lastChannel, entry.lastTo].filter(Boolean).join(" ")],
      ["Tokens", entry.totalTokens ? compact(entry.totalTokens) : null],
      ["Cost", entry.cost ? money(entry.cost) : null],
      ["Summed up", entry.compactionCount ? plural(entry.compactionCount, "time") : null],
      ["Session id", h("span", { class: "mono" }, entry.sessionId)],
    ]),
    history.hasMore ? h("p", { class: "muted" }, `The last ${plural(history.messages.length, "message")} of ${history.totalMessages}.`) : null,
    shown.length ? h("ol", { class: "log reading" }, shown.map((each) => each.node)) : empty("Nothing has been said here yet."),
  );
}

async function reset(rpc, key) {
  const sure = await confirmed("Begin this conversation anew?", { yes: "Begin anew", danger: true, detail: "The assistant forgets what was said here. The transcript so far stays on disk." });
  if (!sure) return;
  await rpc.call("sessions.reset", { key, reason: "reset" });
  toast("A new conversation has begun.");
  go("#/sessions");
}
