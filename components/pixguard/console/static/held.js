// The payments that wait for a person: why each is held, how long it still may be, and what the analyst finds.
import { h, redraw, say } from "./dom.js";
import { ago, feature, moment, money, number, percent, short } from "./format.js";
import { languageKey, t, word } from "./language.js";
import { card } from "./parts.js";

const SITUATIONS = ["SCAM", "ACCOUNT_TAKEOVER", "COERCION", "FRAUDULENT_ACCESS", "OTHER", "UNKNOWN"];

export function held(send, tell) {
  const summary = h("p", { class: "soft" });
  const list = h("ol", { class: "queue" });
  const given = h("div");
  const items = new Map(); // id → {root, update}
  let now = new Date().toISOString();
  let newest = null;
  // Nothing moves under a hand: while somebody is in the queue, what is new goes to its end.
  const busy = () => list.matches(":hover") || list.contains(document.activeElement);
  for (const event of ["pointerleave", "focusout"]) list.addEventListener(event, () => setTimeout(() => newest && draw(newest)));

  async function give(identity, verdict, item) {
    const [status, answer] = await send("/api/verdicts", { end_to_end_id: identity, ...verdict });
    const good = status === 200 || status === 201;
    item.said(good ? "" : answer.error ?? t("no_answer"));
    if (!good) return;
    tell(t("verdict_saved"));
    drop(identity);
  }

  /** Takes a payment out; whoever was in it goes on with the next. */
  function drop(identity) {
    const root = items.get(identity)?.root;
    const next = root?.contains(document.activeElement) && (root.nextElementSibling ?? root.previousElementSibling);
    items.delete(identity);
    root?.remove();
    if (next) next.querySelector("summary").focus();
  }

  function draw(found) {
    newest = found;
    const still = busy();
    const shown = new Set(found.shown.map((each) => each.end_to_end_id));
    for (const identity of [...items.keys()]) if (!shown.has(identity)) drop(identity);
    found.shown.forEach((each, place) => {
      const known = items.get(each.end_to_end_id);
      const item = known ?? payment(each, give, items.size === 0);
      items.set(each.end_to_end_id, item);
      if (still && !known) list.append(item.root);
      else if (!still && list.children[place] !== item.root) list.insertBefore(item.root, list.children[place] ?? null);
      item.update(now);
    });
  }

  return {
    root: card("held", t("held"), summary, list, given),
    live({ at }) {
      now = at;
      for (const item of items.values()) item.update(now);
    },
    held(found) {
      say(summary, found.waiting
        ? t("held_summary", { count: number(found.waiting), money: money(found.at_risk_centavos), overdue: number(found.overdue) })
        : t("held_none"));
      draw(found);
      redraw(given, found.given, (verdicts) => recent(verdicts, send, tell, now));
    },
  };
}

function payment(found, give, open) {
  const left = h("span", { class: "badge" });
  const problem = h("p", { class: "trouble", role: "alert" });
  const item = { said: (text) => say(problem, text) };
  const { payment: told } = found;
  const facts = [
    [t("payer"), h("code", { title: told.payer_id }, short(told.payer_id)), known(told.payer_account_age_days)],
    [t("payee"), h("code", { title: told.payee_id }, short(told.payee_id)), known(told.payee_account_age_days)],
    [t("how"), [told.purpose, told.initiation, told.key_type && `${t("key")} ${told.key_type}`, told.payer_region].filter(Boolean).join(" · ")],
    [t("device"), told.device_registered === undefined ? t("unknown") : t(told.device_registered ? "registered" : "unregistered")],
    [t("decided_by"), h("code", {}, found.version), ` ${moment(found.decided_at)}`],
    [t("rules"), found.rules.map((rule) => word("rule", rule)).join(", ")],
    found.degraded.length > 0 && [t("degraded"), found.degraded.join(", ")],
    [t("identity"), h("code", { class: "whole" }, found.end_to_end_id)],
  ].filter(Boolean);
  item.root = h("li", {}, h("details", { open },
    h("summary", {}, h("b", { class: "amount" }, money(told.amount_centavos)),
      h("span", {}, t("fraud_chance", { share: percent(found.probability) })), left),
    h("div", { class: "case" }, reasons(found.reasons),
      h("dl", { class: "facts" }, facts.map(([name, ...values]) => h("div", {}, h("dt", {}, name), h("dd", {}, values)))),
      verdict((said) => give(found.end_to_end_id, said, item)), problem)));
  item.update = (now) => {
    const minutes = Math.ceil((new Date(found.until) - new Date(now)) / 60000);
    left.classList.toggle("bad", minutes <= 5);
    say(left, minutes > 0 ? t("minutes_left", { minutes }) : t("time_up"));
  };
  return item;
}

const known = (days) => (days === undefined ? "" : ` ${t("account_age", { days: number(days) })}`);

function reasons(found) {
  const largest = Math.max(...found.map((each) => Math.abs(each.contribution)), 1e-9);
  return h("ul", { class: "reasons", "aria-label": t("reasons") }, found.map((each) => {
    const up = each.contribution > 0;
    const bar = h("span", { class: "size", "aria-hidden": "true" });
    bar.style.inlineSize = `${(100 * Math.abs(each.contribution)) / largest}%`;
    const [name, value] = each.words?.[languageKey()] ?? [h("code", {}, each.feature), feature(each.feature, each.value)];
    return h("li", { class: up ? "up" : "down" }, h("span", { title: each.feature }, name), h("b", {}, value),
      h("span", { class: "way" }, t(up ? "raises" : "lowers")), h("span", { class: "sizes" }, bar));
  }));
}

function verdict(give) {
  const choice = h("select", { "aria-label": t("situation") },
    SITUATIONS.map((each) => h("option", { value: each }, word("situation", each))));
  const fraud = h("button", { type: "button", class: "bad", "aria-expanded": "false" }, t("fraud"));
  const honest = h("button", { type: "button", onclick: () => give({ is_fraud: false, situation: null }) }, t("no_fraud"));
  const save = h("button", { type: "button", class: "bad", onclick: () => give({ is_fraud: true, situation: choice.value }) }, t("save"));
  const more = h("div", { class: "actions", hidden: true }, choice, save,
    h("button", { type: "button", class: "quiet", onclick: () => toggle(false) }, t("cancel")));
  function toggle(open) {
    more.hidden = !open;
    fraud.setAttribute("aria-expanded", String(open));
    (open ? choice : fraud).focus();
  }
  fraud.addEventListener("click", () => toggle(more.hidden));
  return h("div", {}, h("div", { class: "actions" }, fraud, honest), more);
}

function recent(verdicts, send, tell, now) {
  if (!verdicts.length) return [];
  return [
    h("h3", {}, t("given")),
    h("ul", { class: "given" }, verdicts.map((each) => h("li", {},
      h("span", { class: `badge ${each.is_fraud ? "failed" : "passed"}` },
        each.is_fraud ? word("situation", each.situation) : t("no_fraud")),
      h("code", { title: each.end_to_end_id }, short(each.end_to_end_id)),
      h("span", { class: "soft" }, t("by", { who: each.by, ago: ago(each.known_at, now) })),
      h("button", { type: "button", class: "quiet", onclick: () => correct(each, send, tell) },
        t(each.is_fraud ? "correct_honest" : "correct_fraud"))))),
  ];
}

async function correct(before, send, tell) {
  const situation = before.is_fraud ? null : "UNKNOWN";
  const [status, answer] = await send("/api/verdicts", {
    end_to_end_id: before.end_to_end_id, is_fraud: !before.is_fraud, situation, correct: true });
  tell(status < 300 ? t("verdict_saved") : answer.error ?? t("no_answer"));
}
