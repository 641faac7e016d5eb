/* Files of a conversation: pictures to be seen, everything else by its name. They come from this house alone. */

import { h } from "./dom.js";

const ROUTE = "/api/v1/";
const LINE = /^\[(\w+): (media\/inbound\/[\w./-]+) \((.*)\)\]$/;
const DRAWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/* The address of a file that a line of the transcript names; null for anything else. */
export function mediaAddress(path) {
  const inside = /^media(?:\/[\w-][\w.-]*){2,3}$/.test(path);
  return inside ? ROUTE + path.split("/").map(encodeURIComponent).join("/") : null;
}

/* What a person wrote, and the files that the house has told of below it: {text, files: [{path, name, about}]}. */
export function withoutFiles(text) {
  const lines = text.split("\n");
  const files = [];
  for (let found; (found = LINE.exec(lines.at(-1) ?? "")); lines.pop()) {
    const [name, ...about] = found[3].split(", ");
    const unnamed = about.length === 0 || name.includes("/");
    files.unshift({ path: found[2], name: unnamed ? found[2].split("/").at(-1) : name, about: about.at(-1) ?? "" });
  }
  return { text: lines.join("\n").trimEnd(), files };
}

/* blocks of a message, its files as `withoutFiles` has found them → one row of pictures and names, or null. */
export function enclosures(blocks, files) {
  const shown = blocks.filter((block) => block.type === "image").map((block) => block.source);
  const seen = new Set(shown.map((source) => source?.path));
  const named = new Map(files.map((file) => [file.path, file.name]));
  const nodes = [
    ...shown.map((source) => source?.path && mediaAddress(source.path) && DRAWN.has(source.media_type) && picture(mediaAddress(source.path), named.get(source.path) ?? "Picture")),
    ...files.filter((file) => !seen.has(file.path) && mediaAddress(file.path)).map((file) => paper(file, mediaAddress(file.path))),
  ].filter(Boolean);
  return nodes.length ? h("div", { class: "enclosed" }, nodes) : null;
}

/* `url`: our own address, or that of a blob. */
export function picture(url, name) {
  const image = h("img", { src: url, alt: name, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "paper muted" }, `${name} is no longer there`)));
  return url.startsWith("blob:") ? image : h("a", { href: url, target: "_blank", rel: "noopener", title: name }, image);
}

export function paper({ name, about }, url = null) {
  const inside = [h("span", { class: "paper-name" }, name), about && h("small", {}, about)];
  return url ? h("a", { class: "paper", href: url, download: name }, inside) : h("span", { class: "paper" }, inside);
}

export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${Number((bytes / 1_000_000).toFixed(2))} MB`;
}
