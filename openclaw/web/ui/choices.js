/* The model and the thinking of a conversation: the same words that a person could write, /model and /think. */

import { h, replace } from "./dom.js";

const LEVELS = ["default", "off", "minimal", "low", "medium", "high", "xhigh"];

export function choices(rpc, key, ask) {
  const model = h("select", { "aria-label": "Model", onchange: () => ask(`/model ${model.value}`) });
  const think = h("select", { "aria-label": "Thinking", onchange: () => ask(`/think ${think.value}`) });
  const node = h("div", { class: "choices" }, model, think);

  async function refresh() {
    const [{ models }, { sessions }] = await Promise.all([rpc.call("models.list"), rpc.call("sessions.list", { search: key, limit: 20 })]);
    const entry = sessions.find((each) => each.key === key) ?? {};
    const name = (each) => (each.id.startsWith(`${each.provider}/`) ? each.id : `${each.provider}/${each.id}`);
    const usual = models[0] ? name(models[0]) : "";
    const own = entry.modelOverride && (entry.modelOverride.includes("/") ? entry.modelOverride : `${entry.providerOverride ?? ""}/${entry.modelOverride}`);
    const current = own || usual;
    const usable = models.filter((each) => each.available || name(each) === current).map((each) => [name(each), each.alias ? `${each.name} (${each.alias})` : each.name]);
    if (own && !usable.some(([value]) => value === own)) usable.unshift([own, own]);
    replace(model, usable.map(([value, words]) => h("option", { value, selected: value === current }, words)));
    replace(think, LEVELS.map((level) => h("option", { value: level, selected: level === (entry.thinkingLevel ?? "default") }, `Thinking: ${level}`)));
    model.hidden = usable.length === 0;
  }

  const quietly = () => refresh().catch(() => {}); // the conversation works without
  quietly();
  return { node, refresh: quietly };
}
