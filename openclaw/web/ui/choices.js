/* The model and the thinking of a conversation: the same words that a person could write, /model and /think. */

import { h, replace } from "./dom.js";

const LEVELS = ["default", "off", "minimal", "low", "medium", "high", "xhigh"];

export function choices(rpc, key, ask) {
  const model = h("select", { "aria-label": "Model", onchange: () => ask(`/model ${model.value}`) });
  const think = h("select", { "aria-label": "Thinking", onchange: () => ask(`/think ${think.value}`) });
  const node = h("div", { class: "choices" }, model, think);

  async function refresh() {
    // A conversation in which nothing was said yet has no entry.
    const entry = rpc.call("sessions.describe", { key }).then(({ session }) => session, () => ({}));
    const [{ models }, known] = await Promise.all([rpc.call("models.list"), entry]);
    const { usable, own, usual } = usableModels(models, known);
    replace(model, usable.map(([value, words]) => h("option", { value, selected: value === (own || usual) }, words)));
    replace(think, LEVELS.map((level) => h("option", { value: level, selected: level === (known.thinkingLevel ?? "default") }, `Thinking: ${level}`)));
    model.hidden = usable.length === 0;
  }

  const quietly = () => refresh().catch(() => {}); // the conversation works without
  quietly();
  return { node, refresh: quietly };
}

/* [value, words] of each model that may be chosen; what the conversation has chosen, or ""; what answers otherwise. */
export function usableModels(models, entry) {
  const name = (each) => (each.id.startsWith(`${each.provider}/`) ? each.id : `${each.provider}/${each.id}`);
  const usual = models[0] ? name(models[0]) : "";
  const chosen = entry.modelOverride ?? "";
  const own = !chosen || chosen.includes("/") ? chosen : `${entry.providerOverride ?? ""}/${chosen}`;
  const usable = models.filter((each) => each.available || name(each) === (own || usual)).map((each) => [name(each), each.alias ? `${each.name} (${each.alias})` : each.name]);
  if (own && !usable.some(([value]) => value === own)) usable.unshift([own, own]);
  return { usable, own, usual };
}
