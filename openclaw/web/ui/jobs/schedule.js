/* When a job is due: in words, and from the fields of a form. Pure. */

import { exact } from "../format.js";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000]];
const NICKNAMES = { __proto__: null, "@hourly": "every hour", "@daily": "every day at 00:00", "@midnight": "every day at 00:00", "@weekly": "every Sunday at 00:00", "@monthly": "on day 1 of each month at 00:00", "@yearly": "each year on 1 January", "@annually": "each year on 1 January" };

/* {kind: "cron", expr: "0 9 * * 1-5", tz: "Australia/Sydney"} → "Monday to Friday at 09:00 (Australia/Sydney)" */
export function scheduleWords(schedule) {
  switch (schedule?.kind) {
    case "at":
      return `once, ${exact(schedule.at)}`;
    case "every":
      return `every ${span(schedule.everyMs)}`;
    case "cron":
      return cronWords(schedule.expr) + (schedule.tz ? ` (${schedule.tz})` : "");
    default:
      return "";
  }
}

/* 5_400_000 → "90 minutes" */
export function span(ms) {
  const [unit, one] = unitOf(ms);
  const count = ms / one;
  return count === 1 ? unit : `${count} ${unit}s`;
}

/* The largest unit that measures it in whole numbers. */
export function unitOf(ms) {
  return UNITS.find(([, one]) => ms >= one && ms % one === 0) ?? ["second", 1000];
}

/* The everyday expressions in words; any other stays as it was written. */
export function cronWords(expr) {
  const known = NICKNAMES[expr.toLowerCase()];
  if (known) return known;
  const fields = expr.split(/\s+/);
  if (fields.length !== 5) return expr;
  const [minute, hour, date, month, weekday] = fields;
  if (month !== "*") return expr;
  const often = [minute, hour, date, weekday].join(" ");
  if (often === "* * * *") return "every minute";
  const minutes = /^\*\/(\d+) \* \* \*$/.exec(often);
  if (minutes) return `every ${minutes[1]} minutes`;
  const hours = /^(\d+) (?:\*\/(\d+)|\*) \* \*$/.exec(often);
  if (hours) return `every ${hours[2] ? `${hours[2]} hours` : "hour"} at minute ${Number(hours[1])}`;
  if (!/^\d+$/.test(minute) || !/^\d+(,\d+)*$/.test(hour)) return expr;
  const clock = hour.split(",").map((each) => `${each.padStart(2, "0")}:${minute.padStart(2, "0")}`).join(" and ");
  if (date !== "*") return weekday === "*" && /^\d+$/.test(date) ? `on day ${date} of each month at ${clock}` : expr;
  const days = weekdays(weekday);
  return days ? `${days} at ${clock}` : expr;
}

function weekdays(field) {
  if (field === "*") return "every day";
  const names = field.split(",").map((part) => {
    const range = /^([0-7])(?:-([0-7]))?$/.exec(part);
    if (!range) return null;
    const [from, to] = [DAYS[range[1] % 7], range[2] && DAYS[range[2] % 7]];
    return to ? `${from} to ${to}` : `every ${from}`;
  });
  return names.includes(null) ? null : names.join(" and ");
}

/* "30 7 * * 1-3,5" → {clock: "07:30", days: [1, 2, 3, 5]}, from Monday, 1, to Sunday, 7; null for all that is not of
   this kind. */
export function weekOf(expr) {
  const found = /^(\d{1,2}) (\d{1,2}) \* \* (\S+)$/.exec(expr.trim().replace(/\s+/g, " "));
  if (!found || !(found[1] < 60 && found[2] < 24)) return null;
  const days = found[3] === "*" ? [1, 2, 3, 4, 5, 6, 7] : [...new Set(found[3].split(",").flatMap(daysOf))].sort();
  return days.includes(NaN) ? null : { clock: `${found[2].padStart(2, "0")}:${found[1].padStart(2, "0")}`, days };
}

function daysOf(part) {
  const range = /^([0-7])(?:-([0-7]))?$/.exec(part);
  if (!range) return [NaN];
  const from = Number(range[1]) || (range[2] ? 0 : 7);
  const to = range[2] === undefined ? from : Number(range[2]);
  return to < from ? [NaN] : Array.from({ length: to - from + 1 }, (_, index) => from + index || 7);
}

/* Back again: ("07:30", [1, 2, 3, 5]) → "30 7 * * 1,2,3,5" */
export function expressionOf(clock, days) {
  const [hour, minute] = clock.split(":").map(Number);
  const sorted = [...days].sort();
  const unbroken = sorted.every((day, index) => day === sorted[0] + index);
  const named = sorted.length === 7 ? "*" : sorted.length > 2 && unbroken ? `${sorted[0]}-${sorted.at(-1)}` : sorted.join(",");
  return `${minute} ${hour} * * ${named}`;
}

/* The milliseconds of so many units. */
export function lengthOf(count, unit) {
  return Math.round(Number(count) * UNITS.find(([name]) => name === unit)[1]);
}

/* For <input type="datetime-local">: the same moment as this machine's clock shows it. */
export function localInput(at) {
  const when = new Date(at);
  return new Date(when.getTime() - when.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
