// @ts-check
// Messages whose send got no answer. Asking again uses the same idempotency key, so they cannot be sent twice.

import { draftName, keepDraft, storedDraft } from "../data/drafts.js";
import { t } from "../language/i18n.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * Those of a contact, which outlive leaving the chat, reloading and signing out as drafts do.
 *
 * @param {object} options
 * @param {string} options.phone
 * @param {HTMLElement} options.attempts where they stand
 * @param {(attempt: Console.Attempt) => void} options.onAskAgain
 */
export function unansweredMessages({ phone, attempts, onAskAgain }) {
  const name = draftName("unanswered", phone);

  /** @returns {Promise<Console.Attempt[]>} */
  const kept = async () => JSON.parse((await storedDraft(name)) || "[]");

  /** @param {Console.Attempt} attempt */
  function show(attempt) {
    const item = unansweredMessage(attempt.request, () => onAskAgain(attempt));
    attempts.append(item);
    return item;
  }

  kept().then((all) => all.forEach(show));
  return {
    /**
     * @param {Console.Attempt} attempt which was made
     * @param {boolean} isUnanswered
     */
    async keep(attempt, isUnanswered) {
      if (isUnanswered) show(attempt).scrollIntoView({ block: "nearest" });
      const before = await kept();
      const others = before.filter(({ key }) => key !== attempt.key);
      const all = isUnanswered ? [...others, attempt] : others;
      if (all.length || before.length) keepDraft(name, all.length ? JSON.stringify(all) : "");
    },
  };
}

/**
 * @param {Api.SendRequest} request
 * @param {() => void} onAskAgain
 */
function unansweredMessage({ text, media, template, reaction }, onAskAgain) {
  const emoji = reaction && (reaction.emoji || t("reaction.removal"));
  const file = media && (media.url ?? media.filename ?? t(`media.${media.kind}`));
  const content = text?.body ?? file ?? emoji ?? t("message.template", { name: template?.name ?? "" });
  const status = h(
    "span",
    { class: "status", "data-status": "unknown" },
    icon("unknown"),
    h("span", { class: "status-text", text: t("status.unknown") }),
  );
  const ask = h("button", { type: "button", class: "secondary", text: t("unknown.ask"), onclick: askAgain });
  const element = h(
    "li",
    { class: "message", "data-direction": "outbound", "data-status": "unknown" },
    h(
      "div",
      { class: "bubble" },
      h("p", { class: "text", dir: "auto", text: content }),
      h("p", { class: "meta" }, status),
    ),
    h("p", { class: "reason" }, h("span", { text: t("unknown.no_answer") })),
    ask,
  );

  function askAgain() {
    element.remove();
    onAskAgain();
  }

  return element;
}
