// @ts-check
// The ring beside a name. Each state has its own shape, so it can be recognized without colour.

import { t, timeLeft } from "../language/i18n.js";
import { initialsOf } from "../language/names.js";
import { s, setAttribute, setText } from "./dom.js";

const RADIUS = 17;
const CIRCUMFERENCE = 2 * Math.PI * RADIUS;

// Paths inside a 40 x 40 box.
/** @type {Partial<Record<Console.StateName, string[]>>} */
const GLYPHS = {
  closed: ["M14.5 19v-2.5a5.5 5.5 0 0 1 11 0V19", "M13 19h14v9H13z"], // a padlock
  never: ["M13 14h14v10h-7l-4 3.5V24h-3z"], // an empty speech bubble
  opted_out: ["M9 31 31 9"], // a slash through the ring
  blocked: ["M14.5 14.5l11 11", "M25.5 14.5l-11 11"], // a cross in an octagon
  number_changed: ["M22 12h-9v17h9", "M18 20.5h12", "M26 16.5l4 4-4 4"], // an arrow out of a telephone
  unreachable: ["M15 11h10v18H15z", "M11 9l18 22"], // a telephone, struck out
};

const PERSON = ["M20 19.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9z", "M11.5 28.5a8.5 6.5 0 0 1 17 0"];
const OCTAGON = "M13 3h14l10 10v14L27 37H13L3 27V13z";

/** Hidden from screen readers: the state is also given in words (`stateWords`). */
export function ring() {
  const arc = s("circle", { class: "arc", cx: 20, cy: 20, r: RADIUS, transform: "rotate(-90 20 20)" });
  const glyph = s("g", { class: "glyph" });
  const initials = s("text", {
    class: "initials",
    x: 20,
    y: 20,
    "text-anchor": "middle",
    "dominant-baseline": "central",
  });
  const track = s("circle", { class: "track", cx: 20, cy: 20, r: RADIUS });
  const octagon = s("path", { class: "octagon", d: OCTAGON });
  const due = s(
    "g",
    { class: "due" },
    s("circle", { cx: 33, cy: 33, r: 7 }),
    s("path", { d: "M33 29.5v4M33 36.4v.2" }),
  );
  const element = s("svg", { class: "ring", viewBox: "0 0 40 40", "aria-hidden": "true", focusable: "false" }, [
    track,
    arc,
    octagon,
    initials,
    glyph,
    due,
  ]);
  /** @type {string | null} */
  let painted = null;

  /**
   * Draws a state, changing only what differs. A name without a letter gets a person's outline instead of initials,
   * and null neither.
   *
   * @param {{ state: Console.StateName, share: number }} status
   * @param {string | null} name
   */
  function paint({ state, share }, name) {
    const isRunning = state === "open" || state === "closing";
    const letters = isRunning && name !== null ? initialsOf(name) : "";
    const isNameless = isRunning && name !== null && !letters;
    if (painted !== `${state} ${isNameless}`) {
      painted = `${state} ${isNameless}`;
      setAttribute(element, "data-state", state);
      glyph.replaceChildren(...(isNameless ? PERSON : (GLYPHS[state] ?? [])).map((d) => s("path", { d })));
    }
    // Steps of half a percent are fine enough and save repainting.
    const drawn = (Math.ceil(share * 200) / 200) * CIRCUMFERENCE;
    setAttribute(arc, "stroke-dasharray", isRunning ? `${drawn.toFixed(2)} ${CIRCUMFERENCE.toFixed(2)}` : null);
    setText(initials, letters);
  }

  return { element, paint };
}

/**
 * For example "22 h left".
 *
 * @param {{ state: Console.StateName, left: number }} status
 */
export function stateWords({ state, left }) {
  if (state === "open" || state === "closing") return t(`state.${state}`, { left: timeLeft(left) });
  return t(`state.${state}`);
}
