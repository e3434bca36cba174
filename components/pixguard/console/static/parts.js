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

/** A table that a phone shows as one block a row; the roles keep it a table there. */
export function stacked(caption, heads, rows) {
  const found = table(caption, heads, rows);
  for (const [kind, role] of [["table", "table"], ["thead, tbody", "rowgroup"], ["tr", "row"], ["td", "cell"],
    ["thead th", "columnheader"], ["tbody th", "rowheader"]]) {
    for (const element of found.querySelectorAll(kind)) element.setAttribute("role", role);
  }
  found.querySelector("table").classList.add("stack");
  for (const line of rows) [...line.children].forEach((cell, i) => i && cell.setAttribute("data-head", heads[i]));
  return found;
}

export const row = (name, ...cells) =>
  h("tr", {}, h("th", { scope: "row" }, name), cells.map((cell) => h("td", { class: "right" }, cell)));
