// @ts-check
// WhatsApp's marks in a text: *bold*, _italic_, ~struck~, `code`, ```block```, > quote, - list (WhatsApp's help, "How to
// format your messages", read 2026-11). A mark stands at the edge of a word, and within one line.

/**
 * @typedef {string | { mark: MarkName, content: Marked[] }} Marked
 * @typedef {"bold" | "italic" | "struck" | "code"} MarkName
 * @typedef {{ block: "text" | "quote" | "item", content: Marked[] } | { block: "code", text: string }} Block
 */

/** @type {Record<string, MarkName>} */
const MARKS = { "*": "bold", _: "italic", "~": "struck" };

// What has no marks inside: code, and addresses, which often have an underscore.
const OPAQUE = /(?<!`)`[^`\n]+`(?!`)|https?:\/\/\S*[^\s*_~.,;:!?)]/gu;
const FENCE = "```";
const LINE = /^(?:(> )|([-*] ))(?=\S)(.*)$/u;

const ENDS_IN_WORD = /[\p{L}\p{N}]\p{M}*$/u;
const BEGINS_WITH_WORD = /^[\p{L}\p{N}]/u;
const LONGEST_GRAPHEME = 16;

/**
 * A text as what is to be shown: the marks that are ones are gone, everything else stays as it is.
 *
 * @param {string} text
 * @returns {Block[]}
 */
export function blocksOf(text) {
  /** @type {Block[]} */
  const blocks = [];
  let begun = 0;
  let start = text.indexOf(FENCE);
  while (start >= 0) {
    const end = text.indexOf(FENCE, start + FENCE.length);
    if (end < 0) break;
    const code = text.slice(start + FENCE.length, end);
    if (code.trim()) {
      addLines(blocks, text.slice(begun, start));
      blocks.push({ block: "code", text: code.replace(/^\n|\n$/g, "") });
      begun = end + FENCE.length;
    }
    start = text.indexOf(FENCE, code.trim() ? begun : end);
  }
  addLines(blocks, text.slice(begun));
  return blocks;
}

/**
 * The words alone, for a line that shows no marks.
 *
 * @param {string} text
 */
export const withoutMarks = (text) =>
  blocksOf(text)
    .map((block) => (block.block === "code" ? block.text : wordsIn(block.content)))
    .join("\n");

/**
 * @param {Marked[]} content
 * @returns {string}
 */
const wordsIn = (content) => content.map((part) => (typeof part === "string" ? part : wordsIn(part.content))).join("");

/**
 * @param {Block[]} blocks
 * @param {string} text
 */
function addLines(blocks, text) {
  /** @type {string[]} */
  let plain = [];
  const endPlain = () => {
    if (plain.length) blocks.push({ block: "text", content: marksOf(plain.join("\n")) });
    plain = [];
  };
  for (const line of text ? text.split("\n") : []) {
    const [, quote, bullet, words] = LINE.exec(line) ?? [];
    if (!quote && !bullet) plain.push(line);
    else {
      endPlain();
      blocks.push({ block: quote ? "quote" : "item", content: marksOf(words) });
    }
  }
  endPlain();
}

/**
 * @param {string} text of any number of lines
 * @returns {Marked[]}
 */
function marksOf(text) {
  const opaque = new Map([...text.matchAll(OPAQUE)].map(({ 0: whole, index }) => [index, index + whole.length]));
  return parsed({ text, opaque }, 0, text.length, "");
}

/**
 * Opaque: where each part that has no marks inside begins and ends.
 *
 * @typedef {{ text: string, opaque: ReadonlyMap<number, number> }} Source
 */

/**
 * @param {Source} source
 * @param {number} from
 * @param {number} to
 * @param {string} within marks that are open: none is opened twice
 * @returns {Marked[]}
 */
function parsed(source, from, to, within) {
  const { text, opaque } = source;
  /** @type {Marked[]} */
  const parts = [];
  /** Up to where a mark is not closed again, so that no text takes longer than its length. @type {Map<string, number>} */
  const unclosed = new Map();
  let begun = from;

  /**
   * @param {number} start
   * @param {number} end
   * @param {Marked} part
   */
  function add(start, end, part) {
    parts.push(text.slice(begun, start), part);
    begun = end;
  }

  for (let at = from; at < to; at += 1) {
    const after = opaque.get(at);
    if (after !== undefined) {
      if (text[at] === "`") add(at, after, { mark: "code", content: [text.slice(at + 1, after - 1)] });
      at = after - 1;
    } else if (isOpening(text, at) && !within.includes(text[at]) && at >= (unclosed.get(text[at]) ?? 0)) {
      const end = closing(source, at, to);
      if (text[end] === text[at] && end < to) {
        add(at, end + 1, { mark: MARKS[text[at]], content: parsed(source, at + 1, end, within + text[at]) });
        at = end;
      } else {
        unclosed.set(text[at], end);
      }
    }
  }
  parts.push(text.slice(begun, to));
  return parts.filter((part) => part !== "");
}

/**
 * Where the mark that opens at a place is closed, or else where its line ends.
 *
 * @param {Source} source
 * @param {number} at
 * @param {number} to
 */
function closing({ text, opaque }, at, to) {
  let end = at + 1;
  while (end < to && text[end] !== "\n" && !(text[end] === text[at] && isClosing(text, end))) {
    end = opaque.get(end) ?? end + 1;
  }
  return end;
}

/**
 * @param {string} text
 * @param {number} at
 */
const isOpening = (text, at) =>
  text[at] in MARKS && !isBlank(text[at + 1]) && text[at + 1] !== text[at] && !isWordBefore(text, at);

/**
 * @param {string} text
 * @param {number} end
 */
const isClosing = (text, end) =>
  !isBlank(text[end - 1]) && text[end - 1] !== text[end] && !BEGINS_WITH_WORD.test(text.slice(end + 1, end + 3));

/**
 * @param {string} text
 * @param {number} at
 */
const isWordBefore = (text, at) => ENDS_IN_WORD.test(text.slice(Math.max(0, at - LONGEST_GRAPHEME), at));

/** @param {string | undefined} letter */
const isBlank = (letter) => letter === undefined || /\s/.test(letter);
