// @ts-check
// Confirmation dialogs.

import { Problem } from "../data/api.js";
import { t } from "../language/i18n.js";
import { problemWords, refusalWords } from "../language/problem_words.js";
import { announceNow } from "./announcer.js";
import { catchFocus, freshId, h, replaceContent, setAttribute, setText } from "./dom.js";

/**
 * Resolves to true once `act` has succeeded, to false if the dialog was cancelled. If `act` throws, the dialog stays
 * open and says why.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.explanation
 * @param {string} question.action the words on the button
 * @param {Dom.Children} [question.fields]
 * @param {boolean} [question.danger]
 * @param {boolean} [question.mayLeave] also while it is being done: that may wait for somebody, and tells nothing once
 * @param {() => boolean} [question.ready] whether the fields are complete
 * @param {string} [question.missing] what they need, said while they are not
 * @param {boolean} [question.isLong] much is entered: what is not saved is lost only where it is closed twice
 * @param {() => Promise<unknown>} question.act
 * @param {(error: unknown) => string | null} [question.troubleOf] the words for an error of `act`, where it has its own
 * @returns {Promise<boolean>}
 */
export function confirm({
  title,
  explanation,
  fields,
  action,
  danger = false,
  mayLeave = false,
  ready = () => true,
  missing = "",
  isLong = false,
  act,
  troubleOf,
}) {
  return new Promise((resolve) => {
    const titleId = freshId("dialog");
    const wordsId = freshId("words");
    const missingId = freshId("missing");
    const trouble = h("p", { class: "trouble", role: "alert" });
    const need = h("p", { class: "hint", id: missingId, role: "status" });
    const submit = h("button", {
      type: "submit",
      class: danger ? "danger" : "primary",
      text: action,
      "aria-describedby": missing ? missingId : null,
    });
    const cancel = h("button", {
      type: "button",
      class: "secondary",
      text: t("cancel"),
      onclick: close,
    });
    const dialog = h(
      "dialog",
      { "aria-labelledby": titleId, "aria-describedby": wordsId, oncancel: onCancel, onclose: onClose },
      h(
        "form",
        { onsubmit: onSubmit, oninput: onInput },
        h("h2", { id: titleId, text: title }),
        h("p", { id: wordsId, text: explanation }),
        fields,
        missing ? need : null,
        trouble,
        h("div", { class: "dialog-actions" }, cancel, submit),
      ),
    );
    let done = false;
    /** What is being done. @type {Promise<unknown> | null} */
    let acting = null;
    let isUnsaved = false;

    function close() {
      dialog.close();
    }

    /** What was begun is waited for: it may tell what is told once. @param {Event} event */
    function onCancel(event) {
      if (acting && !mayLeave) return event.preventDefault();
      if (!isUnsaved) return;
      event.preventDefault();
      isUnsaved = false;
      replaceContent(trouble, t("dialog.not_saved"));
    }

    function onInput() {
      if (isUnsaved !== isLong) replaceContent(trouble);
      isUnsaved = isLong;
      look();
    }

    function look() {
      const isReady = ready();
      setAttribute(submit, "disabled", !isReady || acting !== null);
      setText(need, isReady ? "" : missing);
    }

    /** @param {SubmitEvent} event */
    async function onSubmit(event) {
      event.preventDefault();
      if (acting || !ready()) return;
      setAttribute(submit, "disabled", true);
      setAttribute(cancel, "disabled", !mayLeave);
      replaceContent(trouble);
      try {
        acting = act();
        await acting;
        done = true;
        close();
      } catch (error) {
        const words = troubleOf?.(error) ?? troubleWords(error);
        replaceContent(trouble, words);
        if (!dialog.open) announceNow(words);
        acting = null;
        look();
        catchFocus(submit);
      } finally {
        acting = null;
        setAttribute(cancel, "disabled", null);
      }
    }

    // A browser may close it all the same: then the answer is that of what was begun.
    async function onClose() {
      dialog.remove();
      await acting?.catch(() => {});
      resolve(done);
    }

    look();
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** @param {unknown} error */
function troubleWords(error) {
  if (!(error instanceof Problem)) return t("problem.unreachable");
  return error.body.suggestion ? refusalWords(error.body) : (error.body.detail ?? problemWords(error.code));
}

/** Whether one was open: it is closed as by Escape. */
export function leaveDialog() {
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  if (!(dialog instanceof HTMLDialogElement)) return false;
  if (dialog.requestClose) dialog.requestClose();
  else dialog.close();
  return true;
}

export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
}
