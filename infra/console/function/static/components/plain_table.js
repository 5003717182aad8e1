// @ts-check
// A plain table, whose rows become cards where there is little room.

import { h } from "./dom.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} head
 * @property {(row: Row) => Dom.Children} cell
 * @property {boolean} [isNumber]
 * @property {boolean} [isPlain] the cell says what it is: its head is for screen readers alone
 */

/**
 * The first column names the row.
 *
 * @template Row
 * @param {object} table
 * @param {string} table.caption what screen readers call it
 * @param {Column<Row>[]} table.columns
 * @param {Row[]} table.rows
 */
export function plainTable({ caption, columns, rows }) {
  // Cards are no table boxes any more, so the roles are said.
  const heads = columns.map(({ head, isNumber, isPlain }) =>
    h(
      "th",
      { scope: "col", role: "columnheader", class: isNumber && "number" },
      h("span", { class: isPlain && "unseen", text: head }),
    ),
  );
  /** @param {Row} row */
  const cells = (row) =>
    columns.map(({ head, cell, isNumber, isPlain }, index) => {
      const role = index === 0 ? "rowheader" : "cell";
      return h(
        index === 0 ? "th" : "td",
        { role, scope: index === 0 && "row", class: isNumber && "number" },
        index > 0 && !isPlain ? h("span", { class: "card-label", "aria-hidden": "true", text: head }) : null,
        h("div", { class: "cell" }, cell(row)),
      );
    });
  return h(
    "div",
    { class: "plain-box" },
    h(
      "table",
      { class: "plain-table", role: "table", "aria-label": caption },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
      h(
        "tbody",
        { role: "rowgroup" },
        rows.map((row) => h("tr", { role: "row" }, cells(row))),
      ),
    ),
  );
}
