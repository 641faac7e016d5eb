/* The telephone: whose texts are answered, what was texted and called, and writing a text. */

import { h, replace } from "../dom.js";
import { empty, loading, pageHead } from "../parts.js";
import { tabs } from "../panes.js";
import { composer } from "../phone/compose.js";
import { calls, oneCall } from "../phone/calls.js";
import { numbers } from "../phone/numbers.js";
import { texts } from "../phone/threads.js";

export const title = "Phone";

const PARTS = [["texts", "Texts"], ["calls", "Calls"], ["numbers", "Authorised numbers"]];

export async function mount(root, rpc, place) {
  const [part = "texts", which = null] = place.parts;
  const body = h("div", { class: "panel" }, loading());
  replace(
    root,
    pageHead("Phone", { lead: "Texts and calls through your own number.", tools: rpc.may("operator.write") ? [h("a", { class: "button", href: "#/phone/new" }, "Write a text")] : [] }),
    tabs("Parts of Phone", PARTS.map(([name, words]) => [`#/phone/${name}`, words, name === part])),
    body,
  );
  const [status, { numbers: listed }] = await Promise.all([rpc.call("phone.status"), rpc.call("phone.numbers.list").catch((error) => ({ numbers: [], error }))]);
  const house = { ...status, authorised: new Set(listed.map((row) => row.number)) };
  switch (part) {
    case "calls":
      return which ? oneCall(body, rpc, which) : calls(body, rpc, house, place.query);
    case "numbers":
      return numbers(body, rpc, house);
    case "new":
      return replace(body, house.texting.length ? h("div", { class: "writing" }, h("h2", {}, "A new text"), composer(rpc, house, place.query.get("to") ?? "", null)) : notSetUp());
    default:
      return texts(body, rpc, house, which, notSetUp);
  }
}

function notSetUp() {
  return empty("No number is set up to text from.", "Set up channels.sms in the config: a Twilio account, its token and a number.");
}
