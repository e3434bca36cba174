// What those who watch the model found: drift by feature, and performance by the age of the labels.
import { h, redraw, svg } from "./dom.js";
import { figure, moment, number, percent } from "./format.js";
import { t, word } from "./language.js";
import { card, row, stacked } from "./parts.js";

const FIRST = 10;

export function watched() {
  const [drift, performance] = [h("div"), h("div")];
  return {
    root: h("div", { class: "group" }, card("drift", t("drift"), drift), card("performance", t("performance"), performance)),
    watch(found) {
      redraw(drift, found.drift, (each) => shown(each, drifted));
      redraw(performance, found.performance, (each) => shown(each, performed));
    },
  };
}

function shown(each, make) {
  if (each.missing) return h("p", { class: "hint" }, t("not_watched"), " ", h("code", {}, "pixguard run watch_model"));
  if (each.problem) return h("p", { class: "trouble" }, t("unreadable", { why: each.problem }));
  const { version, at } = each.found;
  return [h("p", { class: "soft" }, t("computed", { version, when: moment(at) })), make(each.found)];
}

function drifted({ features, rows, day }) {
  const alarms = features.filter((each) => each.state === "alarm");
  const heads = [t("feature"), "PSI", t("missing_share"), t("missing_before"), t("verdict")];
  const lines = features.map((each) => row(h("code", {}, each.name), figure(each.psi), percent(each.missing),
    percent(each.missing_before), h("span", { class: `badge ${each.state}` }, word("drift", each.state))));
  const lead = alarms.length ? t("drifted", { names: alarms.map((each) => each.name).join(", ") }) : t("no_drift");
  return [
    h("p", { class: alarms.length ? "lead trouble" : "lead" }, lead),
    h("p", { class: "soft" }, t("drift_rows", { rows: number(rows), day })),
    stacked(t("drift"), heads, lines.slice(0, FIRST)),
    lines.length > FIRST && h("details", {}, h("summary", {}, t("more_features", { count: lines.length - FIRST })),
      stacked(t("drift"), heads, lines.slice(FIRST))),
  ];
}

function performed({ by_label_age: ages, false_positive_rate: rate }) {
  const heads = [t("label_age"), t("payments"), t("frauds"), t("average_precision"), t("recall", { rate: percent(rate) })];
  const lines = ages.map((each) => row(t("days", { days: number(each.age_days) }), number(each.payments),
    number(each.frauds), interval(each.average_precision), interval(each.recall)));
  return [h("p", { class: "soft" }, t("performance_help")), stacked(t("performance"), heads, lines)];
}

function interval({ estimate, low, high }) {
  if (estimate === null) return "–";
  const picture = svg("svg", { class: "interval", viewBox: "0 0 100 12", "aria-hidden": "true" },
    svg("path", { class: "grid", d: "M0 6H100" }),
    low !== null && svg("path", { class: "range", d: `M${100 * low} 6H${100 * high}` }),
    svg("circle", { cx: 100 * estimate, cy: 6, r: 3.5 }));
  const range = low === null ? "" : ` (${percent(low)}–${percent(high)})`;
  return h("span", { class: "estimate" }, picture, h("span", {}, h("b", {}, percent(estimate)), range));
}
