/* The pages that there are, in the order of the navigation; each is ui/pages/<name>.js. */

export const GROUPS = ["Talk", "Business", "House"];

export const PAGES = [
  { name: "chat", title: "Chat", group: "Talk" },
  { name: "sessions", title: "Sessions", group: "Talk" },
  { name: "traces", title: "Traces", group: "Talk" },
  { name: "approvals", title: "Approvals", group: "Talk" },
  { name: "phone", title: "Phone", group: "Business" },
  { name: "channels", title: "Channels", group: "House" },
  { name: "jobs", title: "Jobs", group: "House" },
  { name: "costs", title: "Costs", group: "House" },
  { name: "logs", title: "Logs", group: "House" },
  { name: "agents", title: "Agents", group: "House" },
  { name: "access", title: "Access", group: "House" },
  { name: "settings", title: "Settings", group: "House" },
];
