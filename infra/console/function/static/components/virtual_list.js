// @ts-check
// A virtual list: only visible rows are in the document. All rows have the same height, set by the style sheet.

import { h, setAttribute } from "./dom.js";

const SPARE_ROWS = 6;

/**
 * A row is reused for another item once its own is scrolled out of sight.
 *
 * @template Item
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {(item: Item, index: number) => void} update
 * @property {() => void} focus
 */

/**
 * @template Item
 * @template {Row<Item>} OwnRow
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.rowHeight px
 * @param {() => OwnRow} options.makeRow
 * @param {(item: Item) => string} options.keyOf a unique key
 * @param {() => void} options.onEnd called near the end of the loaded items
 */
export function virtualList({ label, rowHeight, makeRow, keyOf, onEnd }) {
  const list = h("ul", { class: "rows", role: "list", "aria-label": label });
  const viewport = h("div", { class: "viewport" }, list);
  /** @type {Map<string, OwnRow>} */
  const rows = new Map();
  /** @type {OwnRow[]} */
  const pool = [];
  /** Where a row was placed last. @type {WeakMap<OwnRow, { index: number, total: number | null }>} */
  const places = new WeakMap();
  /** @type {Item[]} */
  let items = [];
  /** @type {number | null} */
  let total = null;
  let isPending = false;

  function draw() {
    isPending = false;
    const wanted = inSight();
    const orphaned = releaseRows(wanted);
    for (const [key, index] of wanted) {
      let row = rows.get(key);
      if (!row) {
        row = pool.pop() ?? makeRow();
        rows.set(key, row);
        list.append(row.element);
      }
      place(row, index);
      row.update(items[index], index);
    }
    arrange();
    // If the focused row is gone, the row that took its place gets the focus.
    if (orphaned !== null && items.length) rows.get(keyOf(items[Math.min(orphaned, items.length - 1)]))?.focus();
    if (lastInSight() >= items.length - SPARE_ROWS) onEnd();
  }

  /** In the document, too, the rows stand in their order. The focused one is not moved: that would take its focus. */
  function arrange() {
    const placed = [...rows.values()].map((row) => ({ element: row.element, index: places.get(row)?.index ?? 0 }));
    /** @type {HTMLElement | null} */
    let next = null;
    for (const { element } of placed.sort((a, b) => b.index - a.index)) {
      if (element.nextSibling !== next && !element.contains(document.activeElement)) list.insertBefore(element, next);
      next = element;
    }
  }

  const firstInSight = () => Math.max(0, Math.floor(viewport.scrollTop / rowHeight) - SPARE_ROWS);
  const lastInSight = () =>
    Math.min(items.length, Math.ceil((viewport.scrollTop + viewport.clientHeight) / rowHeight) + SPARE_ROWS);

  function inSight() {
    /** @type {Map<string, number>} */
    const wanted = new Map();
    const end = lastInSight();
    for (let index = firstInSight(); index < end; index += 1) wanted.set(keyOf(items[index]), index);
    return wanted;
  }

  /**
   * Returns the rows of other items to the pool. Gives the index of a focused row whose item is gone, else null.
   *
   * @param {Map<string, number>} wanted
   */
  function releaseRows(wanted) {
    let orphaned = null;
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue;
      if (row.element.contains(document.activeElement)) {
        // The focused row stays in the document, so that the keyboard does not lose its place.
        const index = items.findIndex((item) => keyOf(item) === key);
        if (index >= 0) {
          place(row, index);
          continue;
        }
        orphaned = places.get(row)?.index ?? null;
      }
      rows.delete(key);
      row.element.remove();
      pool.push(row);
    }
    return orphaned;
  }

  /**
   * @param {OwnRow} row
   * @param {number} index
   */
  function place(row, index) {
    const before = places.get(row);
    if (before?.index === index && before.total === total) return;
    places.set(row, { index, total });
    row.element.style.transform = `translateY(${index * rowHeight}px)`;
    setAttribute(row.element, "aria-posinset", index + 1);
    setAttribute(row.element, "aria-setsize", total ?? -1);
  }

  function onScroll() {
    if (isPending) return;
    isPending = true;
    requestAnimationFrame(draw);
  }

  viewport.addEventListener("scroll", onScroll, { passive: true });
  const sizes = new ResizeObserver(() => draw());
  sizes.observe(viewport);

  return {
    element: viewport,
    /**
     * @param {Item[]} newItems
     * @param {number | null} newTotal may be more than there are items, or null: unknown
     */
    render(newItems, newTotal) {
      items = newItems;
      total = newTotal;
      list.style.height = `${items.length * rowHeight}px`;
      draw();
    },
    rows: () => rows.values(),
    /**
     * Scrolls to an item and returns its row.
     *
     * @param {number} index
     */
    reveal(index) {
      const top = index * rowHeight;
      const bottom = top + rowHeight;
      if (top < viewport.scrollTop) viewport.scrollTop = top;
      else if (bottom > viewport.scrollTop + viewport.clientHeight) viewport.scrollTop = bottom - viewport.clientHeight;
      draw();
      return rows.get(keyOf(items[index]));
    },
    toTop() {
      viewport.scrollTop = 0;
    },
    stop: () => sizes.disconnect(),
  };
}
