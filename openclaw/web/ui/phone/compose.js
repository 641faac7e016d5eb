/* A text is written: what each gate would say is told while it is typed. */

import { h, replace } from "../dom.js";
import { money, plural, time } from "../format.js";
import { chip, field, toast } from "../parts.js";
import { afterTyping } from "../panes.js";
import { address, go } from "../place.js";

const MOST = 1600;
const GATES = {
  "ten-dlc": "Registration",
  "gate-computer": "Number and age",
  "compliance-gate": "Consent and hours",
  "blast-safety": "Pace and volume",
  "thread-context": "Conversation",
  "response-generator": "Words",
};
const OUTCOMES = { allow: ["passes", "good"], defer: ["later", "warn"], hold: ["asks you", "warn"], block: ["refuses", "bad"] };
const NUMBER = /^\+[1-9]\d{7,14}$/;

/* `number` fixed where there is a thread; `sent` is called once it has been handed in, else its thread is opened. */
export function composer(rpc, house, number, sent) {
  return new Composer(rpc, house, number, sent).node;
}

class Composer {
  #rpc;
  #sent;
  #to;
  #from;
  #asked = 0;
  #verdict = null;
  #body = h("textarea", { rows: "3", placeholder: "Write a text", oninput: () => this.#typed() });
  #send = h("button", { class: "primary", disabled: true }, "Send");
  #size = h("p", { class: "muted size" });
  #said = h("p", { class: "verdict", role: "status" });
  #gates = h("ul", { class: "gates", "aria-label": "What each check says" });

  constructor(rpc, house, number, sent) {
    this.#rpc = rpc;
    this.#sent = sent;
    const fixed = sent !== null;
    this.#to = h("input", { type: "tel", value: number, placeholder: "+12015550123", autocomplete: "off", oninput: () => this.#typed() });
    this.#from = h("select", { onchange: () => this.#typed() }, house.texting.map(({ account, number: own }) => h("option", { value: account }, own || account)));
    const several = house.texting.length > 1;
    this.node = h(
      "form",
      { class: "compose", onsubmit: (event) => (event.preventDefault(), this.#submit()) },
      fixed && !several ? null : h("div", { class: "compose-ends" }, fixed ? null : field("To", this.#to, "With its country, as in +12015550123."), several ? field("From", this.#from) : null),
      field("Text", this.#body),
      h("div", { class: "compose-foot" }, this.#size, this.#send),
      this.#said,
      this.#gates,
    );
    this.#ask = afterTyping(() => this.#explain());
    this.#tell();
    if (number && !fixed) this.#body.autofocus = true;
  }

  #ask;

  get #number() {
    return this.#to.value.replace(/[\s().-]/g, "");
  }

  #typed() {
    // What was said of other words says nothing of these.
    this.#verdict = null;
    this.#asked++;
    this.#tell();
    if (this.#complete()) this.#ask();
  }

  #complete() {
    return NUMBER.test(this.#number) && this.#body.value.trim() !== "" && this.#body.value.length <= MOST;
  }

  async #explain() {
    const mine = ++this.#asked;
    try {
      const verdict = await this.#rpc.call("compliance.explain", { to: this.#number, text: this.#body.value, purpose: "api", channel: "sms", account: this.#from.value || "default" });
      if (mine !== this.#asked) return;
      this.#verdict = verdict;
      this.#tell();
    } catch (error) {
      if (mine === this.#asked) this.#say(null, error.message, "bad");
    }
  }

  #tell() {
    const long = this.#body.value.length > MOST;
    const verdict = this.#complete() ? this.#verdict : null;
    const facts = verdict?.gates.find((gate) => gate.gate === "gate-computer")?.evidence ?? {};
    replace(
      this.#size,
      [
        this.#body.value ? `${plural(this.#body.value.length, "character")}${long ? `, ${MOST} at most` : ""}` : "",
        facts.segments ? plural(facts.segments, "segment") : "",
        facts.estimatedCost != null ? `about ${money(facts.estimatedCost)}` : "",
      ].filter(Boolean).join(" · "),
    );
    const outcome = verdict?.outcome;
    this.#send.disabled = !verdict || outcome === "block";
    this.#send.textContent = { defer: "Send later", hold: "Hand in" }[outcome] ?? "Send";
    this.#say(...said(verdict));
    this.node.dataset.outcome = outcome ?? "";
    replace(this.#gates, (verdict?.gates ?? []).map((gate) => gateRow(gate, gate.gate === verdict.gate)));
  }

  #say(head, words, tone = null) {
    replace(this.#said, head, words);
    this.#said.dataset.tone = tone ?? "";
  }

  async #submit() {
    if (!this.#complete()) return;
    this.#asked++;
    const to = this.#number;
    let answer;
    try {
      answer = await this.#rpc.call("phone.sms", { to, body: this.#body.value, from: this.#from.value || null });
    } catch (error) {
      // The gates are asked again when it is handed in, and what they say then is what counts.
      await this.#explain();
      return this.#say(h("strong", {}, "Refused: "), error.message, "bad");
    }
    this.#body.value = "";
    this.#verdict = null;
    toast(sentNotice(answer));
    if (this.#sent) await this.#sent();
    else go(address("phone", ["texts", to]));
  }
}

function said(verdict) {
  if (!verdict) return [null, ""];
  const why = `${verdict.meaning || verdict.code}.`;
  switch (verdict.outcome) {
    case "block":
      return [h("strong", {}, "This would not be sent: "), why, "bad"];
    case "defer":
      return [h("strong", {}, `This would leave ${verdict.until ? time(verdict.until) : "later"}: `), why, "warn"];
    case "hold":
      return [h("strong", {}, "You would be asked before it leaves: "), why, "warn"];
    default:
      return [h("strong", {}, "Every check passes."), "", "good"];
  }
}

/* The sentence of the one that decides stands above them all. */
function gateRow(gate, decides) {
  const [words, tone] = OUTCOMES[gate.outcome] ?? [gate.outcome, null];
  return h(
    "li",
    { "data-outcome": gate.outcome },
    h("span", { class: "gate-name" }, GATES[gate.gate] ?? gate.gate),
    chip(words, tone),
    h("span", { class: "muted" }, decides ? "" : gate.meaning || "", gate.until ? ` Until ${time(gate.until)}.` : ""),
  );
}

function sentNotice({ status, reason, until }) {
  if (status === "deferred") return `It is kept and leaves ${time(until)}: ${reason}`;
  if (status === "held") return `It waits for your word, on the page Approvals: ${reason}`;
  return "It is on its way.";
}
