/* Addresses inside the page: `#/page/part/part?name=value`. */

export function readPlace(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page, ...parts] = path.split("/").filter(Boolean).map(decoded);
  return { page: page ?? "", parts, query: new URLSearchParams(query) };
}

/* "#/traces/t_1?outcome=refused"; what is empty is left out. */
export function address(page, parts = [], query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value != null));
  const path = [page, ...parts].map(encodeURIComponent).join("/");
  return `#/${path}${asked.size ? `?${asked}` : ""}`;
}

export function go(hash) {
  location.hash = hash;
}

/* Changes the address without mounting the page anew: when a person filters, not when something is read, or a
   click that came in between would be forgotten. */
export function note(hash) {
  history.replaceState(null, "", hash);
}

/* The one-time code of a login link; nothing else is ever taken from an address. */
export function codeIn(hash) {
  return /^#code=([\w-]{16,128})$/.exec(hash)?.[1] ?? null;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
