// @ts-check
// A text with WhatsApp's marks, as WhatsApp shows it. It is made of nodes, never of HTML: what somebody wrote is text.

import { blocksOf } from "../data/text_marks.js";
import { readIn } from "../language/scripts.js";
import { h } from "./dom.js";

/** @type {Record<import("../data/text_marks.js").MarkName, keyof HTMLElementTagNameMap>} */
const TAGS = { bold: "strong", italic: "em", struck: "s", code: "code" };

/**
 * @param {string} text of people outside the organization, or our own
 * @param {Record<string, Dom.Property>} [properties]
 */
export function markedText(text, properties) {
  const nodes = blocksOf(text).map((block) => {
    if (block.block === "code") return codeElement(block.text);
    if (block.block === "text") return nodesOf(block.content);
    if (block.block === "quote") return h("blockquote", { dir: "auto" }, nodesOf(block.content));
    return h("div", { class: "item", dir: "auto" }, nodesOf(block.content));
  });
  return h("div", { dir: "auto", lang: readIn(text), ...properties }, nodes);
}

/** @param {string} text */
function codeElement(text) {
  const code = h("code", { text });
  return text.includes("\n") ? h("pre", {}, code) : code;
}

/**
 * @param {import("../data/text_marks.js").Marked[]} content
 * @returns {Dom.Children[]}
 */
const nodesOf = (content) =>
  content.map((part) => (typeof part === "string" ? part : h(TAGS[part.mark], {}, nodesOf(part.content))));
