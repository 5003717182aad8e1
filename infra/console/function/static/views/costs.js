// @ts-check
// The costs: what was spent, budgets, other price lists, and what the provider billed.

import { h, replaceContent, setAttribute } from "../components/dom.js";
import { t } from "../language/i18n.js";
import { costBill } from "./cost_bill.js";
import { costBudget } from "./cost_budget.js";
import { costDay } from "./cost_day.js";
import { costSpending } from "./cost_spending.js";
import { costWhatIf } from "./cost_what_if.js";
import { currentPlace, go, onPlaceChange } from "./router.js";

/** @type {Record<Console.CostPart, () => Console.View>} */
const PARTS = { spending: costSpending, budget: costBudget, what_if: costWhatIf, bill: costBill };
const NAMES = /** @type {Console.CostPart[]} */ (Object.keys(PARTS));

/** @returns {Console.View} */
export function costsView() {
  const links = NAMES.map((part) => {
    /** @param {MouseEvent} event */
    function onclick(event) {
      event.preventDefault();
      go({ part, day: null, of: {}, message: null });
    }
    return h("a", { href: "#costs", class: "chip", text: t(`part.${part}`), onclick });
  });
  const place = h("div", { class: "costs-part" });
  const element = h(
    "div",
    { class: "pane costs" },
    h(
      "div",
      { class: "costs-head" },
      h("h1", { text: t("nav.costs") }),
      h("nav", { class: "chips", "aria-label": t("part.label") }, links),
    ),
    place,
  );
  /** @type {Console.View | null} */
  let view = null;
  /** @type {Console.CostPart | null} */
  let current = null;
  /** The messages of a day, in place of the part from which they were opened. @type {Console.View | null} */
  let ofDay = null;
  /** @type {string | null} */
  let currentDay = null;
  /** Where the part was scrolled to, and what had the focus. */
  let left = { top: 0, focused: /** @type {Element | null} */ (null) };

  function follow() {
    const { view: name, part = "spending", day = null } = currentPlace();
    if (name !== "costs") return;
    if (part !== current) {
      current = part;
      view?.stop();
      view = PARTS[part]();
      if (day === null || ofDay === null) replaceContent(place, view.element);
      NAMES.forEach((each, index) => setAttribute(links[index], "aria-current", each === part ? "page" : null));
    }
    if (day !== currentDay) showDay(day);
  }

  /** @param {string | null} day */
  function showDay(day) {
    if (currentDay === null) left = { top: element.scrollTop, focused: document.activeElement };
    currentDay = day;
    ofDay?.stop();
    ofDay = day === null ? null : costDay(day);
    replaceContent(place, (ofDay ?? view)?.element);
    if (ofDay) {
      element.scrollTop = 0;
      ofDay.element.querySelector("h2")?.focus({ preventScroll: true });
    } else {
      element.scrollTop = left.top;
      const { focused } = left;
      if (focused instanceof HTMLElement || focused instanceof SVGElement) focused.focus({ preventScroll: true });
    }
  }

  const stopFollowing = onPlaceChange(follow);
  follow();
  return {
    element,
    stop() {
      stopFollowing();
      view?.stop();
      ofDay?.stop();
    },
  };
}
