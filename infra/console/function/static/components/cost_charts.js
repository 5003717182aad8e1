// @ts-check
// Two charts of a month: cost by fee, and messages by kind.

import { number, shortDate, t } from "../language/i18n.js";
import { micros, money } from "../language/money.js";
import { h } from "./dom.js";
import { stackedChart } from "./stacked_chart.js";

const DAY_MS = 86_400_000;
/** @type {(keyof Api.DailyCost["fees"])[]} */
export const FEES = ["whatsapp", "gupshup", "media"];
/** The kinds of message that cost. @type {("template" | "freeform" | "inbound")[]} */
const KINDS = ["template", "freeform", "inbound"];

/**
 * @param {Api.DailyCost[]} days
 * @param {{ from: string, to: string }} range
 * @param {string} currency
 */
export function costCharts(days, range, currency) {
  const amount = (/** @type {Api.DailyCost} */ day) => micros(day.total) ?? 0n;
  const dearest = days.reduce((most, day) => (amount(day) > amount(most) ? day : most));
  const dearestWords = { day: shortDate(Date.parse(dearest.date)), total: money(dearest.total, currency) };
  const byDate = new Map(days.map((day) => [day.date, day]));
  // Days without a rollup get an empty bar, so that each bar stands at its day.
  const bars = datesOf(range).map((date) => ({ date, day: byDate.get(date) }));
  /** @param {(day: Api.DailyCost | undefined) => [string, number][]} parts */
  const barsOf = (parts) =>
    bars.map(({ date, day }) => ({ date, status: day?.status ?? "final", parts: Object.fromEntries(parts(day)) }));
  const fees = stackedChart({
    title: t("costs.by_fee"),
    summary: t("costs.highest", dearestWords),
    days: barsOf((day) => FEES.map((fee) => [fee, Number(day?.fees[fee] ?? 0)])),
    series: FEES.map((name) => ({ name, label: t(`fee.${name}`) })),
    format: (value) => money(BigInt(Math.round(value * 1e6)), currency, 2),
    highest: 0.0001,
  });
  const kinds = stackedChart({
    title: t("costs.by_kind"),
    summary: messageCountWords(days),
    days: barsOf((day) => KINDS.map((kind) => [kind, day?.messages[kind] ?? 0])),
    series: KINDS.map((name) => ({ name, label: t(`kind.${name}`) })),
    format: (value) => number(value),
    highest: 2,
  });
  return h("div", { class: "charts" }, fees, kinds);
}

/**
 * How many messages cost something.
 *
 * @param {Api.DailyCost[]} days
 */
export function messageCountWords(days) {
  const ofDay = (/** @type {Api.DailyCost} */ day) => KINDS.reduce((sum, kind) => sum + day.messages[kind], 0);
  return t("costs.messages", { count: days.reduce((sum, day) => sum + ofDay(day), 0) });
}

/** @param {{ from: string, to: string }} range both days included */
function datesOf({ from, to }) {
  const dates = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS)
    dates.push(new Date(at).toISOString().slice(0, 10));
  return dates;
}
