/* Figures and times as people read them. */

const LANGUAGE = navigator.language;
const NUMBER = new Intl.NumberFormat(LANGUAGE);
const COMPACT = new Intl.NumberFormat(LANGUAGE, { notation: "compact", maximumFractionDigits: 1 });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 7], ["week", 4.35], ["month", 12], ["year", Infinity]];

export function moment(at) {
  return at instanceof Date ? at : new Date(at);
}

/* "2 min. ago" */
export function ago(at, now = Date.now()) {
  let amount = (moment(at).getTime() - now) / 1000;
  if (Number.isNaN(amount)) return "";
  for (const [unit, many] of STEPS) {
    if (Math.abs(amount) < many) return unit === "second" && Math.abs(amount) < 5 ? "just now" : RELATIVE.format(Math.round(amount), unit);
    amount /= many;
  }
  return "";
}

/* The time of a day, with the day where it is not today. */
export function time(at) {
  const when = moment(at);
  if (Number.isNaN(when.getTime())) return "";
  const today = when.toDateString() === new Date().toDateString();
  const clock = when.toLocaleTimeString(LANGUAGE, { hour: "2-digit", minute: "2-digit" });
  return today ? clock : `${when.toLocaleDateString(LANGUAGE, { day: "numeric", month: "short", year: sameYear(when) ? undefined : "numeric" })}, ${clock}`;
}

function sameYear(when) {
  return when.getFullYear() === new Date().getFullYear();
}

export function exact(at) {
  const when = moment(at);
  return Number.isNaN(when.getTime()) ? "" : when.toLocaleString(LANGUAGE, { dateStyle: "medium", timeStyle: "medium" });
}

/* Milliseconds as "812 ms", "2.4 s", "3 min 5 s". */
export function duration(ms) {
  if (ms == null) return "";
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/* The same of a clock that runs: no parts of seconds. */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : duration(seconds * 1000);
}

export function money(usd) {
  if (usd == null) return "";
  if (usd === 0) return "$0";
  return `$${usd < 0.01 ? usd.toFixed(4) : usd.toFixed(2)}`;
}

export function count(number) {
  return number == null ? "" : NUMBER.format(number);
}

export function compact(number) {
  return number == null ? "" : COMPACT.format(number);
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}
