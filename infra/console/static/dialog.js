// Questions that need an answer before anything happens.

import { freshId, h, mark, show } from "./dom.js";
import { t } from "./i18n.js";
import { problemWords } from "./message.js";

/**
 * Asks in a modal dialog. `fields` are elements to show; `ready()` says whether the answer is complete;
 * `act()` does what is confirmed and may throw: then the dialog stays and says why. Resolves to true once done.
 */
export function confirm({ title, explanation, fields = [], action, danger = false, ready = () => true, act }) {
  return new Promise((resolve) => {
    const titleId = freshId("dialog");
    const trouble = h("p", { class: "trouble", role: "alert" });
    const submit = h("button", { type: "submit", class: danger ? "danger" : "primary", text: action });
    const form = h("form", { onsubmit: confirmed, oninput: changed },
      h("h2", { id: titleId, text: title }), h("p", { text: explanation }), fields, trouble,
      h("div", { class: "dialog-actions" },
        h("button", { type: "button", class: "secondary", text: t("cancel"), onclick: () => dialog.close() }), submit));
    const dialog = h("dialog", { "aria-labelledby": titleId, onclose: closed }, form);
    let done = false;

    function changed() {
      mark(submit, "disabled", !ready());
    }
    async function confirmed(event) {
      event.preventDefault();
      if (!ready() || submit.hasAttribute("disabled")) return;
      mark(submit, "disabled", true);
      show(trouble);
      try {
        await act();
        done = true;
        dialog.close();
      } catch (error) {
        show(trouble, error.status ? error.body?.detail ?? problemWords(error.code) : t("problem.unreachable"));
        changed();
      }
    }
    function closed() {
      dialog.remove();
      resolve(done);
    }
    changed();
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
}
