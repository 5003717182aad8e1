// @ts-check
// A group of choices, each with a sentence that says what it means.

import { freshId, h } from "./dom.js";

/**
 * @param {object} group
 * @param {string} group.legend
 * @param {"radio" | "checkbox"} group.type
 * @param {{ value: string, words: string, hint?: string }[]} group.options
 * @param {string[]} group.chosen
 */
export function choices({ legend, type, options, chosen }) {
  const name = freshId("choice");
  const inputs = options.map(({ value }) =>
    h("input", { id: freshId("choice"), type, name, value, checked: chosen.includes(value) }),
  );
  const rows = options.map(({ words, hint }, index) => {
    const hintId = freshId("hint");
    if (hint) inputs[index].setAttribute("aria-describedby", hintId);
    return h(
      "div",
      { class: "option" },
      inputs[index],
      h("label", { for: inputs[index].id, text: words }),
      hint ? h("p", { id: hintId, class: "hint", text: hint }) : null,
    );
  });
  return {
    element: h("fieldset", { class: "options" }, h("legend", { text: legend }), rows),
    value: () => inputs.filter((input) => input.checked).map((input) => input.value),
  };
}

/**
 * A field with its label.
 *
 * @param {string} label
 * @param {Record<string, Dom.Property>} properties of the input
 */
export function labelledInput(label, properties) {
  const input = h("input", { id: freshId("field"), autocomplete: "off", dir: "auto", ...properties });
  return { input, element: h("div", { class: "field" }, h("label", { for: input.id, text: label }), input) };
}
