// @ts-check
// The costs: what was spent, budgets, other price lists, and what the provider billed.

import { h, replaceContent, setAttribute } from "../components/dom.js";
import { t } from "../language/i18n.js";
import { costBill } from "./cost_bill.js";
import { costBudget } from "./cost_budget.js";
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
      go({ part });
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

  function follow() {
    const { view: name, part = "spending" } = currentPlace();
    if (name !== "costs" || part === current) return;
    current = part;
    view?.stop();
    view = PARTS[part]();
    replaceContent(place, view.element);
    NAMES.forEach((each, index) => setAttribute(links[index], "aria-current", each === part ? "page" : null));
  }

  const stopFollowing = onPlaceChange(follow);
  follow();
  return {
    element,
    stop() {
      stopFollowing();
      view?.stop();
    },
  };
}
