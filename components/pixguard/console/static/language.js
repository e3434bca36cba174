// The two languages: the reader's choice, else the browser's.
import texts from "./texts.json" with { type: "json" };

const NAMES = { en: "en", pt: "pt-BR" };
const KEY = "pixguard-language";
let current = localStorage.getItem(KEY) ?? (navigator.language.toLowerCase().startsWith("pt") ? "pt" : "en");
if (!(current in texts)) current = "en";

export const language = () => NAMES[current];
export const languageKey = () => current;
export const other = () => (current === "en" ? "pt" : "en");

export function choose(name) {
  current = name;
  localStorage.setItem(KEY, name);
}

/** The text of a key, with {names} filled in. */
export function t(key, values = {}) {
  const text = texts[current][key] ?? texts.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The text of a word that the server uses, or the word itself where we have none for it. */
export function word(kind, name) {
  const key = `${kind}.${name}`;
  return key in texts[current] ? t(key) : String(name).replaceAll("_", " ");
}
