// @ts-check
// A message whose send got no answer. Asking again uses the same idempotency key, so it cannot be sent twice.

import { t } from "../language/i18n.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @param {Api.SendRequest} request
 * @param {() => void} onAskAgain
 */
export function unansweredMessage({ text, media, template, reaction }, onAskAgain) {
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
