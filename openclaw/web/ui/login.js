/* Who this browser is: a one-time code becomes a session in a cookie that no script can read. */

import { h } from "./dom.js";
import { busy, field } from "./parts.js";
import { codeIn } from "./place.js";

export async function signIn(code) {
  const answer = await post("/login", { code });
  if (!answer.ok) throw new Error(await reason(answer));
}

export async function signOut() {
  const answer = await post("/logout", {});
  if (!answer.ok) throw new Error(await reason(answer));
}

export async function signInScreen(enter, problem = null) {
  const code = h("input", { name: "code", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true });
  const send = h("button", { class: "primary" }, "Sign in");
  const said = h("p", { class: "notice", "data-tone": "bad", role: "alert", hidden: !problem }, problem);
  const submit = (event) => {
    event.preventDefault();
    busy(send, async () => {
      try {
        await signIn(codeOf(code.value));
        enter();
      } catch (error) {
        said.textContent = error.message;
        said.hidden = false;
        code.focus();
      }
    });
  };
  return h(
    "main",
    { class: "sign-in" },
    h("h1", {}, "OpenClaw"),
    said,
    h("p", {}, "This browser is not signed in. On the machine where OpenClaw runs, ask for a link and open it here:"),
    h("pre", { class: "code" }, "openclaw dashboard"),
    h("form", { onsubmit: submit }, field("Or paste the link or its code", code), send),
    await houseState(),
  );
}

function codeOf(pasted) {
  const text = pasted.trim();
  return codeIn(text.slice(Math.max(0, text.indexOf("#")))) ?? text;
}

/* Open to everybody, so that a browser that is not signed in still sees whether the house is up. */
async function houseState() {
  try {
    const { ready, reasons } = await (await fetch("/readyz")).json();
    const words = ready ? "OpenClaw is running." : reasons.map((each) => each.reason).join(" ");
    return h("p", { class: "connection", "data-state": ready ? "online" : "connecting" }, h("span", { class: "dot", "aria-hidden": "true" }), words);
  } catch {
    return h("p", { class: "connection", "data-state": "offline" }, h("span", { class: "dot", "aria-hidden": "true" }), "OpenClaw does not answer.");
  }
}

function post(path, body) {
  return fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function reason(answer) {
  try {
    return (await answer.json()).error.message;
  } catch {
    return `OpenClaw answered ${answer.status}`;
  }
}
