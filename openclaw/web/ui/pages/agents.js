/* Who answers: each agent's files, the tools it has for whom, and its skills. */

import { h, replace } from "../dom.js";
import { chip, empty, facts, loading, pageHead } from "../parts.js";
import { tabs } from "../panes.js";
import { address } from "../place.js";
import { files } from "../agents/files.js";
import { skills } from "../agents/skills.js";
import { tools } from "../agents/tools.js";

export const title = "Agents";

const PARTS = [["files", "Files"], ["tools", "Tools"], ["skills", "Skills"]];

export async function mount(root, rpc, place) {
  replace(root, loading());
  const [{ agents, defaultId }, { config }] = await Promise.all([rpc.call("agents.list"), rpc.call("config.get")]);
  const rows = agents.map((agent) => ({ ...agent, ...told(agent.id, config) }));
  const [id = rows.length === 1 ? rows[0].id : null, part = "files", which = null] = place.parts;
  if (!id) return every(root, rows, defaultId);
  const agent = rows.find((each) => each.id === id);
  if (!agent) return replace(root, pageHead("Agents"), empty(`There is no agent ${id}.`, "Agents are set up in the config, under agents.list."));
  const body = h("div", { class: "panel" }, loading());
  replace(
    root,
    rows.length > 1 ? h("p", {}, h("a", { href: "#/agents" }, "← All agents")) : null,
    pageHead(nameOf(agent), { lead: agent.theme || null, tools: agent.id === defaultId ? [chip("answers by default", "accent")] : [] }),
    facts([
      ["Agent", h("span", { class: "mono" }, agent.id)],
      ["Model", agent.model.primary],
      ["Fallbacks", agent.fallbacks.join(", ")],
      ["Tier", agent.tier],
      ["Thinking", agent.thinking],
    ]),
    tabs("Parts of this agent", PARTS.map(([name, words]) => [address("agents", [id, name]), words, name === part])),
    body,
  );
  switch (part) {
    case "tools":
      return tools(body, rpc, agent, place.query);
    case "skills":
      return skills(body, rpc, agent);
    default:
      return files(body, rpc, agent, which);
  }
}

/* What the config says of an agent besides its model. */
function told(id, config) {
  const own = config.agents?.list?.find((each) => each.id === id) ?? {};
  const defaults = config.agents?.defaults ?? {};
  const model = own.model ?? defaults.model;
  return {
    name: own.identity?.name || own.name || "",
    emoji: own.identity?.emoji || "",
    theme: own.identity?.theme || "",
    fallbacks: model?.fallbacks ?? [],
    thinking: defaults.thinkingDefault,
    inPrompt: defaults.bootstrapMaxChars ?? Infinity,
  };
}

function nameOf(agent) {
  return [agent.emoji, agent.name || agent.id].filter(Boolean).join(" ");
}

function every(root, rows, defaultId) {
  replace(
    root,
    pageHead("Agents", { lead: "Who answers, and with what." }),
    h("ul", { class: "cards" }, rows.map((agent) => h("li", { class: "card agent" }, card(agent, defaultId)))),
  );
}

function card(agent, defaultId) {
  return [
    h("h2", {}, h("a", { href: address("agents", [agent.id]) }, nameOf(agent))),
    agent.id === defaultId || agent.tier ? h("p", { class: "chips" }, agent.id === defaultId && chip("answers by default", "accent"), agent.tier && chip(agent.tier)) : null,
    agent.theme ? h("p", { class: "muted" }, agent.theme) : null,
    facts([["Agent", h("span", { class: "mono" }, agent.id)], ["Model", agent.model.primary]]),
  ];
}
