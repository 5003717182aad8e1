// @ts-check
// In which language a text of people outside is read aloud, as far as its script tells.

import { currentLanguage } from "./i18n.js";

/** Each script's languages, the one that most write in first. @type {[RegExp, string[]][]} */
const SCRIPTS = [
  [/\p{Script=Devanagari}/gu, ["hi", "mr"]],
  [/\p{Script=Bengali}/gu, ["bn"]],
  [/\p{Script=Tamil}/gu, ["ta"]],
  [/\p{Script=Telugu}/gu, ["te"]],
  [/\p{Script=Kannada}/gu, ["kn"]],
  [/\p{Script=Malayalam}/gu, ["ml"]],
  [/\p{Script=Gujarati}/gu, ["gu"]],
  [/\p{Script=Gurmukhi}/gu, ["pa"]],
  [/\p{Script=Oriya}/gu, ["or"]],
  [/\p{Script=Arabic}/gu, ["ur"]],
];
const BEYOND_LATIN = /[\u0600-\uffff]/;
const LATIN = /\p{Script=Latin}/gu;

/**
 * Null where that is the console's own language, or nothing tells: Hindi, too, is written in Latin letters.
 *
 * @param {string} text
 */
export function readIn(text) {
  if (!BEYOND_LATIN.test(text)) return null;
  const latin = text.match(LATIN)?.length ?? 0;
  const [, languages] = SCRIPTS.find(([script]) => (text.match(script)?.length ?? 0) > latin) ?? [];
  return !languages || languages.includes(currentLanguage()) ? null : languages[0];
}
