/* The conversations there are, and what was said in each. */

import { usableModels } from "../choices.js";
import { h, replace } from "../dom.js";
import { ago, compact, exact, money, plural } from "../format.js";
import { calmly, exchange, refocus } from "../kept.js";
import { channelName } from "../names.js";
import { button, chip, confirmed, empty, facts, failure, field, loading, pageHead, toast } from "../parts.js";
import { address, go, note } from "../place.js";
import { transcript } from "../transcript.js";
import { workLines } from "../works.js";

export const title = "Sessions";

const MOST = 1000;
const SHOWN = 100;
const SUM_UP_WITHIN = 330_000; // milliseconds; the house itself waits five minutes for it

export async function mount(root, rpc, place) {
  if (place.parts[0]) return one(root, rpc, place.parts[0]);
  return every(root, rpc, place);
}

async function every(root, rpc, place) {
  const search = h("input", { type: "search", value: place.query.get("search") ?? "", placeholder: "Person, channel, last words …" });
  const list = h("div", { class: "panel" }, loading());
  replace(root, pageHead("Sessions", { lead: "Every conversation, the newest first." }), h("div", { class: "toolbar" }, field("Search", search)), list);
  let rows = [];
  let total = 0;

  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = rows.filter((row) => searchable(row).includes(wanted));
    if (!found.length) return replace(list, rows.length ? empty("No conversation matches.") : empty("There is no conversation yet.", "The first message, on any channel, begins one."));
    const more = total ? plural(found.length, "conversation") : null;
    exchange(
      list,
      h("ul", { class: "rows" }, found.slice(0, SHOWN).map((row) => h("li", {}, sessionRow(row)))),
      h("p", { class: "muted" }, found.length > SHOWN ? `${SHOWN} of ${more}; search for the others.` : more),
    );
  };
  const read = async () => {
    try {
      const answer = await rpc.call("sessions.list", { limit: MOST, includeLastMessage: true });
      rows = answer.sessions;
      total = rows.length;
      draw();
    } catch (error) {
      replace(list, failure(error, read));
    }
  };
  search.addEventListener("input", () => {
    note(address("sessions", [], { search: search.value.trim() }));
    draw();
  });
  rpc.on("sessions.changed", calmly(read));
  rpc.on("online", read);
  await read();
}

function searchable(row) {
  return [row.key, row.displayName, row.channel, row.lastChannel, row.lastTo, row.label, row.model, row.lastMessagePreview].filter(Boolean).join(" ").toLowerCase();
}

function sessionRow(row) {
  const name = row.displayName && row.displayName !== row.key ? row.displayName : nameOf(row.key);
  const spent = [row.totalTokens ? `${compact(row.totalTokens)} tokens` : null, row.cost ? money(row.cost) : null].filter(Boolean).join(" · ");
  return h(
    "a",
    { class: "row", href: address("sessions", [row.key]) },
    h("span", { class: "chips" }, h("strong", {}, name), row.isMain && chip("main", "accent"), row.kind !== "direct" && chip(row.kind), row.lastChannel && chip(channelName(row.lastChannel))),
    h("time", { class: "muted side-note", datetime: new Date(row.updatedAt).toISOString(), title: exact(row.updatedAt) }, ago(row.updatedAt)),
    h("span", { class: "muted clip" }, row.lastMessagePreview || row.key),
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
  const entry = await rpc.call("sessions.describe", { key }).then(({ session }) => session, unlessUnknown);
  if (!entry) return replace(root, pageHead("Session"), empty(`There is no session ${key}.`, "It may have been deleted."));
  const works = workLines(rpc, key);
  const draw = async () => show(root, rpc, { key, works, draw });
  await draw();
}

function unlessUnknown(error) {
  if (error.details?.code !== "NOT_FOUND") throw error;
  return null;
}

async function show(root, rpc, { key, works, draw }) {
  const known = new Map();
  const [history, { session: entry }, { models }] = await Promise.all([
    rpc.call("chat.history", { sessionKey: key, limit: MOST }),
    rpc.call("sessions.describe", { key }),
    rpc.call("models.list"),
  ]);
  const shown = transcript(history.messages, known);
  const folds = () => root.querySelectorAll(".log details");
  const unfold = button("Unfold all", () => {
    const open = [...folds()].some((each) => !each.open);
    for (const each of folds()) each.open = open;
    unfold.textContent = open ? "Fold all" : "Unfold all";
  });
  const may = rpc.may("operator.admin");
  const tools = [
    h("a", { class: "button", href: address("chat", [key]) }, "Go on in Chat"),
    unfold,
    may && button("Sum up", () => sumUp(root, rpc, key, draw)),
    may && button("Begin anew", () => reset(rpc, key), { class: "danger" }),
  ];
  replace(
    root,
    h("p", {}, h("a", { href: "#/sessions" }, "← All sessions")),
    pageHead(nameOf(key), { lead: key, tools: tools.filter(Boolean) }),
    works,
    facts([
      ["Last used", h("time", { title: exact(entry.updatedAt) }, ago(entry.updatedAt))],
      ["Model", may ? modelPicker(rpc, key, models, entry) : (entry.modelOverride ?? entry.model)],
      ["Thinking", entry.thinkingLevel],
      ["Last on", [entry.lastChannel && channelName(entry.lastChannel), entry.lastTo].filter(Boolean).join(" ")],
      ["Tokens", entry.totalTokens ? compact(entry.totalTokens) : null],
      ["Cost", entry.cost ? money(entry.cost) : null],
      ["Summed up", entry.compactionCount ? plural(entry.compactionCount, "time") : null],
      ["Session id", h("span", { class: "mono" }, entry.sessionId)],
    ]),
    history.hasMore ? h("p", { class: "muted" }, `The last ${plural(history.messages.length, "message")} of ${history.totalMessages}.`) : null,
    shown.length ? h("ol", { class: "log reading" }, shown.map((each) => each.node)) : empty("Nothing has been said here yet."),
  );
}

function modelPicker(rpc, key, models, entry) {
  const { usable, own, usual } = usableModels(models, entry);
  const usually = usable.find(([value]) => value === usual)?.[1] ?? usual;
  const options = [["", `The usual one (${usually})`], ...usable.filter(([value]) => value !== usual)];
  const model = h("select", { "aria-label": "Model" }, options.map(([value, words]) => h("option", { value, selected: value === own }, words)));
  let kept = model.value;
  const choose = async () => {
    try {
      await rpc.call("sessions.patch", { key, model: model.value || null });
      kept = model.value;
      toast("It answers from the next message on.");
    } catch (error) {
      model.value = kept;
      toast(error);
    }
  };
  model.addEventListener("change", choose);
  return model;
}

async function sumUp(root, rpc, key, draw) {
  const detail = "The assistant goes on from a summary of what was said so far. The transcript stays as it is.";
  if (!(await confirmed("Sum up this conversation?", { yes: "Sum up", detail }))) return;
  const { reason } = await rpc.call("sessions.compact", { key }, { timeout: SUM_UP_WITHIN });
  toast(reason);
  await draw();
  refocus(root);
}

async function reset(rpc, key) {
  const sure = await confirmed("Begin this conversation anew?", { yes: "Begin anew", danger: true, detail: "The assistant forgets what was said here. The transcript so far stays on disk." });
  if (!sure) return;
  await rpc.call("sessions.reset", { key, reason: "reset" });
  toast("A new conversation has begun.");
  go("#/sessions");
}
