/* Which tools somebody would have with an agent, and the rule that decides each. */

import { h, replace } from "../dom.js";
import { plural } from "../format.js";
import { chip, empty, failure, field, loading, table } from "../parts.js";
import { afterTyping } from "../panes.js";
import { address, note } from "../place.js";

const ROLES = [["", "as the rules say"], ["owner", "owner"], ["member", "member"], ["stranger", "stranger"]];
const KINDS = [["", "a direct chat"], ["group", "a group"]];
const EFFECTS = { R0: "reads only", R1: "may be repeated", R2: "repeated under one key", R3: "done once, never repeated" };

export async function tools(root, rpc, agent, query) {
  const { channelOrder, channelLabels } = await rpc.call("channels.status");
  const channels = [["", "This page"], ...channelOrder.map((name) => [name, channelLabels[name] ?? name])];
  const channel = choice(channels, query.get("channel"));
  const kind = choice(KINDS, query.get("chatType"));
  const role = choice(ROLES, query.get("role"));
  const sender = h("input", { type: "text", value: query.get("sender") ?? "", placeholder: "you", autocomplete: "off", spellcheck: "false" });
  const search = h("input", { type: "search", value: query.get("tool") ?? "", placeholder: "exec, get_weather …" });
  const list = h("div", { class: "panel" }, loading());
  let rows = [];

  const asked = () => ({
    agentId: agent.id, channel: channel.value || null, chatType: kind.value || null, sender: sender.value.trim() || null, role: role.value || null,
  });
  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = rows.filter((row) => row.name.toLowerCase().includes(wanted));
    if (found.length) return replace(list, toolsTable(found), h("p", { class: "muted" }, `${plural(found.filter((row) => row.allowed).length, "tool")} of ${found.length} may be used.`));
    replace(list, empty("No tool of this agent has such a name."));
    if (wanted) explain(search.value.trim());
  };
  /* A tool that the agent does not have: why not. */
  const explain = async (name) => {
    try {
      const told = await rpc.call("tools.explain", { name, ...asked() });
      if (search.value.trim() !== name) return;
      replace(list, empty(told.known ? `${told.name}: ${told.rule}.` : `Nobody here knows a tool named ${told.name}.`, told.known ? "It exists, and this agent does not have it as things are." : null));
    } catch {
      // the list says it already
    }
  };
  const read = async () => {
    try {
      ({ tools: rows } = await rpc.call("tools.list", asked()));
      draw();
    } catch (error) {
      replace(list, failure(error, read));
    }
  };
  const keep = () => note(address("agents", [agent.id, "tools"], { channel: channel.value, chatType: kind.value, sender: sender.value.trim(), role: role.value, tool: search.value.trim() }));
  for (const control of [channel, kind, role]) control.addEventListener("change", () => (keep(), read()));
  sender.addEventListener("input", afterTyping(() => (keep(), read())));
  search.addEventListener("input", afterTyping(() => (keep(), draw()), 150));
  replace(
    root,
    h("p", { class: "muted" }, "Asked for: who writes, and where. Left as it is, you yourself in a direct chat."),
    h("div", { class: "toolbar" }, field("Tool", search), field("On", channel), field("In", kind), field("Sender’s id", sender), field("Who is", role)),
    list,
  );
  rpc.on("online", read);
  await read();
}

function choice(options, chosen) {
  return h("select", {}, options.map(([value, words]) => h("option", { value, selected: value === (chosen ?? "") }, words)));
}

function toolsTable(rows) {
  return table(
    [
      { title: "Tool", main: true, cell: (row) => h("span", { class: "mono" }, row.name) },
      { title: "Use", cell: (row) => (row.allowed ? chip("may be used", "good") : chip("not given")) },
      { title: "Decided by", cell: (row) => row.rule },
      { title: "From", cell: (row) => h("span", { class: "muted" }, row.from && row.from !== row.origin ? `${row.from} (${row.origin})` : row.origin) },
      { title: "Effect", cell: (row) => h("span", { class: "muted", title: row.effect }, EFFECTS[row.effect] ?? row.effect) },
    ],
    rows,
    { caption: "Tools and what decides them" },
  );
}
