// A list of which only the rows in sight exist. Rows have one height, set by the style sheet.

import { h, mark } from "./dom.js";

const SPARE = 6;

/**
 * `makeRow()` gives `{ element, update(item, index), focus() }`; `keyOf(item)` tells rows apart; `onEnd()` is called when
 * the end of what is loaded comes near. `render(items, total)` shows items; `total` may be larger (or null: unknown).
 */
export function virtualList({ label, rowHeight, makeRow, keyOf, onEnd }) {
  const list = h("ul", { class: "rows", role: "list", "aria-label": label });
  const viewport = h("div", { class: "viewport" }, list);
  const rows = new Map();
  const pool = [];
  let items = [];
  let total = null;
  let pending = false;

  function draw() {
    pending = false;
    const top = Math.max(0, Math.floor(viewport.scrollTop / rowHeight) - SPARE);
    const bottom = Math.min(items.length, Math.ceil((viewport.scrollTop + viewport.clientHeight) / rowHeight) + SPARE);
    const wanted = new Map();
    for (let index = top; index < bottom; index += 1) wanted.set(keyOf(items[index]), index);
    let orphaned = null;
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue;
      if (row.element.contains(document.activeElement)) {
        // The row that has the focus stays, wherever it is scrolled to: the keyboard must not lose its place.
        const index = items.findIndex((item) => keyOf(item) === key);
        if (index >= 0) {
          place(row, index);
          continue;
        }
        orphaned = row.index;
      }
      rows.delete(key);
      row.element.remove();
      pool.push(row);
    }
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
    // A row that is gone hands the focus to the one that took its place.
    if (orphaned !== null && items.length) rows.get(keyOf(items[Math.min(orphaned, items.length - 1)]))?.focus();
    if (bottom >= items.length - SPARE) onEnd();
  }

  function place(row, index) {
    if (row.index === index && row.total === total) return;
    row.index = index;
    row.total = total;
    row.element.style.transform = `translateY(${index * rowHeight}px)`;
    mark(row.element, "aria-posinset", index + 1);
    mark(row.element, "aria-setsize", total ?? -1);
  }

  function render(newItems, newTotal) {
    items = newItems;
    total = newTotal;
    list.style.height = `${items.length * rowHeight}px`;
    draw();
  }

  viewport.addEventListener("scroll", () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(draw);
  }, { passive: true });
  const sizes = new ResizeObserver(() => draw());
  sizes.observe(viewport);

  return {
    element: viewport,
    render,
    visible: () => rows.values(),
    reveal(index) {
      const top = index * rowHeight;
      if (top < viewport.scrollTop) viewport.scrollTop = top;
      else if (top + rowHeight > viewport.scrollTop + viewport.clientHeight) {
        viewport.scrollTop = top + rowHeight - viewport.clientHeight;
      }
      draw();
      return rows.get(keyOf(items[index]));
    },
    toTop: () => (viewport.scrollTop = 0),
    stop: () => sizes.disconnect(),
  };
}
