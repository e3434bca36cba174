// Who released what, when and why, as Git has it.
import { h, redraw } from "./dom.js";
import { figure, moment } from "./format.js";
import { t, word } from "./language.js";
import { card, row, table } from "./parts.js";

const FIRST = 6;

export function releases() {
  const list = h("div");
  return {
    root: card("releases", t("releases"), h("p", { class: "soft" }, t("releases_help")), list),
    releases(found) {
      redraw(list, found, () => {
        if (!found.length) return h("p", { class: "hint" }, t("no_releases"));
        const lines = found.map(entry);
        return [
          h("ol", { class: "history" }, lines.slice(0, FIRST)),
          lines.length > FIRST && h("details", {}, h("summary", {}, t("older", { count: lines.length - FIRST })),
            h("ol", { class: "history" }, lines.slice(FIRST))),
        ];
      });
    },
  };
}

function entry({ commit, who, when, what, title, version, serves, why, evidence }) {
  const figures = Object.entries(evidence).filter(([, pair]) => Array.isArray(pair));
  return h("li", { "data-what": what },
    h("p", {}, h("span", { class: "badge", "data-what": what }, word("action", what)), h("code", {}, version ?? ""),
      h("span", { class: "soft" }, served(serves))),
    h("p", { class: "soft" }, `${moment(when)} · ${who} · `, h("code", {}, commit.slice(0, 12))),
    !version && h("p", {}, title),
    (why.length > 0 || figures.length > 0) && h("details", {}, h("summary", {}, t("why")),
      h("ul", { class: "why", lang: "en" }, why.map((each) => h("li", {}, each))),
      figures.length > 0 && table(t("evidence"), [t("check"), t("canary"), t("stable")],
        figures.map(([name, [canary, stable]]) => row(word("check", name), figure(canary), figure(stable))))));
}

function served(serves) {
  if (!serves) return t("unreadable_file");
  const { stable, canary, percent } = serves;
  return canary ? t("shared", { stable: `${stable} ${100 - percent} %`, canary: `${canary} ${percent} %` }) : t("alone", { version: stable });
}
