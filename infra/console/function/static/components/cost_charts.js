// @ts-check
// Two charts of days or months: cost by fee, and messages by kind.

import { costing, countOf, exact, FEES, KINDS } from "../data/cost_sums.js";
import { datesOf, monthsOf, startOf } from "../data/day_range.js";
import { number, shortMonth, t } from "../language/i18n.js";
import { money } from "../language/money.js";
import { h } from "./dom.js";
import { dateWords } from "./figures.js";
import { stackedChart } from "./stacked_chart.js";

const MONTH_STEP = 34;

/**
 * @param {"daily" | "monthly"} unit
 * @param {(Api.CostSums & { at: string })[]} rows `at`: day or month
 * @param {{ from: string, to: string }} range
 * @param {string} currency
 * @param {(at: string) => void} onOpen
 */
export function costCharts(unit, rows, range, currency, onOpen) {
  const isDaily = unit === "daily";
  const dearest = rows.reduce((most, row) => (exact(row.total) > exact(most.total) ? row : most));
  const dearestWords = { day: dateWords(dearest.at), total: money(dearest.total, currency) };
  const byDate = new Map(rows.map((row) => [row.at, row]));
  // Days without a rollup get an empty bar, so that each bar stands at its day.
  const dates = isDaily ? datesOf(range) : monthsOf(range.from, range.to);
  const label = isDaily
    ? (/** @type {string} */ date) => number(Number(date.slice(8)))
    : (/** @type {string} */ date) => shortMonth(startOf(date));
  /**
   * @param {(row: Api.CostSums | undefined) => [string, number][]} parts
   * @param {(row: Api.CostSums) => string[]} words
   */
  const barsOf = (parts, words) =>
    dates.map((date) => {
      const row = byDate.get(date);
      const status = row?.status ?? "final";
      const state = status === "final" ? [] : [t(`day.${status}`)];
      const lines = [dateWords(date), ...(row ? words(row) : []), ...state];
      const open = row ? () => onOpen(date) : null;
      return { key: date, label: label(date), lines, status, parts: Object.fromEntries(parts(row)), onOpen: open };
    });
  const step = isDaily ? undefined : MONTH_STEP;
  const fees = stackedChart({
    title: t(isDaily ? "costs.by_fee" : "costs.by_fee_monthly"),
    summary: t("costs.highest", dearestWords),
    bars: barsOf(
      (row) => FEES.map((fee) => [fee, Number(row?.fees[fee] ?? 0)]),
      (row) => [
        `${t("column.total")}: ${money(row.total, currency)}`,
        ...FEES.map((fee) => `${t(`column.${fee}`)}: ${money(row.fees[fee], currency)}`),
      ],
    ),
    series: FEES.map((name) => ({ name, label: t(`fee.${name}`) })),
    format: (value) => money(BigInt(Math.round(value * 1e6)), currency, 2),
    highest: 0.0001,
    step,
  });
  const kinds = stackedChart({
    title: t(isDaily ? "costs.by_kind" : "costs.by_kind_monthly"),
    summary: t("costs.messages", { count: countOf(rows, (row) => costing(row.messages)) }),
    bars: barsOf(
      (row) => KINDS.map((kind) => [kind, row?.messages[kind] ?? 0]),
      (row) => KINDS.map((kind) => `${t(`column.${kind}`)}: ${number(row.messages[kind])}`),
    ),
    series: KINDS.map((name) => ({ name, label: t(`kind.${name}`) })),
    format: (value) => number(value),
    highest: 2,
    step,
  });
  return h("div", { class: "charts" }, fees, kinds);
}
