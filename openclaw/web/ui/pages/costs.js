/* What was spent, on what, and how far the budgets reach. */

import { h, replace } from "../dom.js";
import { TONES, dayBars, dayName, gauge, share } from "../charts.js";
import { compact, count, duration, money, plural, time } from "../format.js";
import { calmly } from "../kept.js";
import { channelName, plain } from "../names.js";
import { empty, failure, field, loading, pageHead, table } from "../parts.js";
import { address, note } from "../place.js";

export const title = "Costs";

const SPANS = [["1", "Today"], ["7", "7 days"], ["30", "30 days"], ["month", "This month"]];
const KINDS = [["agent", "Agent"], ["model", "Model"], ["channel", "Channel"], ["session", "Conversation"]];
const REFRESH_SECONDS = 30;
const OTHERS = "\u0000others";

export async function mount(root, rpc, place) {
  const span = picker(SPANS, place.query.get("span") ?? "7");
  const by = picker(KINDS, place.query.get("by") ?? "model");
  const shown = h("div", { class: "panel" }, loading());
  replace(
    root,
    pageHead("Costs", { lead: "In US dollars: models by the providers’ own counts and the price list, texts and calls by their price." }),
    h("div", { class: "toolbar" }, field("Span", span), field("By", by)),
    shown,
  );
  let known = "";
  let turn = 0;
  const read = async () => {
    const mine = ++turn;
    try {
      const days = span.value === "month" ? {} : { days: Number(span.value) };
      const found = await rpc.call("usage.daily", { by: by.value, ...days });
      const dearest = found.budgets.some(({ cap }) => cap === "perSession") ? await dearestSession(rpc) : null;
      const said = JSON.stringify([found, dearest]);
      if (mine !== turn || said === known) return;
      known = said;
      replace(shown, report(found, SPANS.find(([value]) => value === span.value)[1], dearest));
    } catch (error) {
      if (mine === turn) replace(shown, ((known = ""), failure(error, read)));
    }
  };
  for (const control of [span, by]) {
    control.addEventListener("input", () => {
      note(address("costs", [], { span: span.value, by: by.value }));
      read();
    });
  }
  rpc.on("online", read);
  const follow = calmly(read);
  rpc.on("chat", ({ state }) => state !== "delta" && follow());
  rpc.every(REFRESH_SECONDS, read);
  await read();
}

async function dearestSession(rpc) {
  const { sessions } = await rpc.call("sessions.list", { limit: 1000 });
  return sessions.filter(({ cost }) => cost).toSorted((one, other) => other.cost - one.cost).at(0) ?? null;
}

function picker(choices, chosen) {
  const known = choices.some(([value]) => value === chosen) ? chosen : choices[0][0];
  return h("select", {}, choices.map(([value, words]) => h("option", { value, selected: value === known }, words)));
}

function report(found, span, dearest) {
  const series = ranked(found.rows, found.by);
  return [
    found.rows.length ? [sums(found, span), found.days.length > 1 ? byDay(found, series) : null, byKind(found, series)] : empty(`Nothing was spent ${spoken(span)}.`, "Each answer of a model, each text and each call is counted here as it happens."),
    budgets(found.budgets, found.lastHour, dearest),
    telephone(found.phone),
  ];
}

function spoken(span) {
  return { __proto__: null, Today: "today", "This month": "this month" }[span] ?? `in the last ${span}`;
}

/* -- sums ------------------------------------------------------------------------------------------------- */

function sums({ total, days }, span) {
  const asked = total.input + total.cacheRead;
  return h(
    "div",
    { class: "figures" },
    figure(money(total.cost), spoken(span)),
    days.length > 1 ? figure(money(total.cost / days.length), "a day on average") : null,
    figure(count(total.turns), total.turns === 1 ? "answer or call" : "answers and calls"),
    asked ? figure(`${Math.round((100 * total.cacheRead) / asked)} %`, "of what models read came from the cache") : null,
  );
}

function figure(amount, words) {
  return h("div", { class: "figure" }, h("strong", {}, amount), h("span", {}, words));
}

/* -- by what ---------------------------------------------------------------------------------------------- */

/* The dearest have a colour each, all others share one. */
function ranked(rows, by) {
  const named = rows.slice(0, TONES).map((row, index) => ({ key: row.key, name: nameOf(by, row.key), tone: index + 1, row }));
  const rest = rows.slice(TONES);
  return rest.length ? [...named, { key: OTHERS, name: plural(rest.length, "other"), tone: 0, rest: new Set(rest.map((row) => row.key)) }] : named;
}

function nameOf(by, key) {
  if (by === "session") return key ? key.replace(/^agent:/, "") : "outside conversations";
  if (by === "agent") return key || "nobody’s";
  if (by === "channel" && key) return channelName(key);
  if (key === "twilio/sms") return "texts";
  if (key === "twilio/voice") return "calls";
  return key || "none";
}

function byDay({ days, by }, series) {
  const piles = days.map(({ day, rows }) => ({ day, parts: parts(rows, series) }));
  const dearest = piles.reduce((most, pile) => (sum(pile) > sum(most) ? pile : most));
  const kind = KINDS.find(([value]) => value === by)[1].toLowerCase();
  const label = `What was spent each day, by ${kind}. The most, ${money(sum(dearest))}, on ${dayName(dearest.day)}. The figures are in the table below.`;
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, "Day by day"),
    h("ul", { class: "legend" }, series.map(({ name, tone }) => h("li", {}, swatch(tone), name))),
    dayBars(piles, series, label),
    h("details", { class: "fold" }, h("summary", {}, "The same as a table"), dayTable(piles, series)),
  );
}

function parts(rows, series) {
  const rest = series.find(({ key }) => key === OTHERS)?.rest;
  const own = rows.filter(({ key }) => !rest?.has(key)).map(({ key, cost }) => ({ key, amount: cost }));
  const others = rows.filter(({ key }) => rest?.has(key)).reduce((all, { cost }) => all + cost, 0);
  return others ? [...own, { key: OTHERS, amount: others }] : own;
}

function sum({ parts }) {
  return parts.reduce((all, part) => all + part.amount, 0);
}

function dayTable(piles, series) {
  const amount = (pile, key) => pile.parts.find((part) => part.key === key)?.amount;
  return table(
    [
      { title: "Day", main: true, cell: (pile) => dayName(pile.day) },
      ...series.map(({ key, name }) => ({ title: name, number: true, cell: (pile) => money(amount(pile, key)) || "–" })),
      { title: "Sum", number: true, cell: (pile) => h("strong", {}, money(sum(pile))) },
    ],
    piles.toReversed(),
    { caption: "What was spent each day, the newest first" },
  );
}

function swatch(tone) {
  return h("span", { class: `swatch series-${tone}`, "aria-hidden": "true" });
}

function byKind({ rows, total, by }, series) {
  const tones = new Map(series.filter((each) => each.row).map((each) => [each.key, each.tone]));
  const tone = (row) => tones.get(row.key) ?? 0;
  const kind = KINDS.find(([value]) => value === by)[1];
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, `By ${kind.toLowerCase()}`),
    table(
      [
        { title: kind, main: true, cell: (row) => [swatch(tone(row)), nameOf(by, row.key)] },
        { title: "Share", cell: (row) => h("span", { class: "share-cell" }, share(row.cost, total.cost, tone(row)), h("span", { class: "number" }, part(row.cost, total.cost))) },
        { title: "Cost", number: true, cell: (row) => h("strong", {}, money(row.cost)) },
        { title: "Times", number: true, cell: (row) => count(row.turns) },
        { title: "Tokens in", number: true, cell: (row) => tokens(row.input) },
        { title: "From cache", number: true, cell: (row) => tokens(row.cacheRead) },
        { title: "Tokens out", number: true, cell: (row) => tokens(row.output) },
      ],
      rows,
      { caption: `What was spent by ${kind.toLowerCase()}, the dearest first`, link: by === "session" ? (row) => address("sessions", row.key ? [row.key] : []) : null },
    ),
  );
}

function part(cost, whole) {
  const percent = whole > 0 ? (100 * cost) / whole : 0;
  return percent > 0 && percent < 1 ? "< 1 %" : `${Math.round(percent)} %`;
}

function tokens(number) {
  return number ? h("span", { title: count(number) }, compact(number)) : "–";
}

/* -- budgets ---------------------------------------------------------------------------------------------- */

const CAPS = {
  __proto__: null,
  perDay: ["A day", "No model is asked any more until the day is over. Whoever writes is told so, once."],
  perSession: ["A conversation", "It is told to begin anew with /new. Others go on."],
  perTurn: ["One answer", "It stops where it is and says so. The next one has its own budget."],
  perSenderPerHour: ["One sender, in an hour", "That sender is told when the next answer can come. Others go on."],
};

function budgets(rows, lastHour, dearest) {
  const nearest = { __proto__: null, perSenderPerHour: lastHour[0] && [lastHour[0].sender, lastHour[0].cost], perSession: dearest && [nameOf("session", dearest.key), dearest.cost] };
  const body = rows.length
    ? h("div", { class: "cards" }, rows.map((row) => budget(row, nearest[row.cap])))
    : h("p", { class: "muted" }, "No budget is set, so nothing stops the spending. Set one in ", h("a", { href: "#/settings" }, "Settings"), ", or for five dollars a day: ", h("code", {}, "openclaw config set budgets.perDay 5"));
  return h("section", { class: "panel" }, h("h2", {}, "Budgets"), body);
}

/* `nearest`: [name, amount] of whom the cap reaches first, where it is not the same for all. */
function budget({ cap, limit, spent, freesAt }, nearest = null) {
  const [name, then] = CAPS[cap] ?? [cap, ""];
  const measured = spent !== undefined;
  return h(
    "div",
    { class: "card" },
    h("h3", {}, name),
    h("p", { class: "budget-sum" }, h("strong", {}, money(measured ? spent : limit)), measured ? ` of ${money(limit)}` : " at most"),
    measured ? gauge(`Spent of the budget for ${name.toLowerCase()}`, spent, limit) : null,
    nearest ? [gauge(`The most spent of the budget for ${name.toLowerCase()}`, nearest[1], limit), h("p", { class: "muted" }, "The most so far: ", money(nearest[1]), ", ", plain(nearest[0]), ".")] : null,
    measured ? h("p", { class: "muted" }, spent >= limit ? "Used up. " : "", `It begins anew ${time(freesAt)}.`) : null,
    h("p", { class: "muted" }, h("strong", {}, "When it is used up: "), then),
  );
}

/* -- the telephone ---------------------------------------------------------------------------------------- */

function telephone({ texts, calls }) {
  if (!texts.length && !calls.length) return null;
  const way = (row) => (row.direction === "outbound" ? "Sent" : "Received");
  const ring = (row) => (row.direction === "outbound" ? "Placed" : "Taken");
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, "Texts and calls"),
    h("p", { class: "muted" }, "As the telephone company bills them: texts by their segments, calls by each minute that was begun. They count towards the budgets."),
    h("div", { class: "halves" }, texts.length ? table(
      [
        { title: "Texts", main: true, cell: (row) => `${way(row)}${row.channel === "sms" ? "" : ` (${row.channel})`}` },
        { title: "Number", number: true, cell: (row) => count(row.count) },
        { title: "Segments", number: true, cell: (row) => count(row.segments) },
        { title: "Cost", number: true, cell: (row) => money(row.cost) },
      ],
      texts,
      { caption: "Texts and what they cost" },
    ) : null,
    calls.length ? table(
      [
        { title: "Calls", main: true, cell: ring },
        { title: "Number", number: true, cell: (row) => count(row.count) },
        { title: "Length", number: true, cell: (row) => (row.seconds ? duration(row.seconds * 1000) : "–") },
        { title: "Minutes begun", number: true, cell: (row) => count(row.minutes) },
        { title: "Cost", number: true, cell: (row) => money(row.cost) },
      ],
      calls,
      { caption: "Calls and what they cost" },
    ) : null),
  );
}
