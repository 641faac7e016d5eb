/* The config: as a form, and as the file it is. */

import { h, replace } from "../dom.js";
import { empty, loading, pageHead, toast } from "../parts.js";
import { guarded, tabs } from "../panes.js";
import { changes, form } from "../settings/form.js";
import { draft, file } from "../settings/file.js";
import { pendingNotice, runningProblems } from "../settings/saving.js";

export const title = "Settings";

/* The schema of this very daemon; another connection may lead to another version. */
const known = { connection: null, described: null };

async function schemaOf(rpc) {
  const connection = rpc.hello?.server?.connId ?? null;
  if (!known.described || known.connection !== connection) Object.assign(known, { connection, described: await rpc.call("config.schema") });
  return known.described;
}

export async function mount(root, rpc, place) {
  const [part = "form", which = null] = place.parts;
  const body = h("div", { class: "panel" }, loading());
  const notices = h("div", { class: "panel notices" });
  replace(
    root,
    pageHead("Settings", { lead: "The config file, openclaw.json." }),
    tabs("Parts of Settings", [["#/settings/form", "Form", part !== "file"], ["#/settings/file", "File", part === "file"]]),
    notices,
    body,
  );
  if (!rpc.hello) await rpc.call("health");
  if (!rpc.may("operator.admin")) return replace(body, empty("This browser may not change the config."));
  const read = async () => {
    const config = await rpc.call("config.get");
    replace(notices, pendingNotice(config), runningProblems(config));
    if (part === "file") return file(body, rpc, config, again);
    form(body, rpc, config, await schemaOf(rpc), which, again);
  };
  rpc.on("config.changed", async () => {
    const config = await rpc.call("config.get");
    replace(notices, pendingNotice(config), runningProblems(config));
  });
  const again = () => read().catch(toast);
  await read();
  return guarded(() => changes.size > 0 || draft.now !== null);
}
