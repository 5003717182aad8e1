// @ts-check
// A secret that is shown this once, to be copied.

import { t } from "../language/i18n.js";
import { announce } from "./announcer.js";
import { freshId, h, replaceContent } from "./dom.js";
import { showDialog } from "./shown_dialog.js";

/**
 * Resolves once the dialog is closed.
 *
 * @param {string} title
 * @param {string} secret
 * @param {string} explanation
 */
export function showKey(title, secret, explanation) {
  const id = freshId("secret");
  const shown = h("input", { id, type: "text", readonly: true, value: secret, dir: "ltr", spellcheck: "false" });
  const said = h("p", { class: "hint", role: "status" });

  async function onCopy() {
    shown.select();
    try {
      await navigator.clipboard.writeText(secret);
      replaceContent(said, t("keys.copied"));
      announce(t("keys.copied"));
    } catch {
      // The browser does not let it: it is marked, so that the keyboard can copy it.
      replaceContent(said, t("keys.copy_yourself"));
    }
  }

  return showDialog({
    title,
    content: [
      h("p", { text: explanation }),
      h("div", { class: "field" }, h("label", { for: id, text: t("keys.secret") }), shown),
      h(
        "div",
        { class: "admin-actions" },
        h("button", { type: "button", class: "secondary", text: t("keys.copy"), onclick: onCopy }),
        said,
      ),
    ],
    close: t("keys.kept"),
  });
}
