// @ts-check
// Icons, 20 x 20, in the colour of the surrounding text.

import { s } from "./dom.js";

/** @typedef {keyof typeof PATHS} IconName */

const PATHS = {
  back: ["M12 4 6 10l6 6"],
  bell: ["M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13z", "M8.5 17.5h3"],
  call: ["M5.5 3.5 8 7.5 6.6 9.2a9 9 0 0 0 4.2 4.2l1.7-1.4 4 2.5-1.2 3A12.5 12.5 0 0 1 2.5 4.7z"],
  close: ["M5 5l10 10", "M15 5 5 15"],
  contact: ["M10 10.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M3.5 17a6.5 6.5 0 0 1 13 0"],
  down: ["M5 8l5 5 5-5"],
  download: ["M10 3v10", "M6 9.5l4 4 4-4", "M4 17h12"],
  label: ["M3.5 9.5v-6h6l7 7-6 6z", "M7 7h.1"],
  list: ["M4 5.5h.1", "M4 10h.1", "M4 14.5h.1", "M8 5.5h8.5", "M8 10h8.5", "M8 14.5h8.5"],
  lock: ["M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9", "M5 9h10v7.5H5z"],
  media: ["M3.5 4h13v12h-13z", "M3.5 13l4-4 3 3 2-2 4 4"],
  next: ["M8 4l6 6-6 6"],
  place: ["M10 17.5s5.5-5 5.5-9.3a5.5 5.5 0 1 0-11 0c0 4.3 5.5 9.3 5.5 9.3z", "M10 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"],
  react: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M7 11.5a3.5 3.5 0 0 0 6 0", "M7.5 8v.2", "M12.5 8v.2"],
  reply: ["M8 5 3.5 9.5 8 14", "M3.5 9.5H12a5 5 0 0 1 5 5v1"],
  search: ["M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11z", "M13 13l4 4"],
  send: ["M3 10 17 4l-4 13-3-5z", "M10 12l7-8"],
  template: ["M4 3.5h12v13H4z", "M7 7.5h6", "M7 10.5h6", "M7 13.5h3"],
  warning: ["M10 3.5 18 17H2z", "M10 8.5v4", "M10 14.6v.2"],
  // A message's status: clock, one tick, two ticks.
  underway: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M10 6v4.5l2.5 1.5"],
  tick: ["M4 10.5l4 4 8-9"],
  ticks: ["M1.5 10.5l4 4 8-9", "M9.5 14.5l9-9.5"],
  unknown: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M8 8a2 2 0 1 1 2.6 2c-.5.2-.6.5-.6 1.2", "M10 13.6v.2"],
  refused: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M5.2 5.2l9.6 9.6"],
};

/**
 * Hidden from screen readers: there is always text beside it.
 *
 * @param {IconName} name
 */
export const icon = (name) =>
  s(
    "svg",
    { class: "icon", viewBox: "0 0 20 20", focusable: "false", "aria-hidden": "true" },
    PATHS[name].map((d) => s("path", { d })),
  );
