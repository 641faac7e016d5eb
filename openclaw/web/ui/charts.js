/* Pictures of figures. What they show stands in a table as well, for whoever reads numbers or cannot see them. */

import { h, replace, svg } from "./dom.js";
import { money } from "./format.js";

const HEIGHT = 230;
const FOOT = 24;
const HEAD = 10;
const LABEL_EVERY = 46;
const WEEKDAY = new Intl.DateTimeFormat(navigator.language, { weekday: "short" });
const DATE = new Intl.DateTimeFormat(navigator.language, { day: "numeric", month: "short" });

export const TONES = 6;

/* Each day a bar, made of its parts: `days` [{day: "2026-11-21", parts: [{key, amount}]}], `series` [{key, name, tone}].
   Drawn anew when its place grows or shrinks, so that words keep their size. */
export function dayBars(days, series, label) {
  const said = h("p", { class: "chart-said muted", "aria-hidden": "true" });
  const place = h("div", { class: "chart-place" });
  const tell = (day) => replace(said, day ? told(day, series) : "Point at a bar to read it.");
  const draw = (width) => replace(place, bars(days, series, { width, label, tell }));
  const watcher = new ResizeObserver(([entry]) => entry.contentRect.width > 0 && draw(Math.round(entry.contentRect.width)));
  watcher.observe(place);
  tell(null);
  return h("figure", { class: "chart" }, place, said);
}

function told({ day, parts }, series) {
  const sum = parts.reduce((all, part) => all + part.amount, 0);
  const named = series.map(({ key, name }) => [name, parts.find((part) => part.key === key)?.amount]).filter(([, amount]) => amount);
  return [h("strong", {}, `${dayName(day)}: ${money(sum)}`), named.length > 1 ? ` · ${named.map(([name, amount]) => `${name} ${money(amount)}`).join(" · ")}` : ""];
}

function bars(days, series, { width, label, tell }) {
  const sums = days.map(({ parts }) => parts.reduce((all, part) => all + part.amount, 0));
  const marks = scale(Math.max(...sums));
  const top = marks.at(-1);
  const side = 8 + 7 * Math.max(...marks.map((mark) => money(mark).length));
  const band = (width - side) / days.length;
  const thick = Math.max(2, Math.min(46, band * 0.7));
  const y = (amount) => HEAD + (HEIGHT - HEAD - FOOT) * (1 - amount / top);
  const step = Math.max(1, Math.ceil(LABEL_EVERY / band));
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": label, onpointerleave: () => tell(null) },
    marks.map((mark) => [
      svg("line", { class: "chart-line", x1: side, x2: width, y1: y(mark), y2: y(mark) }),
      svg("text", { class: "chart-word", x: side - 8, y: y(mark) + 4, "text-anchor": "end" }, money(mark)),
    ]),
    days.map((day, index) => {
      const x = side + band * index;
      const last = days.length - 1 - index;
      return svg(
        "g",
        { class: "chart-day", onpointerenter: () => tell(day) },
        svg("rect", { class: "chart-reach", x, y: HEAD, width: band, height: HEIGHT - HEAD - FOOT }),
        pile(day, series, { x: x + (band - thick) / 2, thick, y }),
        last % step === 0 && foot(day.day, x + band / 2, { width, wordy: band > 90 }),
      );
    }),
  );
}

function foot(day, middle, { width, wordy }) {
  const tight = middle > width - LABEL_EVERY / 2;
  return svg("text", { class: "chart-word", x: tight ? width : middle, y: HEIGHT - 7, "text-anchor": tight ? "end" : "middle" }, wordy ? dayName(day) : DATE.format(dateOf(day)));
}

/* The largest part lies at the bottom, in every bar at the same place. */
function pile({ parts }, series, { x, thick, y }) {
  let below = 0;
  return series.map(({ key, tone }) => {
    const amount = parts.find((part) => part.key === key)?.amount ?? 0;
    if (!amount) return null;
    const [from, to] = [y(below), y(below + amount)];
    below += amount;
    return svg("rect", { class: `series-${tone}`, x, y: to, width: thick, height: Math.max(1, from - to) });
  });
}

/* Round marks from zero up to at least the most. */
export function scale(most) {
  if (!(most > 0)) return [0, 1];
  const rough = most / 3;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * size).find((each) => each >= rough * 0.999);
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

/* "2026-11-21" → "Sat, 21 Nov" */
export function dayName(day) {
  return `${WEEKDAY.format(dateOf(day))}, ${DATE.format(dateOf(day))}`;
}

function dateOf(day) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}

/* A part of a whole, as wide as it is. */
export function share(part, whole, tone) {
  const wide = whole > 0 ? Math.min(100, (100 * part) / whole) : 0;
  return svg(
    "svg",
    { class: "share", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "share-all", width: 100, height: 8 }),
    svg("rect", { class: `series-${tone}`, width: wide > 0 ? Math.max(1, wide) : 0, height: 8 }),
  );
}

/* How full something is, said and drawn. */
export function gauge(name, spent, limit) {
  const part = limit > 0 ? spent / limit : 1;
  const tone = part >= 1 ? "bad" : part >= 0.8 ? "warn" : "good";
  const words = `${money(spent)} of ${money(limit)}`;
  return h(
    "div",
    { class: "gauge", role: "meter", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": limit, "aria-valuenow": Math.min(spent, limit), "aria-valuetext": words, "data-tone": tone },
    h("span", { style: { width: `${Math.min(100, 100 * part)}%` } }),
  );
}
