/* The pages that there are, in the order of the navigation; each is ui/pages/<name>.js. */

export const GROUPS = ["Talk", "Business", "House"];

export const PAGES = [
  { name: "chat", title: "Chat", group: "Talk" },
  { name: "sessions", title: "Sessions", group: "Talk" },
  { name: "traces", title: "Traces", group: "Talk" },
];
