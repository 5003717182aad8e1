// @ts-check
// The reactions on a message, of the contact and our own, which can be taken back.

import { t } from "../language/i18n.js";
import { foreignText, h } from "./dom.js";

/**
 * @param {Console.MessageLinks["reactions"]} reactions the latest of each side
 * @param {(() => void) | null} onTakeBack null where nothing can be sent
 */
export function reactionsElement({ inbound, outbound }, onTakeBack) {
  const theirs = inbound?.reaction?.emoji;
  const ours = outbound?.reaction?.emoji;
  if (!theirs && !ours) return null;
  return h(
    "ul",
    { class: "reactions", "aria-label": t("reaction.list") },
    theirs && h("li", { class: "emoji" }, h("span", { class: "unseen", text: t("reaction.theirs") }), emoji(theirs)),
    ours && h("li", {}, ownReaction(ours, onTakeBack)),
  );
}

/** @param {string} text */
const emoji = (text) => foreignText("span", text);

/**
 * @param {string} text
 * @param {(() => void) | null} onTakeBack
 */
function ownReaction(text, onTakeBack) {
  const ours = h("span", { class: "unseen", text: t("reaction.ours") });
  if (!onTakeBack) return h("span", { class: "emoji", "data-own": true }, ours, emoji(text));
  const label = t("reaction.take_back", { emoji: text });
  return h(
    "button",
    { type: "button", class: "emoji", "data-own": true, "aria-label": label, title: label, onclick: onTakeBack },
    emoji(text),
  );
}
