// What serves now; while a canary runs, its share, its steps and the evidence as the advancer would judge it.
import { h, redraw } from "./dom.js";
import { ago, figure, milliseconds, moment, number, percent } from "./format.js";
import { t, word } from "./language.js";
import { card, row, table } from "./parts.js";

const STAGES = [0, 5, 25, 50, 100];
const MILLISECONDS = /latency/;
const COUNTS = /^(seconds|pairs|requests|timed_requests|logged_decisions|ready)$/;
const PLAIN = /score_shift/;
const ORDER = { failed: 0, undecided: 1, passed: 2 };

export function serving() {
  const [head, behind, bar, steps, trial, versions, troubles] = Array.from({ length: 7 }, () => h("div"));
  return {
    root: card("serving", t("serving"), head, troubles, behind, bar, steps, trial, versions),
    live({ at, standing, trial: judged, versions: figures, problems }) {
      const since = standing.since && [moment(standing.since), ago(standing.since, at)];
      redraw(head, [standing, since], () => headline(standing, since));
      redraw(troubles, [standing.refused, standing.troubles, problems], () =>
        [standing.refused && t("refused", { why: standing.refused }), ...standing.troubles, ...problems]
          .filter(Boolean).map((text) => h("p", { class: "trouble" }, text)));
      redraw(behind, standing.behind, (late) => late && h("p", { class: "hint" }, t("behind")));
      redraw(bar, standing.shares, shares);
      redraw(steps, [standing.kind, standing.asked], () => stages(standing));
      redraw(trial, [standing.kind, judged], () => standing.kind === "canary" && evidence(judged));
      redraw(versions, [standing.shares, figures], () => compared(standing.shares, figures));
    },
  };
}

function headline(standing, since) {
  const { kind, asked, by, why } = standing;
  const text = kind === "canary" ? t("canary_at", { percent: asked.percent }) : word("state", kind);
  const who = since && h("p", { class: "soft" }, t("since", { when: since[0], ago: since[1], who: by }));
  const names = {
    canary: () => t("beside", { canary: asked.canary, stable: asked.stable }),
    rolled_back: () => t("serves_again", { version: standing.version, stable: asked?.stable }),
    serving: () => t("all_traffic", { version: asked?.stable }),
    not_ready: () => t("should_serve", { version: asked?.stable }),
    nothing: () => t("nothing_help"),
    away: () => t("away_help"),
  }[kind];
  return [
    h("p", { class: "headline", "data-kind": kind }, text),
    h("p", { class: "lead" }, names()),
    kind === "rolled_back" && h("ul", { class: "why" }, why.slice(0, 4).map((each) => h("li", {}, each))),
    kind !== "away" && who,
  ];
}

function shares(found) {
  if (!found.length) return [];
  const parts = found.map((each) => {
    const part = h("div", { class: `share ${each.role}` });
    part.style.flexGrow = each.percent;
    return part;
  });
  return [
    h("div", { class: "bar", "aria-hidden": "true" }, parts),
    h("ul", { class: "legend" }, found.map((each) => h("li", { class: `key ${each.role}` },
      h("span", {}, `${word("role", each.role)} `), h("b", {}, `${each.percent} %`), h("code", {}, each.name),
      !each.ready && h("span", { class: "badge bad" }, t("not_ready"))))),
  ];
}

function stages({ kind, asked }) {
  if (kind !== "canary") return [];
  return h("ol", { class: "steps", "aria-label": t("steps") }, STAGES.map((stage) => {
    const state = stage < asked.percent ? "done" : stage === asked.percent ? "here" : "ahead";
    return h("li", { class: state, "aria-current": state === "here" ? "step" : undefined },
      stage === 100 ? t("everyone") : `${stage} %`);
  }));
}

function evidence(judged) {
  if (!judged) return [];
  if (!judged.began) return h("p", { class: "hint" }, t("no_advancer"), " ", h("code", {}, "pixguard advance --watch"));
  const checks = [...judged.checks].sort((a, b) => ORDER[a.outcome] - ORDER[b.outcome]);
  const open = checks.filter((check) => check.outcome !== "passed");
  const passed = checks.filter((check) => check.outcome === "passed");
  const next = { hold: t("next_hold"), rollback: t("next_rollback"), promote: t("next_promote"),
    advance: t("next_advance", { percent: judged.next }) }[judged.action];
  return [
    h("h3", {}, t("evidence")),
    h("p", {}, next),
    open.length > 0 && judgements(t("open_checks"), open),
    h("details", {}, h("summary", {}, t("passed_checks", { count: passed.length })), judgements(t("evidence"), passed)),
  ];
}

function judgements(caption, checks) {
  const heads = [t("check"), t("canary"), t("stable"), t("verdict")];
  return table(caption, heads, checks.flatMap((check) => {
    const shown = (value) => shape(check.name, value);
    const outcome = h("span", { class: `badge ${check.outcome}` }, word("outcome", check.outcome));
    const line = row(word("check", check.name), shown(check.canary), shown(check.stable), outcome);
    if (check.outcome === "passed") return line;
    line.className = "told";
    return [line, h("tr", {}, h("td", { class: "soft", colspan: 4, lang: "en" }, check.reason))];
  }));
}

function shape(name, value) {
  if (value === null) return "–";
  if (MILLISECONDS.test(name)) return milliseconds(value);
  if (COUNTS.test(name)) return number(value);
  return PLAIN.test(name) ? figure(value) : percent(value);
}

function compared(found, figures) {
  const versions = found.filter((each) => figures[each.name]);
  if (!versions.length) return [];
  const heads = [t("quarter"), ...versions.map((each) => h("span", { class: `key ${each.role}` }, h("code", {}, each.name)))];
  const share = (part, whole) => percent(whole ? part / whole : null);
  const lines = [
    [t("requests"), ({ door }) => number(door?.requests)],
    [t("errors"), ({ door }) => number(door?.errors)],
    [t("typical"), ({ door }) => milliseconds(door?.p50_ms)],
    [t("slow"), ({ door }) => milliseconds(door?.p99_ms)],
    [t("stopped"), ({ decided }) => share(decided.decisions.hold + decided.decisions.reject, decided.total)],
    [t("degraded"), ({ decided }) => share(decided.degraded, decided.total)],
  ];
  return table(t("quarter"), heads, lines.map(([name, value]) => row(name, ...versions.map((each) => value(figures[each.name])))));
}
