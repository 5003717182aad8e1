// @ts-check
// What is in no sum of the costs, or may change in them: how much, what it means, and what to do.

import { amountOf, countOf } from "../data/cost_sums.js";
import { t } from "../language/i18n.js";
import { h } from "./dom.js";
import { card, shown, shownMoney } from "./figures.js";

/** @typedef {"unpriced" | "unknown" | "undelivered" | "differences" | "in_window" | "unverified" | "provisional" | "restated"} Notice */

/**
 * Those that there is something of; an empty list says so.
 *
 * @param {"daily" | "monthly"} unit
 * @param {Api.CostSums[]} rows of one currency
 * @param {string} currency
 */
export function costNotices(unit, rows, currency) {
  const messages = (/** @type {number} */ count) => t("costs.messages", { count });
  const rowWords = (/** @type {number} */ count) => t(unit === "daily" ? "costs.days" : "costs.months", { count });
  /** @param {Api.CostStatus} status */
  const ofStatus = (status) => rows.filter((row) => row.status === status).length;
  /** @type {[Notice, number, (count: number) => string, bigint | null][]} */
  const all = [
    ["unpriced", countOf(rows, (row) => row.unpriced), messages, null],
    [
      "unknown",
      countOf(rows, (row) => row.messages.unknown),
      messages,
      rows.every((row) => row.unknown_amount) ? amountOf(rows, (row) => row.unknown_amount) : null,
    ],
    [
      "undelivered",
      countOf(rows, (row) => row.undelivered?.count),
      messages,
      amountOf(rows, (row) => row.undelivered?.amount),
    ],
    ["differences", countOf(rows, (row) => row.provider_billed?.differences), messages, null],
    [
      "in_window",
      countOf(rows, (row) => row.templates_in_window?.count),
      messages,
      amountOf(rows, (row) => row.templates_in_window?.amount),
    ],
    ["unverified", countOf(rows, (row) => row.unverified), messages, null],
    ["provisional", ofStatus("provisional"), rowWords, null],
    ["restated", ofStatus("restated"), rowWords, null],
  ];
  const found = all.filter(([, count]) => count > 0);
  if (found.length === 0) return card(t("costs.notices"), h("p", { class: "hint", text: t("costs.nothing_open") }));
  const items = found.map(([name, count, words, amount]) =>
    h(
      "li",
      { class: "cost-notice", "data-notice": name },
      h("h3", { text: t(`notice.${name}`) }),
      h(
        "p",
        { class: "notice-figures" },
        shown(`${name}/count`, words(count)),
        amount === null ? null : [" · ", shownMoney(`${name}/amount`, amount, currency)],
      ),
      h("p", { text: t(`notice_means.${name}`) }),
    ),
  );
  return card(t("costs.notices"), h("ul", { class: "cost-notices", role: "list" }, items));
}
