// @ts-check
// The last message in a line: who wrote it, and its words or what kind it is of.

import { withoutMarks } from "../data/text_marks.js";
import { hasWords, t } from "../language/i18n.js";
import { h, replaceContent, setForeignText } from "./dom.js";
import { icon } from "./icons.js";
import { kindWords } from "./parts.js";

/** What has no words of its own to show. @type {Record<string, import("./icons.js").IconName>} */
const PICTURES = {
  audio: "audio",
  button: "tick",
  call: "call",
  contacts: "contact",
  document: "document",
  image: "image",
  location: "place",
  media: "file",
  order: "list",
  reaction: "react",
  sticker: "sticker",
  template: "template",
  video: "video",
  voice: "voice",
};

export function previewLine() {
  const words = h("span", { class: "words", dir: "auto" });
  const element = h("span", { class: "preview" });
  let drawn = "";

  /**
   * Changes only what differs.
   *
   * @param {Api.LastMessage | null | undefined} message
   * @param {string | null} me the name of who looks, for whom "You" stands
   */
  function paint(message, me) {
    const key = message
      ? JSON.stringify([message.direction, message.type, message.preview, message.author, message.failed])
      : "";
    if (key === drawn) return;
    drawn = key;
    if (!message) return replaceContent(element);
    const picture = PICTURES[message.type];
    setForeignText(words, message.preview ? withoutMarks(message.preview) : typeWords(message.type));
    replaceContent(
      element,
      message.direction === "outbound" && h("span", { class: "by" }, h("bdi", { text: byWords(message, me) }), ": "),
      message.failed && h("span", { class: "unseen", text: `${t("status.failed")}: ` }),
      message.failed ? icon("warning") : picture && icon(picture),
      words,
    );
  }

  return { element, paint };
}

/** @param {string} type */
const typeWords = (type) => (hasWords(`media.${type}`) ? t(`media.${type}`) : kindWords(type));

/**
 * @param {Api.LastMessage} message
 * @param {string | null} me
 */
function byWords({ author }, me) {
  const isColleague = author?.kind === "member" && author.name && author.name !== me;
  return isColleague ? /** @type {string} */ (author.name) : t("row.you");
}
