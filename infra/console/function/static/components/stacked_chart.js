// @ts-check
// Days as stacked bars. The table below gives the numbers, so a screen reader gets one image with a summary.

import { number, shortDate } from "../language/i18n.js";
import { h, s } from "./dom.js";

const HEIGHT = 200;
const TOP = 12;
const LEFT = 56;
const BOTTOM = 24;
const BAR = 22;
const BAR_GAP = 8;
const FEW_DAYS = 7;

/** @typedef {{ date: string, status: string, parts: Record<string, number> }} Day */

/**
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} chart.summary what the drawing says, for who cannot see it
 * @param {Day[]} chart.days
 * @param {{ name: string, label: string }[]} chart.series the parts of a bar from the bottom up
 * @param {(value: number) => string} chart.format for the axis and the tooltips
 * @param {number} chart.highest the axis goes up to this at least, so that an empty month has one
 */
export function stackedChart({ title, summary, days, series, format, highest }) {
  const totals = days.map((day) => series.reduce((sum, { name }) => sum + day.parts[name], 0));
  const top = roundUp(Math.max(highest, ...totals));
  const width = LEFT + Math.max(days.length, FEW_DAYS) * BAR + BAR_GAP;
  /** @param {number} value */
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);

  const gridLines = [0, top / 2, top].map((value) => [
    s("line", { class: "grid", x1: LEFT, x2: width - 4, y1: y(value), y2: y(value) }),
    s("text", { class: "axis", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, format(value)),
  ]);
  const bars = days.map((day, index) => {
    const x = LEFT + index * BAR + BAR_GAP / 2;
    const isLabelled = index % 5 === 0 || days.length <= FEW_DAYS;
    const middle = x + (BAR - BAR_GAP) / 2;
    const dayOfMonth = number(Number(day.date.slice(8)));
    return [
      barOf(day, x),
      isLabelled && s("text", { class: "axis", x: middle, y: HEIGHT - 8, "text-anchor": "middle" }, dayOfMonth),
    ];
  });

  /**
   * @param {Day} day
   * @param {number} x
   */
  function barOf(day, x) {
    const lines = series.map(({ name, label }) => `${label}: ${format(day.parts[name])}`);
    const tooltip = [shortDate(Date.parse(day.date)), ...lines].join("\n");
    const bar = s("g", { class: "day-bar", "data-status": day.status }, s("title", {}, tooltip));
    let sum = 0;
    for (const { name } of series) {
      const value = day.parts[name];
      const height = Math.max(y(sum) - y(sum + value), 0.5);
      if (value > 0)
        bar.append(s("rect", { class: `series ${name}`, x, width: BAR - BAR_GAP, y: y(sum + value), height }));
      sum += value;
    }
    return bar;
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
    bars,
  );
  return h(
    "figure",
    { class: "chart-figure" },
    h("figcaption", { text: title }),
    h("div", { class: "chart-box" }, drawing),
    h("ul", { class: "legend", role: "list" }, legend),
  );
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
