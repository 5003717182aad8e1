// @ts-check
// Days or months as stacked bars. One of them can be reached with the Tab key, the others from it with the arrow keys; each
// says its figures in the words of the table below, whether it is pointed at or has the focus, and opens what it stands for.

import { t } from "../language/i18n.js";
import { h, replaceContent, s, setAttribute } from "./dom.js";

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

/**
 * `label`: below it. `lines`: its figures in words, the first of which names it. `onOpen`: there where it can be opened.
 *
 * @typedef {{ key: string, label: string, lines: string[], status: string, parts: Record<string, number>, onOpen: (() => void) | null }} Bar
 */

/**
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} chart.summary what the drawing says, for who cannot see it
 * @param {Bar[]} chart.bars
 * @param {{ name: string, label: string }[]} chart.series the parts of a bar from the bottom up
 * @param {(value: number) => string} chart.format for the axis
 * @param {number} chart.highest the axis goes up to this at least, so that an empty month has one
 * @param {number} [chart.step] the width of a bar and what is beside it
 */
export function stackedChart({ title, summary, bars, series, format, highest, step = 22 }) {
  const totals = bars.map((each) => series.reduce((sum, { name }) => sum + each.parts[name], 0));
  const { limit, isCut } = limitOf(totals);
  const top = roundUp(Math.max(highest, limit));
  const width = LEFT + Math.max(bars.length * step, LEAST_WIDTH) + BAR_GAP;
  const every = Math.ceil(bars.length / MOST_LABELS);
  const readout = h("p", { class: "readout", "aria-hidden": "true" });
  /** @type {SVGElement[]} */
  const stops = [];
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
        s(
          "text",
          { class: "axis", "aria-hidden": "true", x: middle, y: HEIGHT - 8, "text-anchor": "middle" },
          each.label,
        ),
      totals[index] > top && cutMark(x, middle, totals[index]),
    ];
  });

  /**
   * @param {Bar} each
   * @param {number} total
   * @param {number} x
   */
  function barOf(each, total, x) {
    const { onOpen, lines } = each;
    const index = stops.length;
    const element = s("g", {
      class: "day-bar",
      "data-status": each.status,
      "data-key": each.key,
      "data-opens": onOpen !== null,
      role: onOpen ? "button" : "img",
      "aria-label": lines.join(", "),
      tabindex: "-1",
      onclick: () => onOpen?.(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => onKey(event, index, onOpen),
      onfocus: () => tell(lines, index),
      onpointerenter: () => tell(lines),
    });
    element.append(s("rect", { class: "hit", x: x - BAR_GAP / 2, width: step, y: TOP, height: HEIGHT - TOP - BOTTOM }));
    stops.push(element);
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
   * Says the figures of a bar. The one that has the focus is that which the Tab key finds again.
   *
   * @param {string[]} lines
   * @param {number} [stop]
   */
  function tell([first, ...rest], stop) {
    replaceContent(
      readout,
      h("strong", { text: first }),
      rest.map((line) => h("span", { text: line })),
    );
    if (stop !== undefined) stops.forEach((each, index) => setAttribute(each, "tabindex", index === stop ? "0" : "-1"));
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} index
   * @param {(() => void) | null} onOpen
   */
  function onKey(event, index, onOpen) {
    const last = stops.length - 1;
    const steps = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last };
    const to = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (to !== undefined) stops[Math.min(Math.max(to, 0), last)].focus();
    else if ((event.key === "Enter" || event.key === " ") && onOpen) onOpen();
    else return;
    event.preventDefault();
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
      s("path", {
        class: "cut",
        "aria-hidden": "true",
        d: `M${x - 2} ${at + 4} L${right + 2} ${at - 2} v5 L${x - 2} ${at + 9} z`,
      }),
      s(
        "text",
        {
          class: "axis",
          "aria-hidden": "true",
          x: anchor === "end" ? right : middle,
          y: TOP - 6,
          "text-anchor": anchor,
        },
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
    { class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, role: "group", "aria-label": `${title}. ${summary}` },
    s("g", { "aria-hidden": "true" }, gridLines),
    drawn,
  );
  const newest = bars.findLastIndex((_, index) => totals[index] > 0);
  setAttribute(stops[Math.max(newest, 0)], "tabindex", "0");
  tell(bars[Math.max(newest, 0)].lines);
  return h(
    "figure",
    { class: "chart-figure" },
    h("figcaption", { text: title }),
    h("div", { class: "chart-box" }, drawing),
    readout,
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
