// @ts-check
// The sums of days or months: today's, all of them, by fee, and what the provider billed otherwise.

import { amountOf, costing, countOf, FEES, ownAmounts } from "../data/cost_sums.js";
import { today } from "../data/day_range.js";
import { t } from "../language/i18n.js";
import { asOf } from "./cost_names.js";
import { h } from "./dom.js";
import { figure, shown, shownCount, shownMoney } from "./figures.js";

/**
 * @param {"daily" | "monthly"} unit
 * @param {((Api.DailyCost | Api.MonthlyCost) & { at: string })[]} rows `at`: day or month
 * @param {string} currency
 * @param {HTMLElement} refresh
 */
export function costFigures(unit, rows, currency, refresh) {
  const ofToday = unit === "daily" ? rows.find((row) => row.at === today()) : undefined;
  const messages = shown("messages", t("costs.messages", { count: countOf(rows, (row) => costing(row.messages)) }));
  const own = [...ownAmounts(rows)].map(([name, amount]) => [" ", shownMoney(`own/${name}`, amount, name)]);
  const newest = rows.reduce(
    (/** @type {string | null} */ last, { as_of: at }) => ((at ?? "") > (last ?? "") ? at : last),
    null,
  );
  const billed = rows.every((row) => row.provider_billed); // a key of some channels is not told of it
  const differences = countOf(rows, (row) => row.provider_billed?.differences);
  return [
    ofToday &&
      figure({
        label: t("costs.today"),
        value: shownMoney("today", ofToday.total, currency),
        below: [asOf(ofToday.as_of) ?? t("costs.not_computed"), refresh],
      }),
    figure({
      label: t("costs.total"),
      value: shownMoney(
        "total",
        amountOf(rows, (row) => row.total),
        currency,
      ),
      below: [
        messages,
        ofToday || !newest ? null : [h("br"), asOf(newest)],
        own.length ? [h("br"), t("costs.own"), own] : null,
      ],
    }),
    FEES.map((fee) =>
      figure({
        label: t(`fees.${fee}`),
        value: shownMoney(
          `fees/${fee}`,
          amountOf(rows, (row) => row.fees[fee]),
          currency,
        ),
      }),
    ),
    billed &&
      figure({
        label: t("costs.differences"),
        value: shownCount("billed/differences", differences),
        below: shown("billed/count", t("costs.billed", { count: countOf(rows, (row) => row.provider_billed?.count) })),
        isWarning: differences > 0,
      }),
  ];
}
