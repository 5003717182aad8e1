// @ts-check
// A list that is shown page by page: the first page, and more of it by a button.

import { t } from "../language/i18n.js";
import { announce } from "./announcer.js";
import { h, replaceContent, setAttribute } from "./dom.js";
import { loadedPlace } from "./loaded.js";
import { problemNote } from "./problem_note.js";

/**
 * @template Row
 * @param {(cursor: string | undefined, signal?: AbortSignal) => Promise<Api.Page<Row>>} fetchPage
 * @param {(rows: Row[]) => Dom.Children} drawRows
 * @param {string} none what is said of an empty list
 */
export function pagedPlace(fetchPage, drawRows, none) {
  /** @type {Row[]} */
  let rows = [];
  /** @type {string | undefined} */
  let next;
  let asked = 0;

  /** @param {string} [cursor] @param {AbortSignal} [signal] */
  async function load(cursor, signal) {
    // What was asked of another choice than the one that is shown now is not added to it.
    if (!cursor) asked += 1;
    const own = asked;
    const answer = await fetchPage(cursor, signal);
    if (own !== asked) return;
    rows = cursor ? [...rows, ...answer.data] : answer.data;
    next = answer.next_cursor ?? undefined;
  }

  const place = loadedPlace((signal) => load(undefined, signal), draw);

  function draw() {
    const more = h("button", { type: "button", class: "secondary", text: t("admin.more"), onclick: onMore });
    if (rows.length === 0 && !next) return h("p", { class: "admin-note", text: none });
    return [
      rows.length > 0 ? drawRows(rows) : h("p", { class: "admin-note", text: t("admin.none_so_far") }),
      next ? h("div", { class: "admin-actions" }, more) : null,
    ];
  }

  /** @param {Event} event */
  async function onMore({ currentTarget }) {
    const button = /** @type {HTMLButtonElement} */ (currentTarget);
    const before = rows.length;
    const of = asked;
    setAttribute(button, "disabled", true);
    try {
      await load(next);
      if (of !== asked) return;
      replaceContent(place.element, draw());
      announce(t("admin.more_shown", { count: rows.length - before }));
      /** @type {HTMLElement} */ (place.element.querySelector(".admin-actions button") ?? place.element).focus();
    } catch (error) {
      if (of !== asked) return;
      setAttribute(button, "disabled", null);
      place.element.append(problemNote(error));
    }
  }

  return place;
}
