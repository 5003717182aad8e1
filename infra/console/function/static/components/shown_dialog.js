// @ts-check
// A dialog that shows something and asks nothing.

import { t } from "../language/i18n.js";
import { freshId, h } from "./dom.js";

/**
 * Resolves once it is closed.
 *
 * @param {object} of
 * @param {string} of.title
 * @param {Dom.Children} of.content
 * @param {string} [of.close] the words on the button
 * @param {boolean} [of.isOnce] it is shown this once: the button alone closes it
 * @returns {Promise<void>}
 */
export function showDialog({ title, content, close = t("close"), isOnce = false }) {
  return new Promise((resolve) => {
    const titleId = freshId("dialog");
    const done = h("button", { type: "button", class: "primary", text: close, onclick: onDone });
    const dialog = h(
      "dialog",
      { class: "wide", "aria-labelledby": titleId, oncancel: onCancel, onclose: onClose },
      h("h2", { id: titleId, text: title }),
      content,
      h("div", { class: "dialog-actions" }, done),
    );

    /** @param {Event} event */
    function onCancel(event) {
      if (isOnce) event.preventDefault();
    }

    function onDone() {
      dialog.close();
    }

    function onClose() {
      dialog.remove();
      resolve();
    }
    document.body.append(dialog);
    dialog.showModal();
    done.focus();
  });
}
