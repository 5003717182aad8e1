// @ts-check
// A place whose content is loaded: it says that it loads, shows what came, or says what failed and offers another try.

import { t } from "../language/i18n.js";
import { h, replaceContent, setAttribute } from "./dom.js";
import { problemNote } from "./problem_note.js";

/**
 * @template Found
 * @param {(signal: AbortSignal) => Promise<Found>} load
 * @param {(found: Found) => Dom.Children} draw
 */
export function loadedPlace(load, draw) {
  const element = h("div", { class: "loaded", tabindex: "-1" });
  let loading = new AbortController();

  /** Loads it anew; what is shown stays until the new is there. */
  async function reload() {
    loading.abort();
    const own = new AbortController();
    loading = own;
    setAttribute(element, "aria-busy", true);
    if (!element.firstChild) replaceContent(element, h("p", { class: "list-note", text: t("loading") }));
    try {
      const found = await load(own.signal);
      if (!own.signal.aborted) redraw(draw(found));
    } catch (error) {
      if (own.signal.aborted) return;
      const again = h("button", { type: "button", class: "secondary", text: t("try_again"), onclick: reload });
      replaceContent(element, problemNote(error), h("p", { class: "list-note" }, again));
    }
    if (!own.signal.aborted) setAttribute(element, "aria-busy", null);
  }

  /**
   * What had the focus has it again: its like by its name, or else the place.
   *
   * @param {Dom.Children} content
   */
  function redraw(content) {
    const before = element.contains(document.activeElement) ? document.activeElement : null;
    const nameOf = (/** @type {Element} */ each) => each.getAttribute("aria-label") ?? each.textContent;
    const name = before && nameOf(before);
    replaceContent(element, content);
    if (!before || before === element) return;
    const alike = [...element.querySelectorAll(before.tagName)].filter((each) => nameOf(each) === name);
    const next = alike.length === 1 ? alike[0] : element;
    if (next instanceof HTMLElement) next.focus();
  }

  reload();
  return { element, reload, stop: () => loading.abort() };
}
