// @ts-check
// A light with words: how something is, by shape as well as by colour.

import { h, s } from "./dom.js";

/** @typedef {"good" | "warn" | "bad" | "none"} Tone */

// A disc, a triangle, a square, an empty ring; 16 x 16.
/** @type {Record<Tone, string>} */
const SHAPES = {
  good: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z",
  warn: "M8 2 14.5 13.5h-13z",
  bad: "M2 2h12v12H2z",
  none: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zm0 2.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6z",
};

/**
 * @param {Tone} tone
 * @param {string} words
 */
export const statusLight = (tone, words) =>
  h(
    "span",
    { class: "light", "data-tone": tone },
    s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, s("path", { d: SHAPES[tone] })),
    h("span", { text: words }),
  );
