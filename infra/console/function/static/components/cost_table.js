// @ts-check
// Days or months as a table, newest first.

import { COUNTED, FEES, ownAmounts } from "../data/cost_sums.js";
import { t } from "../language/i18n.js";
import { h } from "./dom.js";
import { shown, shownCount, shownMoney, table, when } from "./figures.js";

/**
 * @param {"daily" | "monthly"} unit
 * @param {((Api.DailyCost | Api.MonthlyCost) & { at: string })[]} rows `at`: day or month
 * @param {string} currency
 * @param {(at: string) => void} onOpen
 */
export function costTable(unit, rows, currency, onOpen) {
  const isConverted = ownAmounts(rows).size > 0;
  const columns = [
    ...[unit === "daily" ? "day" : "month", "total", ...(isConverted ? ["own"] : [])],
    ...[...FEES, ...COUNTED, "differences"],
  ];
  return table({
    label: t(unit === "daily" ? "costs.table" : "costs.table_monthly"),
    columns: columns.map((name) => t(`column.${name}`)),
    rows: [...rows].reverse().map((row) => ({
      status: row.status,
      key: row.at,
      head: [
        h(
          "button",
          { type: "button", class: "opens", title: t(`cost_open.${unit}`), onclick: () => onOpen(row.at) },
          when(row.at),
        ),
        row.status === "final"
          ? null
          : h("span", { class: "badge", "data-status": row.status, text: t(`day.${row.status}`) }),
      ],
      cells: [
        h("strong", {}, shownMoney(`${row.at}/total`, row.total, currency)),
        ...(isConverted ? [ownCells(row)] : []),
        ...FEES.map((fee) => shownMoney(`${row.at}/fees/${fee}`, row.fees[fee], currency)),
        ...COUNTED.map((kind) => shownCount(`${row.at}/messages/${kind}`, row.messages[kind])),
        row.provider_billed ? shownCount(`${row.at}/differences`, row.provider_billed.differences) : "–",
      ],
    })),
  });
}

/** @param {(Api.DailyCost | Api.MonthlyCost) & { at: string }} row */
const ownCells = (row) =>
  [...ownAmounts([row])].map(([currency, amount]) =>
    h("div", {}, shownMoney(`${row.at}/own/${currency}`, amount, currency)),
  );

/**
 * By which rates amounts were converted, newest first; nothing where none was.
 *
 * @param {Api.DailyCost[]} days
 * @param {string} currency
 */
export function exchangeTable(days, currency) {
  const rows = [...days].reverse().flatMap(({ date, converted = [] }) =>
    converted.map(({ card, exchange }) => ({
      head: when(date),
      cells: [
        [`1 ${card.currency} = `, shown(`${date}/rate/${card.currency}`, exchange.rate), ` ${currency}`],
        when(exchange.day),
        h("bdi", { text: exchange.source }),
      ],
    })),
  );
  if (rows.length === 0) return null;
  const columns = ["day", "rate", "published", "source"].map((name) => t(`column.${name}`));
  return h(
    "details",
    { class: "rates" },
    h("summary", { text: t("costs.rates") }),
    table({ label: t("costs.rates"), columns, rows }),
  );
}
