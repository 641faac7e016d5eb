/* What a model writes, as elements. No HTML is read and no picture is fetched; a link shows where it leads. */

import { h, safeAddress } from "./dom.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*$/;
const DEEPEST = 8;

export function markdown(text) {
  return h("div", { class: "prose" }, blocks(String(text).replace(/\r\n?/g, "\n").split("\n"), 0));
}

function blocks(lines, depth) {
  const found = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = oneBlock(lines, at, depth);
    if (block) found.push(block);
    at = next;
  }
  return found;
}

function oneBlock(lines, at, depth) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return fenced(lines, at);
  if (RULE.test(line)) return [h("hr"), at + 1];
  const heading = HEADING.exec(line);
  // A message is inside a page that has its own first and second level.
  if (heading) return [h(`h${Math.min(6, heading[1].length + 2)}`, {}, spans(heading[2])), at + 1];
  if (depth < DEEPEST && QUOTE.test(line)) return quoted(lines, at, depth);
  if (depth < DEEPEST && ITEM.test(line)) return listed(lines, at, depth);
  if (line.includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && DIVIDER.test(lines[at + 1])) return tabled(lines, at);
  return paragraph(lines, at, depth);
}

function fenced(lines, at) {
  const [, mark, language] = FENCE.exec(lines[at]);
  const body = [];
  let next = at + 1;
  while (next < lines.length && !(lines[next].trim().startsWith(mark) && !lines[next].trim().slice(mark.length).replaceAll(mark[0], ""))) body.push(lines[next++]);
  return [h("pre", { class: "code", "data-language": language || null, tabindex: "0" }, h("code", {}, body.join("\n"))), next + 1];
}

function quoted(lines, at, depth) {
  const inside = [];
  let next = at;
  while (next < lines.length && QUOTE.test(lines[next])) inside.push(lines[next++].replace(QUOTE, ""));
  return [h("blockquote", {}, blocks(inside, depth + 1)), next];
}

function listed(lines, at, depth) {
  const first = ITEM.exec(lines[at]);
  const ordered = /\d/.test(first[2]);
  const indent = first[1].length;
  const items = [];
  let next = at;
  while (next < lines.length) {
    const item = ITEM.exec(lines[next]);
    if (item && item[1].length <= indent + 1 && /\d/.test(item[2]) === ordered) {
      items.push([item[3]]);
    } else if (!lines[next].trim()) {
      const after = lines[next + 1];
      if (after === undefined || (!/^\s{2,}\S/.test(after) && !ITEM.test(after))) break;
      items.at(-1).push("");
    } else if (/^\s{2,}/.test(lines[next])) {
      items.at(-1).push(lines[next].replace(new RegExp(`^\\s{1,${indent + 4}}`), ""));
    } else if (item || HEADING.test(lines[next]) || FENCE.test(lines[next]) || !items.at(-1).at(-1)) {
      break;
    } else {
      items.at(-1).push(lines[next]);
    }
    next++;
  }
  const made = items.map((inside) => h("li", {}, tight(blocks(inside, depth + 1))));
  return [ordered ? h("ol", { start: String(parseInt(first[2], 10)) }, made) : h("ul", {}, made), next];
}

/* An item of one paragraph is its words alone. */
function tight(inside) {
  return inside[0]?.tagName === "P" ? [[...inside[0].childNodes], inside.slice(1)] : inside;
}

function tabled(lines, at) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
  const head = cells(lines[at]);
  const rows = [];
  let next = at + 2;
  while (next < lines.length && lines[next].includes("|")) rows.push(cells(lines[next++]));
  const row = (tag, found) => h("tr", {}, head.map((_, index) => h(tag, {}, spans(found[index] ?? ""))));
  return [h("div", { class: "table-frame", tabindex: "0" }, h("table", {}, h("thead", {}, row("th", head)), h("tbody", {}, rows.map((found) => row("td", found))))), next];
}

function paragraph(lines, at, depth) {
  const body = [];
  let next = at;
  while (next < lines.length && lines[next].trim() && (next === at || !begins(lines[next], depth))) body.push(lines[next++]);
  const inside = body.flatMap((line, index) => [index ? h("br") : null, spans(line.trim())]);
  return [h("p", {}, inside), next];
}

function begins(line, depth) {
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || (depth < DEEPEST && (QUOTE.test(line) || ITEM.test(line)));
}

const INLINE = [
  [/^`+/, code],
  [/^\*\*(?=\S)([^]*?\S)\*\*/, (m, depth) => h("strong", {}, spans(m[1], depth))],
  [/^__(?=\S)([^]*?\S)__(?!\w)/, (m, depth) => h("strong", {}, spans(m[1], depth))],
  [/^~~(?=\S)([^]*?\S)~~/, (m, depth) => h("s", {}, spans(m[1], depth))],
  [/^\*(?=\S)([^*]*\S)\*/, (m, depth) => h("em", {}, spans(m[1], depth))],
  [/^_(?=\S)([^_]*\S)_(?!\w)/, (m, depth) => h("em", {}, spans(m[1], depth))],
  [/^!?\[([^\]]*)\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/, (m, depth) => link(m[2], spans(m[1] || m[2], depth))],
  [/^<(https?:\/\/[^\s>]+)>/, (m) => link(m[1], m[1])],
  [/^https?:\/\/[^\s<>"'`)\]]+[^\s<>"'`)\].,;:!?]/, (m) => link(m[0], m[0])],
  [/^\\([!-/:-@[-`{-~])/, (m) => m[1]],
];

/* Words with their emphasis. `_` inside a word is a letter of it. */
function spans(text, depth = 0) {
  const found = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const special = depth < DEEPEST && /[`*_~![<h\\]/.test(text[at]) ? inline(text, at, depth) : null;
    if (special) {
      if (plain) found.push(plain);
      plain = "";
      found.push(special[0]);
      at += special[1];
    } else plain += text[at++];
  }
  if (plain) found.push(plain);
  return found;
}

function inline(text, at, depth) {
  if (/[_h]/.test(text[at]) && at && /\w/.test(text[at - 1])) return null;
  const rest = text.slice(at);
  for (const [pattern, make] of INLINE) {
    const match = pattern.exec(rest);
    const made = match && make(match, depth + 1, rest);
    if (made) return Array.isArray(made) ? made : [made, match[0].length];
  }
  return null;
}

function code([ticks], _, rest) {
  const end = rest.indexOf(ticks, ticks.length);
  if (end < 0) return null;
  return [h("code", {}, rest.slice(ticks.length, end).replace(/^ (.+) $/, "$1")), end + ticks.length];
}

function link(to, words) {
  // Only what leaves this page: a reply must not press our own buttons by a link to #/….
  if (!/^(https?|mailto|tel):/i.test(to) || !safeAddress(to)) return h("span", {}, words);
  return h("a", { href: to, rel: "noopener noreferrer", target: "_blank", title: to }, words);
}
