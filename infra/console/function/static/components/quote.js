// @ts-check
// The message that another one answers, in a line above it. A click goes there where it is loaded.

import { t } from "../language/i18n.js";
import { foreignText, h } from "./dom.js";
import { icon } from "./icons.js";
import { excerptOf } from "./parts.js";

/**
 * @param {Api.Message | null} quoted null where it is not loaded
 * @param {(id: string) => void} onGo
 */
export function quoteElement(quoted, onGo) {
  if (!quoted) return h("p", { class: "quote" }, h("span", { text: t("quote.earlier") }));
  return h(
    "button",
    { type: "button", class: "quote", "data-direction": quoted.direction, onclick: () => onGo(quoted.id) },
    h("span", { class: "unseen", text: t("quote.answers") }),
    ...quoteLines(quoted),
  );
}

/**
 * Above the text that replies to a message.
 *
 * @param {Api.Message} quoted
 * @param {string} id by which the text is described by it
 * @param {() => void} onDrop
 */
export function replyingTo(quoted, id, onDrop) {
  const words = t("quote.drop");
  const drop = { type: "button", class: "icon-button", "aria-label": words, title: words, onclick: onDrop };
  const answers = h("span", { class: "unseen", text: t("quote.answers") });
  return h(
    "div",
    { class: "replying" },
    h("p", { id, class: "quote", "data-direction": quoted.direction }, answers, quoteLines(quoted)),
    h("button", drop, icon("close")),
  );
}

/** @param {Api.Message} quoted */
const quoteLines = (quoted) => [
  h("span", { class: "quote-who", text: t(`quote.${quoted.direction}`) }),
  foreignText("span", excerptOf(quoted), { class: "quote-text" }),
];
