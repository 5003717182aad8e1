// @ts-check
// Shows a secret that is shown once, with a button that copies it.

import { t } from "../language/i18n.js";
import { freshId, h } from "./dom.js";
import { showDialog } from "./shown_dialog.js";

/**
 * Resolves once it is closed.
 *
 * @param {object} of
 * @param {string} of.title
 * @param {string} of.explanation
 * @param {string} of.secret
 * @param {string} [of.label] what it is
 */
export function showSecret({ title, explanation, secret, label = t("secret.label") }) {
  const field = h("input", { id: freshId("secret"), type: "text", readonly: true, dir: "ltr", value: secret });
  const said = h("p", { class: "hint", role: "status" });
  const copy = h("button", { type: "button", class: "secondary", text: t("secret.copy"), onclick: onCopy });

  async function onCopy() {
    field.select();
    try {
      await navigator.clipboard.writeText(secret);
      said.textContent = t("secret.copied");
    } catch {
      // The browser does not let a page copy: the text is marked, so that a key copies it.
      field.focus();
      said.textContent = t("secret.copy_yourself");
    }
  }
  return showDialog({
    title,
    content: [
      h("p", { text: explanation }),
      h("div", { class: "field" }, h("label", { for: field.id, text: label }), field),
      h("div", { class: "admin-actions" }, copy, said),
    ],
    close: t("secret.kept"),
    isOnce: true,
  });
}
