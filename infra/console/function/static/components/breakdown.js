// @ts-check
// What something was spent on: names with bars, counts and amounts, the dearest first.

import { t } from "../language/i18n.js";
import { bar } from "./bars.js";
import { h, replaceContent } from "./dom.js";
import { card, shownCount, shownMoney, table } from "./figures.js";

const FIRST = 10;

/**
 * @param {object} of
 * @param {string} of.key of its figures
 * @param {string} of.title
 * @param {import("../data/cost_sums.js").Part[]} of.parts
 * @param {(name: string | null) => string} of.words
 * @param {string} of.currency
 */
export function breakdown({ key, title, parts, words, currency }) {
  if (parts.length === 0) return null;
  const most = parts.reduce((highest, { total }) => (total > highest ? total : highest), 0n);
  /** @param {import("../data/cost_sums.js").Part} part */
  const row = ({ name, count, total }) => ({
    head: h("bdi", { text: words(name) }),
    cells: [
      bar(most, [{ name: "whatsapp", value: total }]),
      shownCount(`${key}/${name ?? ""}/count`, count),
      shownMoney(`${key}/${name ?? ""}/total`, total, currency),
    ],
  });
  const columns = [t("column.name"), t("column.share"), t("column.messages"), t("column.total")];
  /** @param {number} most */
  const tableOf = (most) => table({ label: title, columns, rows: parts.slice(0, most).map(row) });
  const box = h("div", { class: "breakdown" }, tableOf(FIRST));
  const more = h("button", { type: "button", class: "quiet", text: t("costs.show_all"), onclick: showAll });

  function showAll() {
    replaceContent(box, tableOf(parts.length));
    box.querySelector("div")?.focus();
    more.remove();
  }
  return card(title, box, parts.length > FIRST ? more : null);
}
