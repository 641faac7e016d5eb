/* The skills of an agent, and what those lack that it cannot use. */

import { h, replace } from "../dom.js";
import { plural } from "../format.js";
import { chip, empty, failure } from "../parts.js";

const SOURCES = { bundled: "shipped with the program", workspace: "of this workspace", shared: "of all agents", personal: "of your home directory", project: "of this workspace", extra: "of another folder" };

export async function skills(root, rpc, agent) {
  const read = async () => {
    try {
      const { skills: rows, workspaceDir } = await rpc.call("skills.status", { agentId: agent.id });
      const usable = rows.filter((row) => row.eligible);
      const others = rows.filter((row) => !row.eligible);
      if (!rows.length) return replace(root, empty("There is no skill.", `Skills lie in ${workspaceDir}/skills.`));
      replace(
        root,
        part(`${plural(usable.length, "skill")} at hand`, usable),
        others.length ? part(`${plural(others.length, "skill")} that cannot be used`, others) : null,
        h("p", { class: "muted" }, `This agent’s own lie in ${workspaceDir}/skills.`),
      );
    } catch (error) {
      replace(root, failure(error, read));
    }
  };
  rpc.on("online", read);
  await read();
}

function part(words, rows) {
  return h("section", { class: "panel" }, h("h2", {}, words), h("ul", { class: "rows" }, rows.map((row) => h("li", {}, skillRow(row)))));
}

function skillRow(skill) {
  return h(
    "div",
    { class: "row skill" },
    h("span", { class: "chips" }, h("strong", {}, [skill.emoji, skill.name].filter(Boolean).join(" ")), skill.broken && chip("cannot be read", "bad"), skill.userInvocable && skill.eligible && chip(`/${skill.name}`)),
    h("span", { class: "muted side-note" }, SOURCES[skill.source] ?? skill.source ?? ""),
    skill.description ? h("span", { class: "muted" }, skill.description) : null,
    skill.reason ? h("span", { class: "lacks" }, skill.reason) : null,
  );
}
