// What was decided, from how much knowledge, and how fresh that was.
import { h } from "./dom.js";
import { chart } from "./chart.js";
import { duration, number, percent } from "./format.js";
import { t } from "./language.js";
import { card, stat } from "./parts.js";

export function decisions() {
  const stats = { hold: stat(t("held_share")), reject: stat(t("rejected_share")), degraded: stat(t("degraded")), age: stat(t("freshness")) };
  const share = (value) => percent(value === null ? null : value / 100);
  const stopped = chart({ title: t("stopped_chart"), unit: share, lines: [
    { key: "hold", name: t("held_share"), tone: "second" }, { key: "reject", name: t("rejected_share"), tone: "third" }] });
  const age = chart({ title: t("age_chart"), unit: duration, lines: [{ key: "age", name: t("freshness"), tone: "calm" }] });
  return {
    root: card("decisions", t("decisions"), h("p", { class: "soft" }, t("last_minute")),
      h("dl", { class: "stats" }, Object.values(stats).map(([element]) => element)), stopped.root, age.root),
    live({ minute: { decided }, series }) {
      const of = (count) => (decided.total ? count / decided.total : null);
      const said = (count) => t("of_decisions", { count: number(count), total: number(decided.total) });
      for (const each of ["hold", "reject"]) stats[each][1](percent(of(decided.decisions[each])), said(decided.decisions[each]));
      stats.degraded[1](percent(of(decided.degraded)), t("degraded_help"));
      stats.age[1](duration(decided.state_age_p50_s), t("freshness_help"));
      stopped.update(series);
      age.update(series);
    },
  };
}
