// @ts-check
// The places of a template's body that are filled: {{1}}, or {{name}} where Meta's templates name them.

import { t } from "../language/i18n.js";

const PLACE = /\{\{\s*(\w+)\s*\}\}/g;
const WORDS_BESIDE = 4;

/**
 * Where a place stands in the list of values, from 0.
 *
 * @param {string} name
 * @param {readonly string[]} names of the body, each once, in their order
 */
const indexOf = (name, names) => (/^\d+$/.test(name) ? Number(name) - 1 : names.indexOf(name));

/** @param {string} body */
const namesOf = (body) => [...new Set([...body.matchAll(PLACE)].map(([, name]) => name))];

/**
 * A template's body with its values filled in; a place without one stays.
 *
 * @param {string} body
 * @param {readonly string[]} values
 */
export function filledTemplate(body, values) {
  const names = namesOf(body);
  return body.replace(PLACE, (place, name) => values[indexOf(name, names)] || place);
}

/**
 * What staff may know a value by: its name where it has one, the words before it on its line, or those after it.
 *
 * @typedef {{ name: string, before: string, after: string }} Place empty where there is nothing
 */

/**
 * The places of the values, in their order.
 *
 * @param {string | null | undefined} body
 * @param {number} count how many values the template has
 * @returns {Place[]}
 */
export function placesOf(body, count) {
  const places = Array.from({ length: count }, () => ({ name: "", before: "", after: "" }));
  const text = body ?? "";
  const names = namesOf(text);
  const found = [...text.matchAll(PLACE)];
  found.forEach((match, position) => {
    const [whole, name] = match;
    const place = places[indexOf(name, names)];
    if (!place || place.before || place.after) return;
    const end = match.index + whole.length;
    const previous = found[position - 1];
    const before = text.slice(previous ? previous.index + previous[0].length : 0, match.index);
    place.name = /^\d+$/.test(name) ? "" : name.replaceAll("_", " ");
    place.before = wordsOf(before.split("\n").at(-1) ?? "")
      .slice(-WORDS_BESIDE)
      .join(" ");
    place.after = wordsOf(text.slice(end, found[position + 1]?.index).split("\n")[0])
      .slice(0, WORDS_BESIDE)
      .join(" ");
  });
  return places;
}

/**
 * What staff know a value by: what the organization calls it, else its name or the words beside it.
 *
 * @param {Place} place
 * @param {number} index from 0
 * @param {string} [label] what the organization calls it
 */
export function valueLabel({ name, before, after }, index, label) {
  if (label) return label;
  const n = index + 1;
  if (name) return t("template.value_named", { n, name });
  if (before) return t("template.value_after", { n, words: before });
  return after ? t("template.value_before", { n, words: after }) : t("template.value", { n });
}

/**
 * Without WhatsApp's marks and what stands beside the words.
 *
 * @param {string} text
 */
const wordsOf = (text) =>
  text
    .split(/\s+/)
    .map((word) => word.replace(/^[^\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]+$/gu, ""))
    .filter(Boolean);
