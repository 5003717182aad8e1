// @ts-check
// What the parts of the costs have in common: what is said when something fails, and work that goes on page by page.

import { h, replaceContent, setAttribute } from "../components/dom.js";
import { Problem } from "../data/api.js";
import { t } from "../language/i18n.js";
import { problemWords } from "../language/problem_words.js";

/** @param {unknown} error */
function words(error) {
  if (!(error instanceof Problem)) return t("problem.unreachable");
  if (error.code === "payload_invalid") return wrongWords(error);
  return error.code === null ? t("problem.unavailable") : problemWords(error.code);
}

/**
 * What the server found wrong, in its own words.
 *
 * @param {Problem} error
 */
function wrongWords({ code, body: { detail, errors = [] } }) {
  const found = [detail, ...errors.map((each) => `${each.pointer.slice(1)} ${each.detail}.`)];
  return found.filter(Boolean).join(" ") || problemWords(code);
}

/** @param {unknown} error */
export const problemNote = (error) => h("p", { class: "list-note trouble", role: "alert", text: words(error) });

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
