// @ts-check
// A confirmation for what cannot be undone: the name of the thing is typed first.

import { t } from "../language/i18n.js";
import { confirm } from "./dialog.js";
import { freshId, h } from "./dom.js";

/**
 * Resolves as `confirm` does.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.explanation
 * @param {string} question.action
 * @param {string} question.wanted what is to be typed
 * @param {() => Promise<unknown>} question.act
 */
export function confirmTyped({ wanted, ...question }) {
  const typed = h("input", {
    id: freshId("typed"),
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    dir: "auto",
  });
  const label = h("label", { for: typed.id, text: t("admin.type_to_confirm", { wanted }) });
  return confirm({
    ...question,
    danger: true,
    fields: h("div", { class: "field" }, label, typed),
    ready: () => typed.value.trim() === wanted,
  });
}
