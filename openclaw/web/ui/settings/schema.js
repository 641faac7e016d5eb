/* The config’s schema as fields that a form can show. Pure. */

const GROUPS = {
  agents: "Agents", messages: "Messages", session: "Conversations", budgets: "Budgets", channels: "Channels", models: "Models", auth: "Keys", llm: "Model requests",
  tools: "Tools", skills: "Skills", mcp: "MCP servers", cron: "Jobs", delivery: "Delivery", compliance: "Texts and calls", bindings: "Who answers whom",
  sendPolicy: "Who is answered", commands: "Commands", hooks: "Automations", gateway: "Control plane", webhooks: "Public listener", traces: "Traces", ops: "Alerts", logging: "Log",
};

/* [{name, title, help, fields}], those first in which something can be changed here. A field is {path, key, label, help,
   kind, options, min, max, fallback, value, set, sensitive, editable}; a heading {path, label, help, kind: "heading"}.
   `file`: the config file as it is parsed; `running`: what the house runs with. */
export function groupsOf({ schema, uiHints }, file, running) {
  const names = [...new Set([...Object.keys(GROUPS), ...Object.keys(schema.properties)])].filter((name) => name in schema.properties);
  const groups = names.map((name) => {
    const walk = new Walk(schema, uiHints, running);
    walk.below(schema.properties[name], [name], file?.[name], running?.[name]);
    return { name, title: GROUPS[name] ?? labelOf(name), help: uiHints[name]?.help ?? "", fields: withHeadings(walk.fields) };
  });
  const changeable = (group) => group.fields.some((each) => each.editable);
  return [...groups.filter(changeable), ...groups.filter((group) => !changeable(group))];
}

/* Without the headings that nothing stands under. */
export function withHeadings(fields) {
  const leaves = fields.filter((each) => each.kind !== "heading");
  const under = (heading) => leaves.some((leaf) => leaf.path.length > heading.path.length && heading.path.every((step, depth) => leaf.path[depth] === step));
  return fields.filter((each) => each.kind !== "heading" || under(each));
}

class Walk {
  fields = [];
  #schema;
  #hints;

  constructor(schema, hints) {
    [this.#schema, this.#hints] = [schema, hints];
  }

  below(raw, path, file, running) {
    const shape = this.#resolved(raw);
    const entries = Object.entries(shape.properties ?? {});
    // A model is either its name or an object; only what stands in the file as an object is shown as one.
    const named = shape.properties?.primary && (file === undefined || file === null || typeof file === "string");
    if (!entries.length || named || this.#hint(path).sensitive) return this.#leaf(named ? { type: "string", default: shape.default } : shape, path, file, running);
    if (shape.nullable && (running === null || running === undefined) && (file === null || file === undefined) && path[0] === "channels") return;
    if (path.length > 1) this.fields.push({ path, kind: "heading", label: path.slice(1).map(labelOf).join(" · "), help: this.#hint(path).help ?? "" });
    const plain = (each) => !this.#resolved(each[1]).properties;
    for (const [name, each] of [...entries.filter(plain), ...entries.filter((entry) => !plain(entry))]) {
      this.below({ ...each, default: each.default ?? shape.default?.[name] }, [...path, name], file?.[name], running?.[name]);
    }
  }

  #leaf(shape, path, file, running) {
    const hint = this.#hint(path);
    this.fields.push({
      path,
      key: path.join("."),
      label: labelOf(path.at(-1)),
      help: hint.help ?? "",
      ...kindOf(shape, (each) => this.#resolved(each)),
      fallback: shape.default ?? null,
      value: file ?? null,
      set: file !== undefined && file !== null,
      running: running ?? null,
      sensitive: Boolean(hint.sensitive),
      editable: Boolean(hint.editable) && !hint.sensitive,
    });
  }

  /* Of an entry whose name the owner chose, the hint of any entry. */
  #hint(path) {
    return this.#hints[path.join(".")] ?? this.#hints[[...path.slice(0, -1), "*"].join(".")] ?? {};
  }

  #resolved(raw) {
    if (raw.$ref) return { ...this.#schema.$defs[raw.$ref.split("/").at(-1)], ...(raw.default === undefined ? {} : { default: raw.default }), nullable: raw.nullable };
    if (!raw.anyOf) return raw;
    const some = raw.anyOf.filter((each) => each.type !== "null");
    if (some.length !== 1) return { ...raw, anyOf: some, nullable: some.length < raw.anyOf.length };
    return { ...this.#resolved({ ...some[0], default: raw.default ?? some[0].default }), nullable: true };
  }
}

function kindOf(shape, resolved) {
  const range = { min: shape.minimum ?? shape.ge ?? null, max: shape.maximum ?? null };
  if (shape.enum) return { kind: "choice", options: shape.enum };
  if (shape.type === "boolean") return { kind: "yes-no" };
  if (shape.type === "integer" || shape.type === "number") return { kind: shape.type, ...range };
  if (shape.type === "string") return { kind: "text", pattern: shape.pattern ?? null };
  if (shape.type === "array" && shape.items) {
    const item = resolved(shape.items);
    if (item.type === "string") return { kind: "lines", options: item.enum ?? null };
  }
  if (shape.type === "object" && typeof shape.additionalProperties === "object") {
    const item = resolved(shape.additionalProperties);
    if (item.enum) return { kind: "map", options: item.enum };
    if (["string", "integer", "number"].includes(item.type)) return { kind: "map", of: item.type };
  }
  return { kind: "other" };
}

/* "maxTokens" → "Max tokens" */
export function labelOf(name) {
  const words = String(name).replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/[_-]/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/* [[path, value]] → a merge patch; null takes a key away. */
export function patchOf(changes) {
  const patch = {};
  for (const [path, value] of changes) {
    let here = patch;
    for (const step of path.slice(0, -1)) here = here[step] ??= {};
    here[path.at(-1)] = value;
  }
  return patch;
}

/* How a merge patch must say a map to leave nothing of the one before. */
export function mapPatch(before, after) {
  if (after === null) return null;
  return { ...Object.fromEntries(Object.keys(before ?? {}).filter((key) => !(key in after)).map((key) => [key, null])), ...after };
}
