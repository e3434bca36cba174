// How much comes, how much fails, and how long it takes: at the door as Envoy counts it, and within the server.
import { h } from "./dom.js";
import { chart } from "./chart.js";
import { figure, milliseconds, number, percent } from "./format.js";
import { t } from "./language.js";
import { card, stat } from "./parts.js";

export function traffic() {
  const [rate, setRate] = stat(t("rate"));
  const [errors, setErrors] = stat(t("errors"));
  const [typical, setTypical] = stat(t("typical"));
  const [slow, setSlow] = stat(t("slow"));
  const volume = chart({ title: t("rate_chart"), unit: (value) => `${figure(value)}/s`, fill: true,
    lines: [{ key: "rate", name: t("decided"), tone: "calm" }] });
  const latency = chart({ title: t("latency_chart"), unit: milliseconds,
    lines: [{ key: "p99", name: "p99", tone: "second" }, { key: "p50", name: "p50", tone: "calm" }] });
  return {
    root: card("traffic", t("traffic"), h("p", { class: "soft" }, t("last_minute")),
      h("dl", { class: "stats" }, rate, errors, typical, slow), volume.root, latency.root),
    live({ minute: { door, decided }, series }) {
      setRate(`${figure(door.per_second)}/s`, t("in_seconds", { count: number(door.requests), seconds: number(door.seconds) }));
      setErrors(percent(door.requests ? door.errors / door.requests : null), t("of_requests", { count: number(door.errors) }));
      setTypical(milliseconds(door.p50_ms), t("server", { time: milliseconds(decided.server_p50_ms) }));
      setSlow(milliseconds(door.p99_ms), t("server", { time: milliseconds(decided.server_p99_ms) }));
      volume.update(series);
      latency.update(series);
    },
  };
}
