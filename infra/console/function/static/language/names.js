// @ts-check
// What a contact is called. People name themselves in WhatsApp: a name may be blank, or one dot.

const IGNORED = /[\p{Default_Ignorable_Code_Point}\u2800]/gu;
// Joiners and variation selectors make one grapheme of an emoji or a syllable.
const IGNORED_BUT_JOINERS = /(?!\u200c|\u200d|\p{Variation_Selector})[\p{Default_Ignorable_Code_Point}\u2800]/gu;
const LETTER = /[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const INDIAN = /^\+91(\d{5})(\d{5})$/;
const MOST_REMEMBERED = 5000;

/**
 * As people read it aloud, where the grouping is known.
 *
 * @param {string} phone E.164
 */
export const spacedNumber = (phone) => phone.replace(INDIAN, "+91 $1 $2");

/**
 * The name if it has a letter, a digit or an emoji, else null.
 *
 * @param {string | null | undefined} name
 */
export function legibleName(name) {
  const trimmed = name?.trim();
  return trimmed && LETTER.test(trimmed.replace(IGNORED, "")) ? trimmed : null;
}

/**
 * The name, or where there is none to read the number or user id.
 *
 * @param {Console.Contact} contact
 */
export const nameOf = ({ name, number, phone }) => legibleName(name) ?? number ?? phone;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** @type {Map<string, string>} */
const remembered = new Map();

/**
 * The first that is no punctuation, as the b of "<b>".
 *
 * @param {string} word
 */
function firstLetter(word) {
  for (const { segment } of graphemes.segment(word)) if (LETTER.test(segment)) return segment;
  return null;
}

/**
 * At most two graphemes, so that a Devanagari syllable or an emoji is not cut. Empty where the name has no letter.
 *
 * @param {string} name
 */
export function initialsOf(name) {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const words = name.replace(IGNORED_BUT_JOINERS, "").trim().slice(0, 80).split(/\s+/);
  const letters = words.map(firstLetter).filter((letter) => letter !== null);
  const picked = letters.length > 1 ? [letters[0], letters[letters.length - 1]] : letters;
  const initials = picked.join("").toLocaleUpperCase();
  if (remembered.size > MOST_REMEMBERED) remembered.clear();
  remembered.set(name, initials);
  return initials;
}
