// @ts-check
// Terms with what they are, one below the other.

import { h } from "./dom.js";

/** @param {(readonly [string, Dom.Children] | null)[]} entries */
export const facts = (entries) =>
  h(
    "dl",
    { class: "facts" },
    entries.map((entry) => entry && h("div", {}, h("dt", { text: entry[0] }), h("dd", {}, entry[1]))),
  );
