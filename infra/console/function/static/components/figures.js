// @ts-check
// Figures of the costs: each element that shows one names it in `data-figure`, so that it can be held against the API.

import { startOf } from "../data/day_range.js";
import { monthName, number, shortDate, t } from "../language/i18n.js";
import { money } from "../language/money.js";
import { h } from "./dom.js";

/**
 * @param {string} name
 * @param {string} text
 */
export const shown = (name, text) => h("span", { "data-figure": name, text });

/**
 * @param {string} name
 * @param {number} value
 */
export const shownCount = (name, value) => shown(name, number(value));

/**
 * @param {string} name
 * @param {string | bigint} amount
 * @param {string} currency
 */
export const shownMoney = (name, amount, currency) => shown(name, money(amount, currency));

/** @param {string} date "YYYY-MM-DD" or "YYYY-MM" */
export const dateWords = (date) => (date.length === 7 ? monthName : shortDate)(startOf(date));

/** @param {string} date "YYYY-MM-DD" or "YYYY-MM" */
export const when = (date) => h("time", { datetime: date, text: dateWords(date) });

/**
 * @param {object} of
 * @param {string} of.label
 * @param {Dom.Children} of.value
 * @param {Dom.Children} [of.below]
 * @param {boolean} [of.isWarning]
 */
export const figure = ({ label, value, below, isWarning = false }) =>
  h(
    "div",
    { class: "figure", "data-kind": isWarning ? "warn" : null },
    h("p", { class: "label", text: label }),
    h("p", { class: "value" }, value),
    below ? h("p", { class: "below" }, below) : null,
  );

/** @param {string} words */
export const note = (words) => h("p", { class: "list-note", text: words });

/**
 * A part of the page with its heading.
 *
 * @param {string} title
 * @param {Dom.Children[]} children
 */
export const card = (title, ...children) => h("section", { class: "cost-card" }, h("h2", { text: title }), children);

/**
 * A table whose first column names the row. It can be scrolled sideways with the keyboard.
 *
 * @param {object} of
 * @param {string} of.label
 * @param {string[]} of.columns
 * @param {{ head: Dom.Children, cells: Dom.Children[], status?: string, key?: string }[]} of.rows
 */
export const table = ({ label, columns, rows }) =>
  h(
    "div",
    { class: "table-box", tabindex: "0", role: "region", "aria-label": label },
    h(
      "table",
      {},
      h("caption", { class: "unseen", text: label }),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((name) => h("th", { scope: "col", text: name })),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map(({ head, cells, status, key }) =>
          h(
            "tr",
            { "data-status": status, "data-key": key },
            h("th", { scope: "row" }, head),
            cells.map((cell) => h("td", {}, cell)),
          ),
        ),
      ),
    ),
  );

/**
 * The name of a part of the costs; null has words of its own.
 *
 * @param {"none_market" | "none_campaign" | "none_category"} none
 * @param {string | null} name
 */
export const orNone = (none, name) => name ?? t(`costs.${none}`);
