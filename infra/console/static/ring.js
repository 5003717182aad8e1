// The ring beside a name. Each state has a shape of its own: it can be told without colour, and the words say it too.

import { s, mark } from "./dom.js";
import { t, left } from "./i18n.js";

const RADIUS = 17;
const AROUND = 2 * Math.PI * RADIUS;

// Drawn inside a 40 x 40 box, around the middle.
const GLYPHS = {
  closed: ["M14.5 19v-2.5a5.5 5.5 0 0 1 11 0V19", "M13 19h14v9H13z"], // a padlock
  never: ["M13 14h14v10h-7l-4 3.5V24h-3z"], // an empty speech bubble
  opted_out: ["M9 31 31 9"], // a slash through the ring
  blocked: ["M14.5 14.5l11 11", "M25.5 14.5l-11 11"], // a cross in an octagon
  unreachable: ["M15 11h10v18H15z", "M11 9l18 22"], // a telephone, struck out
};

const OCTAGON = "M13 3h14l10 10v14L27 37H13L3 27V13z";

/** A ring to `paint`. It is for the eyes only: the words beside it say the same. */
export function ring() {
  const arc = s("circle", { class: "arc", cx: 20, cy: 20, r: RADIUS, transform: "rotate(-90 20 20)" });
  const glyph = s("g", { class: "glyph" });
  const initials = s("text", { class: "initials", x: 20, y: 20, "text-anchor": "middle", "dominant-baseline": "central" });
  const track = s("circle", { class: "track", cx: 20, cy: 20, r: RADIUS });
  const octagon = s("path", { class: "octagon", d: OCTAGON });
  const due = s("g", { class: "due" }, s("circle", { cx: 33, cy: 33, r: 7 }), s("path", { d: "M33 29.5v4M33 36.4v.2" }));
  const element = s(
    "svg", { class: "ring", viewBox: "0 0 40 40", "aria-hidden": "true", focusable: "false" },
    track, arc, octagon, initials, glyph, due,
  );
  return { element, arc, glyph, initials, state: null };
}

/** Draws a state of `stateOf`; touches only what has changed since. */
export function paint(drawn, { state, share }, name) {
  if (drawn.state !== state) {
    drawn.state = state;
    mark(drawn.element, "data-state", state);
    drawn.glyph.replaceChildren(...(GLYPHS[state] ?? []).map((d) => s("path", { d })));
  }
  const ended = state === "open" || state === "closing";
  // Steps of half a percent: enough for the eye, and nothing is painted again in between.
  mark(drawn.arc, "stroke-dasharray", ended ? `${(Math.ceil(share * 200) / 200 * AROUND).toFixed(2)} ${AROUND.toFixed(2)}` : null);
  const letters = ended ? initialsOf(name) : "";
  if (drawn.initials.textContent !== letters) drawn.initials.textContent = letters;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const remembered = new Map();

/** At most two letters, whole ones: a Devanagari syllable or an emoji is not cut. */
function initialsOf(name) {
  if (!remembered.has(name)) {
    const words = (name ?? "").trim().slice(0, 80).split(/\s+/).filter((word) => /^[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word));
    const picked = words.length > 1 ? [words[0], words.at(-1)] : words;
    const letters = picked.map((word) => graphemes.segment(word)[Symbol.iterator]().next().value.segment);
    if (remembered.size > 5000) remembered.clear();
    remembered.set(name, letters.join("").toLocaleUpperCase());
  }
  return remembered.get(name);
}

/** The state in a few words, the time first: "22 h left". */
export function inWords({ state, left: ms }) {
  if (state === "open" || state === "closing") return t(`state.${state}`, { left: left(ms) });
  return t(`state.${state}`);
}
