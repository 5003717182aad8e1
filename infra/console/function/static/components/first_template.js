// @ts-check
// The first message to somebody who has not written: a template, sent once however often it is pressed.

import { newAttempt, send } from "../data/sending.js";
import { t } from "../language/i18n.js";
import { actionWords, refusalWords } from "../language/problem_words.js";
import { announce, announceNow } from "./announcer.js";
import { h, setAttribute } from "./dom.js";
import { outcomeNote } from "./outcome_note.js";
import { templateForm } from "./template_form.js";
import { unansweredMessages } from "./unanswered_message.js";

/** Whoever has agreed may be sent every template; the gate is asked of each. */
const MAY = { freeform: false, template: true, marketing: true, code: null };

/**
 * @param {object} options
 * @param {string} options.phone
 * @param {string} options.channel
 * @param {(isBusy: boolean) => void} options.onBusy a message is on its way
 * @param {() => void} options.onOpen the chat is to be opened
 */
export function firstTemplate({ phone, channel, onBusy, onOpen }) {
  const outcome = outcomeNote();
  const attempts = h("ol", { class: "new-chat-unanswered", role: "list" });
  const unanswered = unansweredMessages({ phone, attempts, onAskAgain: deliver });
  const part = templateForm({
    phone,
    channel: () => channel || null,
    may: () => MAY,
    isMarketingStopped: () => false,
    requestOf: (template) => ({ to: phone, channel: channel || undefined, type: "template", template }),
    onSend: (made) => deliver(newAttempt(made)),
    onRefused: (answer) => announceNow([refusalWords(answer), ...actionWords(answer)].join(" ")),
  });
  const open = h("button", { type: "button", class: "quiet", text: t("newchat.open"), onclick: onOpen });
  const element = h("div", { class: "new-chat-step" }, outcome.element, attempts, part.element, open);
  let hasLeft = false;

  /** @param {boolean} value */
  function setBusy(value) {
    setAttribute(open, "disabled", value);
    onBusy(value);
  }

  /**
   * True where the form is no longer needed. Whoever has left sends nothing, and is not led back.
   *
   * @param {Console.Attempt} attempt
   */
  async function deliver(attempt) {
    setBusy(true);
    outcome.show(null, "underway", t("composer.sending"));
    const result = await send(attempt);
    setBusy(false);
    outcome.clear();
    const isUnanswered = result.outcome === "unknown" && !result.problem;
    unanswered.keep(attempt, isUnanswered);
    if (result.outcome === "not_sent") {
      outcome.refuse(result.problem.body, result.problem.retryAfter);
      return false;
    }
    if (isUnanswered && !hasLeft) {
      tellToAskAgain();
      return true;
    }
    announce(t(result.outcome === "sent" ? "live.sent" : "unknown.short"));
    // Of a message whose outcome is not known the chat tells what becomes of it.
    if (!hasLeft) onOpen();
    return true;
  }

  /** No answer came: this attempt alone, under its own key, may be repeated. */
  function tellToAskAgain() {
    setAttribute(part.element, "hidden", true);
    announceNow(t("unknown.short"));
    attempts.querySelector("button")?.focus();
  }

  return {
    element,
    focus: part.focus,
    leave() {
      hasLeft = true;
      part.leave();
    },
  };
}
