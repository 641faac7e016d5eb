/* Who somebody is, in words. */

import { h } from "./dom.js";

const UNSEEN = /(?<!\p{Extended_Pictographic}|\ufe0f)\u200d|[\p{Cc}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|(?!\u200d)\p{Cf}/gu;

/* A name that somebody gave himself: what cannot be seen, or turns the direction of what can, by its number. */
export function plain(name) {
  return h("bdi", {}, String(name).replace(UNSEEN, (found) => `⟨U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`));
}

const CHANNELS = { telegram: "Telegram", whatsapp: "WhatsApp", sms: "Text messages", voice: "Telephone", salesmsg: "SalesMsg", quo: "Quo", webchat: "Web or terminal", cron: "Jobs", heartbeat: "Heartbeat" };

/* "sms" → "Text messages" */
export function channelName(channel) {
  return CHANNELS[channel] ?? channel;
}

/* "operator:openclaw-control-ui" → "this page" */
export function byWhom(actor) {
  if (!actor) return "";
  if (actor === "operator:openclaw-control-ui") return "this page";
  if (actor === "operator:cli") return "the command line";
  return actor.replace(/^operator:/, "a program: ");
}
