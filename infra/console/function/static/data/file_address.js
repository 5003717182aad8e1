// @ts-check
// Which addresses of files the API takes: https, ASCII, without user and password.

const START = "https://";

/** @typedef {"no_https" | "space" | "user" | "letters" | "incomplete"} AddressFault */

/** @type {[AddressFault, (text: string) => boolean][]} */
const FAULTS = [
  ["no_https", (text) => !text.toLowerCase().startsWith(START)],
  ["space", (text) => /\s/.test(text)],
  ["user", (text) => /^https:\/\/[^/?#]*@/i.test(text)],
  ["letters", (text) => !/^[!-~]*$/.test(text)],
  ["incomplete", (text) => !/^https:\/\/[a-z0-9._-]+(:\d{1,5})?([/?#].*)?$/i.test(text)],
];

/**
 * What is wrong with an address; null where nothing is. An empty one is not wrong, and not an address either.
 *
 * @param {string} text
 * @returns {AddressFault | null}
 */
export const addressFault = (text) => (text ? (FAULTS.find(([, isThere]) => isThere(text))?.[0] ?? null) : null);

/**
 * Whether somebody may be about to type the rest.
 *
 * @param {string} text
 */
export const isBegun = (text) => START.startsWith(text.toLowerCase());
