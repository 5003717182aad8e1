// @ts-check
// Two days to choose, and buttons that go on or stop.

import { currentMonth, shiftedMonth, today } from "../data/day_range.js";
import { t } from "../language/i18n.js";
import { freshId, h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * Fields for the first and the last day.
 *
 * @param {Console.Days} days at first
 * @param {(days: Console.Days) => void} [onChange] hears what makes sense
 */
export function dayFields(days, onChange) {
  const from = dayField(t("costs.from"), days.from);
  const to = dayField(t("costs.to"), days.to);
  const trouble = h("p", { class: "trouble", role: "alert" });
  const element = h(
    "div",
    { class: "fields", onchange: () => isValid() && onChange?.(value()) },
    from.element,
    to.element,
  );

  const value = () => ({ from: from.input.value, to: to.input.value });
  function isValid() {
    const { from: first, to: last } = value();
    const isRight = first !== "" && last !== "" && first <= last && last <= today();
    trouble.textContent = isRight ? "" : t("costs.wrong_days");
    return isRight;
  }
  return {
    element,
    trouble,
    value,
    isValid,
    /** @param {Console.Days} wanted */
    set(wanted) {
      from.input.value = wanted.from;
      to.input.value = wanted.to;
      trouble.textContent = "";
    },
  };
}

/**
 * @param {string} label
 * @param {string} value
 */
function dayField(label, value) {
  const id = freshId("day");
  const input = h("input", { id, type: "date", value, max: today(), required: true });
  return { input, element: h("div", { class: "inline-field" }, h("label", { for: id, text: label }), input) };
}

/**
 * A choice with its label.
 *
 * @param {string} label
 * @param {[string, string][]} options values and words
 * @param {string} value
 * @param {(value: string) => void} [onChange]
 */
export function choice(label, options, value, onChange) {
  const id = freshId("choice");
  /** @type {HTMLSelectElement} */
  const select = h(
    "select",
    { id, onchange: () => onChange?.(select.value) },
    options.map(([name, words]) => h("option", { value: name, text: words, selected: name === value })),
  );
  return { select, element: h("div", { class: "inline-field" }, h("label", { for: id, text: label }), select) };
}

/**
 * Buttons of which one is chosen.
 *
 * @template {string} Name
 * @param {string} label
 * @param {[Name, string][]} options
 * @param {Name} chosen
 * @param {(name: Name) => void} onChoose
 */
export function switchOf(label, options, chosen, onChoose) {
  const buttons = options.map(([name, words]) =>
    h("button", {
      type: "button",
      class: "chip",
      "aria-pressed": String(name === chosen),
      text: words,
      onclick: () => choose(name),
    }),
  );
  /** @param {Name} name */
  function choose(name) {
    options.forEach(([each], index) => buttons[index].setAttribute("aria-pressed", String(each === name)));
    onChoose(name);
  }
  return { element: h("div", { class: "chips", role: "group", "aria-label": label }, buttons), choose };
}

/**
 * A month with the ones before and after it.
 *
 * @param {(month: string) => void} onChange
 */
export function monthPicker(onChange) {
  const words = h("span", { class: "month", "aria-live": "polite" });
  let month = currentMonth();
  const previous = stepButton("back", t("costs.previous"), -1);
  const next = stepButton("next", t("costs.next"), 1);

  /**
   * @param {import("./icons.js").IconName} picture
   * @param {string} label
   * @param {number} step
   */
  function stepButton(picture, label, step) {
    const onclick = () => onChange((month = shiftedMonth(month, step)));
    return h("button", { type: "button", class: "icon-button", "aria-label": label, onclick }, icon(picture));
  }
  return {
    element: h("div", { class: "month-picker" }, previous, words, next),
    month: () => month,
    /**
     * @param {string} wanted
     * @param {string} text
     */
    show(wanted, text) {
      month = wanted;
      if (words.textContent !== text) words.textContent = text;
      next.toggleAttribute("disabled", month >= currentMonth());
    },
  };
}
