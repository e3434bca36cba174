// Elements out of data. Text goes in as text nodes only: nothing that came from anywhere is ever read as markup.
const SVG = "http://www.w3.org/2000/svg";

export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets text where it differs, so that a screen reader and a selection are left in peace. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Replaces what is in `element` when `data` is new; `make` returns the children. */
export function redraw(element, data, make) {
  const key = JSON.stringify(data);
  if (element.drawn === key) return;
  element.drawn = key;
  element.replaceChildren(...[make(data)].flat(Infinity).filter(Boolean));
}
