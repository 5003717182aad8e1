// @ts-check
// Bars that lie beside figures. They are drawings only: the figures say the same.

import { s } from "./dom.js";

const WIDTH = 100;
const HEIGHT = 10;
const LEAST = 1;

/**
 * A share as a width; what is not nothing can be seen.
 *
 * @param {bigint} part
 * @param {bigint} whole
 */
function widthOf(part, whole) {
  if (part <= 0n || whole <= 0n) return 0;
  return Math.max(LEAST, Math.min(WIDTH, Number((part * 10_000n) / whole) / 100));
}

/**
 * Parts from the left, one over the other, and marks.
 *
 * @param {bigint} whole
 * @param {{ name: string, value: bigint }[]} parts the widest first
 * @param {bigint[]} [marks]
 */
export const bar = (whole, parts, marks = []) =>
  s(
    "svg",
    { class: "bar", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    s("rect", { class: "track", width: WIDTH, height: HEIGHT }),
    parts.map(({ name, value }) =>
      s("rect", { class: `series ${name}`, width: widthOf(value, whole), height: HEIGHT }),
    ),
    marks.map((mark) => {
      const x = Math.min(widthOf(mark, whole), WIDTH - 0.5);
      return s("line", { class: "mark", "vector-effect": "non-scaling-stroke", x1: x, x2: x, y1: 0, y2: HEIGHT });
    }),
  );
