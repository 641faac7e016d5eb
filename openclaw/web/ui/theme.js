/* Light, dark, or what the machine says. */

export const THEMES = [
  ["auto", "Automatic colours"],
  ["light", "Light"],
  ["dark", "Dark"],
];

export function currentTheme() {
  try {
    return localStorage.getItem("theme") ?? "auto";
  } catch {
    return "auto"; // storage may be switched off
  }
}

export function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    return; // it lasts for this page only
  }
}
