/* The frame around every page: navigation, connection, theme, and the way from the address to a page.
 *
 * A page is a module `ui/pages/<name>.js`, named in `ui/pages.js`, with
 *
 *   export const title = "Traces";
 *   export function mount(root, rpc, place) { … }
 *
 *   root   an empty <section>, in the document already. The page owns what is inside, the shell what is around.
 *          A page begins with pageHead(title, …) of ui/parts.js: the <h1> takes the focus when one arrives.
 *   rpc    ui/rpc.js: `await rpc.call("traces.list", {limit: 50})`; `rpc.on("chat", payload => …)` returns its own
 *          undoing; `rpc.has("cron.add")` tells whether the house knows a method; `rpc.may("operator.admin")`.
 *          The event "online" comes after each reconnection: read again what you show.
 *   place  the address `#/traces/t_1?outcome=refused` as {page: "traces", parts: ["t_1"], query: URLSearchParams}.
 *          A link is an ordinary <a href="#/traces/t_1">; `go("#/…")` of ui/place.js where there is none to click.
 *   return nothing, or a function that is called when the page is left. Subscriptions made through the `rpc` that
 *          mount is given, and timers made with its `every(seconds, work)`, end by themselves.
 *
 * mount may be async. What it throws is shown with a button to try again; say errors of single actions with
 * toast(error) of ui/parts.js. A changed address mounts the page anew.
 *
 * What waits for the owner on a page stands as a number beside its name in the navigation: ui/waiting.js.
 *
 * Everything shown is made with h() of ui/dom.js, which knows text and elements but no HTML. Colours, spacings and the
 * classes that are there for pages: ui/style.css, first comment.
 */

import { h, replace } from "./dom.js";
import { failure, loading, toast } from "./parts.js";
import { GROUPS, PAGES } from "./pages.js";
import { readPlace, codeIn } from "./place.js";
import { Rpc } from "./rpc.js";
import { signIn, signInScreen, signOut } from "./login.js";
import { THEMES, currentTheme, setTheme } from "./theme.js";
import { badge, watchWaiting } from "./waiting.js";

const rpc = new Rpc(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
let leave = () => {};
let visit = 0;
let broken = false;

const main = h("main", { id: "main", tabindex: "-1" });
const state = h("p", { class: "connection", role: "status" });
const mastState = h("p", { class: "connection mast-state", "aria-hidden": "true" });
const menu = h("button", { class: "menu", "aria-expanded": "false", "aria-controls": "nav" }, "Menu");
const nav = h("nav", { id: "nav", "aria-label": "Pages" });

menu.addEventListener("click", () => openMenu(menu.getAttribute("aria-expanded") !== "true"));

function openMenu(open) {
  menu.setAttribute("aria-expanded", String(open));
  document.body.classList.toggle("menu-open", open);
}

function frame() {
  replace(
    document.body,
    h("a", { class: "skip", href: "#main", onclick: (event) => (event.preventDefault(), main.focus()) }, "Skip to the page"),
    h("header", { class: "side" }, h("div", { class: "mast" }, h("a", { class: "wordmark", href: "#/chat" }, "OpenClaw"), mastState, menu), nav),
    main,
  );
  replace(nav, ...GROUPS.map(group), h("div", { class: "foot" }, state, themePicker(), signOutButton()));
  showState();
}

function group(name) {
  const links = PAGES.filter((page) => page.group === name).map((page) =>
    h("li", {}, h("a", { href: `#/${page.name}`, "data-page": page.name }, page.title)),
  );
  return links.length ? h("div", { class: "group" }, h("h2", {}, name), h("ul", {}, links)) : null;
}

function themePicker() {
  const select = h(
    "select",
    { "aria-label": "Colours", onchange: () => setTheme(select.value) },
    THEMES.map(([value, label]) => h("option", { value, selected: value === currentTheme() }, label)),
  );
  return select;
}

function signOutButton() {
  return h("button", { class: "quiet", onclick: () => signOut().then(() => location.reload(), toast) }, "Sign out");
}

function showState() {
  const words = { online: "Connected", connecting: "Connecting…", offline: "Not connected", stopping: "Stopping…" };
  for (const node of [state, mastState]) {
    node.dataset.state = rpc.state;
    replace(node, h("span", { class: "dot", "aria-hidden": "true" }), words[rpc.state] ?? "");
  }
}

async function show() {
  const place = readPlace(location.hash);
  const page = PAGES.find((each) => each.name === place.page) ?? PAGES[0];
  const mine = ++visit;
  broken = false;
  openMenu(false);
  leave();
  for (const link of nav.querySelectorAll("a")) {
    if (link.dataset.page === page.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const root = h("section", { class: `page page-${page.name}` }, loading());
  replace(main, root);
  const borrowed = rpc.borrowed();
  leave = () => borrowed.end();
  try {
    const module = await import(`./pages/${page.name}.js`);
    if (mine !== visit) return;
    document.title = `${module.title} · OpenClaw`;
    replace(root);
    const left = await module.mount(root, borrowed, { ...place, page: page.name });
    const done = () => (borrowed.end(), typeof left === "function" && left());
    if (mine !== visit) return done();
    leave = done;
    const heading = root.querySelector("h1");
    if (heading && !root.contains(document.activeElement)) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  } catch (error) {
    if (mine !== visit) return;
    broken = true;
    replace(root, failure(error, show));
  }
}

async function askToSignIn() {
  document.body.classList.remove("menu-open");
  document.title = "Sign in · OpenClaw";
  replace(document.body, await signInScreen(enter));
}

let entered = false;

function enter() {
  entered = true;
  frame();
  show();
  rpc.open();
}

rpc.on("state", () => {
  if (rpc.state === "signed-out") {
    entered = false;
    leave();
    rpc.close();
    askToSignIn();
  } else showState();
});
rpc.on("online", () => broken && show());
rpc.on("alert", (alert) => toast(alert.text));
const waiting = new Map();
watchWaiting(rpc, (page, count) => {
  const link = nav.querySelector(`[data-page=${page}]`);
  if (link) badge(link, count);
  badge(menu, [...waiting.set(page, count).values()].reduce((all, each) => all + each, 0));
});
addEventListener("hashchange", () => {
  if (codeIn(location.hash)) arrive();
  else if (entered) show();
});
addEventListener("keydown", (event) => event.key === "Escape" && openMenu(false));

async function arrive() {
  const code = codeIn(location.hash);
  if (!code) return enter();
  // Out of the address bar and the history before anything is awaited: it is a secret until it is used.
  history.replaceState(null, "", "/");
  try {
    await signIn(code);
    enter();
  } catch (error) {
    replace(document.body, await signInScreen(enter, error.message));
  }
}

setTheme(currentTheme());
arrive();
