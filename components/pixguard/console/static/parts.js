// What several cards are made of.
import { h, say } from "./dom.js";

export function card(id, title, ...children) {
  return h("section", { class: "card", "aria-labelledby": `${id}-title`, id }, h("h2", { id: `${id}-title` }, title), ...children);
}

/** A large number with its name below. Returns [element, set]. */
export function stat(name) {
  const value = h("dd");
  const note = h("dd", { class: "note" });
  return [h("div", { class: "stat" }, h("dt", {}, name), value, note), (text, more = "") => {
    say(value, text);
    say(note, more);
  }];
}

export function table(caption, heads, rows) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", {}, h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, heads.map((head, i) => h("th", { scope: "col", class: i ? "right" : "" }, head)))),
      h("tbody", {}, rows)));
}

export const row = (name, ...cells) =>
  h("tr", {}, h("th", { scope: "row" }, name), cells.map((cell) => h("td", { class: "right" }, cell)));
