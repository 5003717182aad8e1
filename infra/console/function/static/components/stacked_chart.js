// @ts-check
// Days or months as stacked bars. The table below gives the numbers, so a screen reader gets one image with a summary.

import { t } from "../language/i18n.js";
import { h, s } from "./dom.js";

const HEIGHT = 200;
const TOP = 20;
const LEFT = 56;
const BOTTOM = 24;
const BAR_GAP = 8;
const LEAST_WIDTH = 360;
const MOST_LABELS = 7;
/** A bar is cut when it is so many times as tall as half of the others are at most. */
const TALL = 5;
const CUT_SHARE = 0.25;

/** @typedef {{ label: string, title: string, status: string, parts: Record<string, number> }} Bar `label`: below it */

/**
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} chart.summary what the drawing says, for who cannot see it
 * @param {Bar[]} chart.bars
 * @param {{ name: string, label: string }[]} chart.series the parts of a bar from the bottom up
 * @param {(value: number) => string} chart.format for the axis and the tooltips
 * @param {number} chart.highest the axis goes up to this at least, so that an empty month has one
 * @param {number} [chart.step] the width of a bar and what is beside it
 */
export function stackedChart({ title, summary, bars, series, format, highest, step = 22 }) {
  const totals = bars.map((each) => series.reduce((sum, { name }) => sum + each.parts[name], 0));
  const { limit, isCut } = limitOf(totals);
  const top = roundUp(Math.max(highest, limit));
  const width = LEFT + Math.max(bars.length * step, LEAST_WIDTH) + BAR_GAP;
  const every = Math.ceil(bars.length / MOST_LABELS);
  /** @param {number} value */
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);

  const gridLines = [0, top / 2, top].map((value) => [
    s("line", { class: "grid", x1: LEFT, x2: width - 4, y1: y(value), y2: y(value) }),
    s("text", { class: "axis", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, format(value)),
  ]);
  const drawn = bars.map((each, index) => {
    const x = LEFT + index * step + BAR_GAP / 2;
    const middle = x + (step - BAR_GAP) / 2;
    return [
      barOf(each, totals[index], x),
      index % every === 0 &&
        s("text", { class: "axis", x: middle, y: HEIGHT - 8, "text-anchor": "middle" }, each.label),
      totals[index] > top && cutMark(x, middle, totals[index]),
    ];
  });

  /**
   * @param {Bar} each
   * @param {number} total
   * @param {number} x
   */
  function barOf(each, total, x) {
    const lines = series.map(({ name, label }) => `${label}: ${format(each.parts[name])}`);
    const element = s("g", { class: "day-bar", "data-status": each.status });
    element.append(s("title", {}, [each.title, ...lines].join("\n")));
    const scale = total > top ? top / total : 1;
    let sum = 0;
    for (const { name } of series) {
      const value = each.parts[name] * scale;
      const height = Math.max(y(sum) - y(sum + value), 0.5);
      const place = { x, width: step - BAR_GAP, y: y(sum + value), height };
      if (value > 0) element.append(s("rect", { class: `series ${name}`, ...place }));
      sum += value;
    }
    return element;
  }

  /**
   * The break of a bar that goes on above the drawing, and its value.
   *
   * @param {number} x
   * @param {number} middle
   * @param {number} value
   */
  function cutMark(x, middle, value) {
    const right = x + step - BAR_GAP;
    const anchor = middle > width - 40 ? "end" : "middle";
    const at = TOP + 14;
    return [
      s("path", { class: "cut", d: `M${x - 2} ${at + 4} L${right + 2} ${at - 2} v5 L${x - 2} ${at + 9} z` }),
      s(
        "text",
        { class: "axis", x: anchor === "end" ? right : middle, y: TOP - 6, "text-anchor": anchor },
        format(value),
      ),
    ];
  }

  const legend = series.map(({ name, label }) => {
    const swatch = s("rect", { class: `series ${name}`, width: 12, height: 12 });
    return h(
      "li",
      {},
      s("svg", { viewBox: "0 0 12 12", class: "swatch", "aria-hidden": "true" }, swatch),
      h("span", { text: label }),
    );
  });
  const drawing = s(
    "svg",
    { class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `${title}. ${summary}` },
    gridLines,
    drawn,
  );
  return h(
    "figure",
    { class: "chart-figure" },
    h("figcaption", { text: title }),
    h("div", { class: "chart-box" }, drawing),
    h("ul", { class: "legend", role: "list" }, legend),
    isCut ? h("p", { class: "hint", text: t("costs.cut") }) : null,
  );
}

/**
 * How high the drawing has to go: without a few bars that are much taller than the rest, which are cut, because beside
 * them nothing else could be seen.
 *
 * @param {number[]} totals
 */
function limitOf(totals) {
  const sorted = totals.filter((total) => total > 0).sort((a, b) => a - b);
  const usual = (sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) * TALL;
  const rest = sorted.filter((total) => total <= usual);
  const tall = sorted.length - rest.length;
  const isCut = tall > 0 && tall <= Math.max(1, sorted.length * CUT_SHARE) && rest.length > 1;
  return { limit: (isCut ? rest : sorted).at(-1) ?? 0, isCut };
}

/**
 * Rounds up to 1, 2 or 5 times a power of ten.
 *
 * @param {number} value above zero
 */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5].find((each) => each * power >= value - power * 1e-9) ?? 10;
  return step * power;
}
