/* Elements from data. Text stays text: there is no way from a string to markup here. */

const AS_PROPERTY = new Set(["value", "checked", "selected", "disabled", "open", "indeterminate", "hidden", "readOnly"]);
const LINKS = new Set(["href", "src", "poster"]);
const FORBIDDEN = new Set(["innerhtml", "outerhtml", "srcdoc", "srcset", "formaction"]);
const SVG = "http://www.w3.org/2000/svg";

/* h("p", {class: "muted", onclick: work, style: {"--at": "40%"}}, "text", [more], null)
   A function under on… is a listener; style takes an object; true, false and null are said as attributes are;
   children are text, nodes, arrays of both; null and false are nobody. */
export function h(tag, props = {}, ...children) {
  return filled(document.createElement(tag), props, children);
}

/* The same for pictures. */
export function svg(tag, props = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

export function replace(node, ...children) {
  node.replaceChildren(...nodes(children));
  return node;
}

/* The same with as few changes as can be: what stays is not read out once more, and keeps its focus. */
export function sync(node, children) {
  const wanted = nodes(children);
  const kept = new Set(wanted);
  for (const child of [...node.childNodes]) if (!kept.has(child)) child.remove();
  wanted.forEach((child, index) => node.childNodes[index] !== child && node.insertBefore(child, node.childNodes[index] ?? null));
  return node;
}

export function append(node, ...children) {
  node.append(...nodes(children));
  return node;
}

function filled(node, props, children) {
  node.append(...nodes(children));
  for (const [name, value] of Object.entries(props ?? {})) set(node, name, value);
  return node;
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== true)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

function set(node, name, value) {
  const lower = name.toLowerCase();
  if (FORBIDDEN.has(lower)) throw new TypeError(`${name} takes markup or an address and is not for h()`);
  if (lower.startsWith("on")) {
    if (value === null || value === undefined || value === false) return;
    if (typeof value !== "function") throw new TypeError(`${name} takes a function`);
    node.addEventListener(lower.slice(2), value);
  } else if (name === "style") {
    // By property: the policy forbids style attributes.
    for (const [property, each] of Object.entries(value ?? {})) {
      if (each !== null && each !== undefined) node.style.setProperty(property, String(each));
    }
  } else if (AS_PROPERTY.has(name)) {
    node[name] = value ?? (name === "value" ? "" : false);
  } else if (value === true) {
    node.setAttribute(name, "");
  } else if (value !== null && value !== undefined && value !== false) {
    if (LINKS.has(lower) && !safeAddress(String(value))) return;
    node.setAttribute(name, String(value));
  }
}

/* What a link may lead to. Anything else gets no address at all. */
export function safeAddress(address) {
  if (/^(?:#|\/(?![/\\]))/.test(address)) return true;
  try {
    return ["http:", "https:", "mailto:", "tel:", "blob:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}
