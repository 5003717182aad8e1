// @ts-check
// What the parts of the costs have in common: work that goes on page by page.

import { h, replaceContent, setAttribute } from "../components/dom.js";
import { problemNote } from "../components/problem_note.js";
import { t } from "../language/i18n.js";

/**
 * A form whose answer comes in pages, each of which is shown as soon as it is there. What was begun stops when it is
 * begun anew, stopped, or left.
 *
 * @param {object} of
 * @param {string} of.action
 * @param {Dom.Children} of.fields
 * @param {() => boolean} of.ready whether the fields are complete
 * @param {(signal: AbortSignal, onPage: (content: Dom.Children, progress: string) => void) => Promise<string>} of.work
 *   answers with what is said at its end
 * @param {Dom.Children} [of.after] beside the button
 */
export function pagedForm({ action, fields, ready, work, after }) {
  /** @type {AbortController | null} */
  let running = null;
  const progress = h("p", { class: "progress-words", role: "status" });
  const body = h("div", { class: "costs-body" });
  const start = h("button", { type: "submit", class: "primary", text: action });
  const stopButton = h("button", {
    type: "button",
    class: "secondary",
    text: t("costs.stop"),
    hidden: true,
    onclick: end,
  });
  const form = h("form", { class: "controls", onsubmit }, fields, start, stopButton, after);

  /** @param {SubmitEvent} event */
  async function onsubmit(event) {
    event.preventDefault();
    if (!ready()) return;
    running?.abort();
    const own = new AbortController();
    running = own;
    setAttribute(stopButton, "hidden", null);
    setAttribute(body, "aria-busy", true);
    replaceContent(body);
    progress.textContent = t("costs.working");
    try {
      const said = await work(own.signal, (content, soFar) => {
        if (own.signal.aborted) return;
        replaceContent(body, content);
        progress.textContent = soFar;
      });
      if (!own.signal.aborted) progress.textContent = said;
    } catch (error) {
      if (own.signal.aborted) return;
      progress.textContent = "";
      body.prepend(problemNote(error));
    } finally {
      if (running === own) finish();
    }
  }

  function end() {
    running?.abort();
    progress.textContent = t("costs.stopped");
    finish();
    start.focus();
  }

  function finish() {
    running = null;
    setAttribute(stopButton, "hidden", true);
    setAttribute(body, "aria-busy", null);
  }

  return {
    elements: [form, progress, body],
    stop() {
      running?.abort();
    },
  };
}
