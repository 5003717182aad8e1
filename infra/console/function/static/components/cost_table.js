// @ts-check
// The days of a month as a table, newest first.

import { number, shortDate, t } from "../language/i18n.js";
import { money } from "../language/money.js";
import { FEES } from "./cost_charts.js";
import { h } from "./dom.js";

/** @type {(keyof Api.DailyCost["messages"])[]} */
const COUNTED = ["inbound", "freeform", "template", "failed", "refused", "unknown"];

/**
 * @param {Api.DailyCost[]} days
 * @param {string} currency
 */
export function costTable(days, currency) {
  const columns = ["day", "total", ...FEES, ...COUNTED, "differences"];
  const rows = [...days].reverse().map((day) => {
    const badge = h("span", { class: "badge", "data-status": day.status, text: t(`day.${day.status}`) });
    return h(
      "tr",
      { "data-status": day.status },
      h("th", { scope: "row" }, shortDate(Date.parse(day.date)), day.status === "final" ? null : badge),
      h("td", { class: "total", text: money(day.total, currency) }),
      FEES.map((fee) => h("td", { text: money(day.fees[fee], currency) })),
      COUNTED.map((kind) => h("td", { text: number(day.messages[kind]) })),
      h("td", { text: day.provider_billed ? number(day.provider_billed.differences) : "–" }),
    );
  });
  const heads = columns.map((name) => h("th", { scope: "col", text: t(`column.${name}`) }));
  return h(
    "div",
    { class: "table-box", tabindex: "0", role: "region", "aria-label": t("costs.table") },
    h(
      "table",
      {},
      h("caption", { class: "unseen", text: t("costs.table") }),
      h("thead", {}, h("tr", {}, heads)),
      h("tbody", {}, rows),
    ),
  );
}
