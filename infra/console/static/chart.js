// Days as stacked bars. The table beside it says the same in numbers, so the drawing is one image with a summary.

import { h, s } from "./dom.js";
import { number, shortDate } from "./i18n.js";

const HEIGHT = 200;
const TOP = 12;
const LEFT = 56;
const BOTTOM = 24;
const BAR = 22;

/**
 * `days`: `[{ date, parts: { <name>: number } }]`; `series`: `[{ name, label }]` from the bottom up;
 * `format(value)` for the axis and the tooltips. `highest` at least, so that an empty month has an axis.
 */
export function stackedDays({ title, summary, days, series, format, highest = 0, marks = {} }) {
  const totals = days.map((day) => series.reduce((sum, { name }) => sum + day.parts[name], 0));
  const top = nice(Math.max(highest, ...totals, 0)) || 1;
  const width = LEFT + Math.max(days.length, 7) * BAR + 8;
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const svg = s("svg", { class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `${title}. ${summary}` });
  for (const share of [0, 0.5, 1]) {
    svg.append(
      s("line", { class: "grid", x1: LEFT, x2: width - 4, y1: y(top * share), y2: y(top * share) }),
      s("text", { class: "axis", x: LEFT - 6, y: y(top * share) + 4, "text-anchor": "end" }, format(top * share)),
    );
  }
  days.forEach((day, index) => {
    const x = LEFT + index * BAR + 4;
    const at = Date.parse(`${day.date}T00:00:00Z`);
    const lines = series.map(({ name, label }) => `${label}: ${format(day.parts[name])}`);
    const bar = s("g", { class: "day-bar", "data-status": marks[day.date] ?? "final" }, s("title", {}, [shortDate(at), ...lines].join("\n")));
    let sum = 0;
    for (const { name } of series) {
      const value = day.parts[name];
      if (value > 0) bar.append(s("rect", { class: `series ${name}`, x, width: BAR - 8, y: y(sum + value), height: Math.max(y(sum) - y(sum + value), 0.5) }));
      sum += value;
    }
    svg.append(bar);
    if (index % 5 === 0 || days.length <= 7) svg.append(s("text", { class: "axis", x: x + (BAR - 8) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, number(Number(day.date.slice(8)))));
  });
  const legend = h("ul", { class: "legend", role: "list" }, series.map(({ name, label }) =>
    h("li", {}, s("svg", { viewBox: "0 0 12 12", class: "swatch", "aria-hidden": "true" }, s("rect", { class: `series ${name}`, width: 12, height: 12 })), h("span", { text: label }))));
  return h("figure", { class: "chart-figure" }, h("figcaption", { text: title }), h("div", { class: "chart-box" }, svg), legend);
}

/** The next of 1, 2, 5 times a power of ten. */
function nice(value) {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value - power * 1e-9) * power;
}
