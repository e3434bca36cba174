// Lines over time, drawn as SVG: no canvas, so that colours follow the theme and a reader can walk along the points.
import { h, say, svg } from "./dom.js";
import { t } from "./language.js";

const WIDTH = 600;
const HEIGHT = 120;

/** `lines`: [{key, name, tone}]; `unit` formats a value; `least`: the smallest top of the scale. */
export function chart({ title, lines, unit, least = 1, fill = false }) {
  const paths = lines.map((line) => svg("path", { class: `line ${line.tone}`, "vector-effect": "non-scaling-stroke" }));
  const areas = fill ? lines.map((line) => svg("path", { class: `area ${line.tone}` })) : [];
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "grid", d: `M0 0.5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`,
      "vector-effect": "non-scaling-stroke" }), areas, paths);
  const cursor = h("div", { class: "cursor", hidden: true });
  const top = h("span", { class: "top" });
  const values = lines.map(() => h("b"));
  const when = h("span", { class: "when" });
  const keys = h("p", { class: "keys" },
    lines.map((line, i) => h("span", { class: `key ${line.tone}` }, `${line.name} `, values[i])), when);
  const stage = h("div", { class: "plot", tabindex: 0, role: "slider", "aria-label": title, "aria-valuemin": 0, "aria-valuenow": 0 },
    picture, cursor, top, h("span", { class: "from" }, t("quarter_ago")), h("span", { class: "to" }, t("now")));
  const root = h("figure", {}, h("figcaption", {}, title), keys, stage);
  let series = null;
  let chosen = null; // steps back from the newest

  function read() {
    if (!series) return;
    const count = series.lines[lines[0].key].length;
    const place = count - 1 - (chosen ?? 0);
    const seconds = (chosen ?? 0) * series.step_s;
    lines.forEach((line, i) => say(values[i], unit(series.lines[line.key][place])));
    say(when, chosen ? t("ago", { time: clock(seconds) }) : "");
    cursor.hidden = chosen === null;
    cursor.style.left = `${(100 * place) / (count - 1)}%`;
    const spoken = lines.map((line, i) => `${line.name} ${values[i].textContent}`).join(", ");
    stage.setAttribute("aria-valuemax", count - 1);
    stage.setAttribute("aria-valuenow", place);
    stage.setAttribute("aria-valuetext", `${chosen ? t("ago", { time: clock(seconds) }) : t("now")}: ${spoken}`);
  }

  function choose(steps) {
    const count = series ? series.lines[lines[0].key].length : 1;
    chosen = steps === null ? null : Math.min(Math.max(steps, 0), count - 1);
    read();
  }

  stage.addEventListener("pointermove", (event) => {
    const box = stage.getBoundingClientRect();
    const count = series ? series.lines[lines[0].key].length : 1;
    choose(Math.round((1 - (event.clientX - box.left) / box.width) * (count - 1)));
  });
  stage.addEventListener("pointerleave", () => choose(null));
  stage.addEventListener("blur", () => choose(null));
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: 1, ArrowDown: 1, ArrowRight: -1, ArrowUp: -1, PageUp: -12, PageDown: 12 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose((chosen ?? 0) + step);
  });

  return {
    root,
    update(found) {
      series = found;
      const highest = Math.max(least, ...lines.flatMap((line) => found.lines[line.key].map((value) => value ?? 0)));
      const scale = rounded(highest);
      lines.forEach((line, i) => {
        const d = path(found.lines[line.key], scale);
        paths[i].setAttribute("d", d);
        if (fill) areas[i].setAttribute("d", area(found.lines[line.key], scale));
      });
      say(top, unit(scale));
      read();
    },
  };
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;

/** The next of 1, 2, 5, 10 … */
function rounded(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

const point = (value, i, count, scale) =>
  `${((i * WIDTH) / (count - 1)).toFixed(1)} ${(HEIGHT - 1 - (value / scale) * (HEIGHT - 4)).toFixed(1)}`;

/** A gap where nothing is known; a lone point is a dot. */
function path(values, scale) {
  let pen = false;
  return values.map((value, i) => {
    if (value === null) {
      pen = false;
      return "";
    }
    const step = `${pen ? "L" : "M"}${point(value, i, values.length, scale)}${pen ? "" : "h0"}`;
    pen = true;
    return step;
  }).join("");
}

function area(values, scale) {
  const tops = values.map((value, i) => point(value ?? 0, i, values.length, scale));
  return `M0 ${HEIGHT}L${tops.join("L")}L${WIDTH} ${HEIGHT}Z`;
}
