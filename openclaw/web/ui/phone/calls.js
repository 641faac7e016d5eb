/* Calls: which there were, what was said in them, and their recordings. */

import { h, replace } from "../dom.js";
import { ago, duration, exact, money, time } from "../format.js";
import { button, chip, empty, facts, failure, field, loading, table } from "../parts.js";
import { address, note } from "../place.js";

const PAGE = 50;
const TONES = { completed: "good", "in-progress": "accent", answered: "accent", busy: "warn", "no-answer": "warn", canceled: null, failed: "bad" };
const WORDS = { "in-progress": "under way", "no-answer": "not answered", canceled: "not taken" };

export async function calls(root, rpc, house, query) {
  const number = h("input", { type: "search", value: query.get("number") ?? "", placeholder: "+12015550123" });
  const list = h("div", { class: "panel" }, loading());
  replace(root, h("div", { class: "toolbar" }, field("Number", number)), list);
  let rows = [];
  let before = null;

  const draw = () => {
    if (!rows.length) return replace(list, number.value.trim() ? empty("No call with this number.") : house.calling.length ? empty("Nobody has called yet.") : empty("Calls are not set up.", "Set up channels.voice in the config."));
    replace(list, callsTable(rows), before ? button("Earlier calls", more, { class: "quiet" }) : null);
  };
  const page = (limit, place = null) => rpc.call("phone.calls", { number: number.value.replace(/[\s().-]/g, "") || null, limit, before: place });
  const read = async () => {
    try {
      ({ calls: rows, before } = await page(Math.max(PAGE, Math.min(200, rows.length))));
      draw();
    } catch (error) {
      replace(list, failure(error, read));
    }
  };
  const more = async () => {
    const answer = await page(PAGE, before);
    rows = [...rows, ...answer.calls];
    before = answer.before;
    draw();
  };
  number.addEventListener("change", () => {
    note(address("phone", ["calls"], { number: number.value.trim() }));
    rows = [];
    read();
  });
  rpc.on("online", read);
  await read();
}

const other = (call) => (call.direction === "inbound" ? call.from : call.to) || "a withheld number";
const state = (call) => chip(WORDS[call.status] ?? call.status, TONES[call.status]);
const long = (call) => (call.duration == null ? "" : duration(call.duration * 1000));

function callsTable(rows) {
  return table(
    [
      { title: "When", main: true, cell: (call) => h("time", { datetime: call.at, title: exact(call.at) }, time(call.at)) },
      { title: "Number", cell: (call) => h("span", {}, h("span", { class: "muted" }, call.direction === "inbound" ? "from " : "to "), other(call)) },
      { title: "State", cell: (call) => h("span", { class: "chips" }, state(call), call.recorded ? [" ", chip("recorded")] : null) },
      { title: "Length", number: true, cell: long },
      { title: "Cost", number: true, cell: (call) => money(call.cost || null) },
    ],
    rows,
    { link: (call) => address("phone", ["calls", call.id]), caption: "Calls" },
  );
}

export async function oneCall(root, rpc, id) {
  const { call, words, recordings, session } = await rpc.call("phone.calls.get", { id });
  replace(
    root,
    h("p", {}, h("a", { href: "#/phone/calls" }, "← All calls")),
    h("header", { class: "thread-head" }, h("h2", {}, call.direction === "inbound" ? `A call from ${other(call)}` : `A call to ${other(call)}`), state(call)),
    facts([
      ["When", `${exact(call.at)} (${ago(call.at)})`],
      ["Length", long(call)],
      ["Cost", money(call.cost || null)],
      ["Texts", other(call).startsWith("+") ? h("a", { href: address("phone", ["texts", other(call)]) }, "With this number") : null],
      ["Conversation", session ? h("a", { href: address("sessions", [session]) }, session) : null],
      ["Call", h("span", { class: "mono" }, call.id)],
    ]),
    recordings.length ? h("section", { class: "panel" }, h("h2", {}, "Recordings"), recordings.map(recording)) : null,
    h("section", { class: "panel" }, h("h2", {}, "What was said"), words.length ? h("ol", { class: "log texts" }, words.map(line)) : h("p", { class: "muted" }, session ? "Nothing that is still on record." : "Nothing.")),
  );
}

/* From our own disk, and only once somebody presses play. */
function recording({ name, url, transcript }, place) {
  return h(
    "div",
    { class: "card recording" },
    url ? h("audio", { controls: true, preload: "none", src: url, "aria-label": `Recording ${place + 1}` }) : h("p", { class: "muted" }, "The sound is not here; its transcript is."),
    transcript && h("details", { class: "fold" }, h("summary", {}, "Transcript"), h("p", { class: "transcript" }, transcript)),
    h("p", { class: "by mono" }, name),
  );
}

function line({ at, by, text, trace }) {
  const ours = by === "us";
  return h(
    "li",
    { class: `entry ${ours ? "said" : "heard"}` },
    h("span", { class: "unseen" }, ours ? "The assistant: " : "The other side: "),
    h("div", { class: "bubble" }, text),
    h("p", { class: "by" }, time(at), trace?.startsWith("t_") ? [" · ", h("a", { href: address("traces", [trace]) }, "its way")] : null),
  );
}
