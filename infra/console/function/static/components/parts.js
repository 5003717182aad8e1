// @ts-check
// Pieces of a message: a link to a page outside, a line under an icon, and what a message says in one line.

import { withoutMarks } from "../data/text_marks.js";
import { hasWords, t } from "../language/i18n.js";
import { foreignText, h } from "./dom.js";
import { icon } from "./icons.js";
import { markedText } from "./marked_text.js";

const EXCERPT = 200;

/** @param {string | undefined} text */
export function webAddress(text) {
  const url = text && URL.canParse(text) ? new URL(text) : null;
  return url && ["https:", "http:"].includes(url.protocol) ? url.href : null;
}

/**
 * A link that opens outside, in a new tab. Nothing is loaded before it is followed.
 *
 * @param {string} href
 * @param {Dom.Children} content
 */
export const outsideLink = (href, content) =>
  h(
    "a",
    { class: "file", href, target: "_blank", rel: "noopener noreferrer" },
    content,
    h("span", { class: "unseen", text: t("opens_new") }),
  );

/**
 * What kind of thing this is, in small letters above or in place of the content.
 *
 * @param {import("./icons.js").IconName} picture
 * @param {string} words
 */
export const label = (picture, words) => h("p", { class: "label" }, icon(picture), h("span", { text: words }));

/**
 * A text of the contact's or the organization's, nothing where it is empty.
 *
 * @param {string | undefined} text
 * @param {string} [name] of the class
 */
export const said = (text, name = "text") => (text ? foreignText("p", text, { class: name }) : null);

/**
 * What somebody wrote, with WhatsApp's marks; nothing where it is empty.
 *
 * @param {string | undefined} text
 */
export const written = (text) => (text ? markedText(text, { class: "text" }) : null);

/** @param {string} type */
export const kindWords = (type) => (hasWords(`type.${type}`) ? t(`type.${type}`) : t("type.other", { type }));

/**
 * A message in a line: what it says, or what kind it is of.
 *
 * @param {Api.Message} message
 */
export function excerptOf(message) {
  const { type, media, template } = message;
  const words = wordsOf(message).find(Boolean);
  if (words) return withoutMarks(words.slice(0, 2 * EXCERPT)).slice(0, EXCERPT);
  if (template) return t("message.template", { name: template.name });
  return media && hasWords(`media.${media.kind}`) ? t(`media.${media.kind}`) : kindWords(type);
}

/** @param {Api.Message} message */
const wordsOf = ({ text, media, interactive, location, contacts = [] }) => [
  text,
  media?.caption,
  media?.filename,
  interactive?.body?.text,
  location?.name,
  ...contacts.map(({ name }) => name?.formatted_name),
];
