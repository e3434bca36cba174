// Numbers with their units, in the reader's language. What is not known is a dash.
import { language, t } from "./language.js";

const NOTHING = "–";
const known = (value) => typeof value === "number" && Number.isFinite(value);
const format = (value, options) => new Intl.NumberFormat(language(), options).format(value);

export const number = (value, digits = 0) => (known(value) ? format(value, { maximumFractionDigits: digits }) : NOTHING);
export const figure = (value) => (known(value) ? format(value, { maximumSignificantDigits: 3 }) : NOTHING);
export const money = (centavos) =>
  known(centavos) ? format(centavos / 100, { style: "currency", currency: "BRL" }) : NOTHING;

export function percent(share) {
  if (!known(share)) return NOTHING;
  const digits = Math.abs(share) < 0.01 ? 2 : Math.abs(share) < 0.1 || (share > 0.99 && share < 1) ? 1 : 0;
  return `${format(100 * share, { maximumFractionDigits: digits })}\u00a0%`;
}

export function milliseconds(value) {
  if (!known(value)) return NOTHING;
  return value >= 1000 ? `${figure(value / 1000)} s` : `${figure(value)} ms`;
}

export function duration(seconds) {
  if (!known(seconds)) return NOTHING;
  if (seconds < 1) return milliseconds(seconds * 1000);
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= size) return `${number(seconds / size, seconds / size < 10 ? 1 : 0)} ${unit}`;
  }
  return `${figure(seconds)} s`;
}

export function moment(iso) {
  const date = new Date(iso);
  const today = new Date().toDateString() === date.toDateString();
  const day = today ? {} : { day: "numeric", month: "short", year: "numeric" };
  return new Intl.DateTimeFormat(language(), { ...day, hour: "2-digit", minute: "2-digit",
    second: "2-digit", hourCycle: "h23" }).format(date);
}

export function ago(iso, now) {
  const seconds = Math.max(0, (new Date(now) - new Date(iso)) / 1000);
  return seconds < 60 ? t("just_now") : t("ago", { time: duration(Math.floor(seconds / 60) * 60) });
}

/** The value of a feature, by the unit that is in its name. */
export function feature(name, value) {
  if (value === null || value === undefined) return t("unknown");
  if (/_centavos(_|$)/.test(name) && !/ratio|count|share/.test(name)) return money(value);
  return Math.abs(value) >= 1000 ? number(value) : figure(value);
}

export const short = (identity) => (identity && identity.length > 14 ? `${identity.slice(0, 9)}…` : identity ?? NOTHING);
