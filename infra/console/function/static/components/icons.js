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
  leave: ["M8 4H4v12h4", "M12.5 6.5 16 10l-3.5 3.5", "M16 10H8"],
  list: ["M4 5.5h.1", "M4 10h.1", "M4 14.5h.1", "M8 5.5h8.5", "M8 10h8.5", "M8 14.5h8.5"],
  lock: ["M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9", "M5 9h10v7.5H5z"],
  next: ["M8 4l6 6-6 6"],
  note: ["M4 16l1-4L13.5 3.5l3 3L8 15z", "M11 6l3 3"],
  plus: ["M10 4v12", "M4 10h12"],
  place: ["M10 17.5s5.5-5 5.5-9.3a5.5 5.5 0 1 0-11 0c0 4.3 5.5 9.3 5.5 9.3z", "M10 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"],
  react: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M7 11.5a3.5 3.5 0 0 0 6 0", "M7.5 8v.2", "M12.5 8v.2"],
  reply: ["M8 5 3.5 9.5 8 14", "M3.5 9.5H12a5 5 0 0 1 5 5v1"],
  search: ["M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11z", "M13 13l4 4"],
  settings: ["M3.5 6.5h7", "M14.5 6.5h2", "M12.5 4.5v4", "M3.5 13.5h2", "M9.5 13.5h7", "M7.5 11.5v4"],
  send: ["M3 10 17 4l-4 13-3-5z", "M10 12l7-8"],
  template: ["M4 3.5h12v13H4z", "M7 7.5h6", "M7 10.5h6", "M7 13.5h3"],
  warning: ["M10 3.5 18 17H2z", "M10 8.5v4", "M10 14.6v.2"],
  // Files: a paperclip for any, then a picture, a film, a note, a microphone, a page and a sticker.
  file: ["M15.5 9.5 10 15a3.4 3.4 0 0 1-4.8-4.8l6-6a2.3 2.3 0 0 1 3.2 3.2l-5.8 5.8a1.1 1.1 0 0 1-1.6-1.6l5.2-5.2"],
  image: ["M3.5 4h13v12h-13z", "M3.5 13l4-4 3 3 2-2 4 4"],
  video: ["M3 5.5h9.5v9H3z", "M12.5 9l4.5-2.5v7L12.5 11z"],
  audio: ["M7 15V5l9-1.5v10", "M7 15a2 2 0 1 1-4 0 2 2 0 0 1 4 0z", "M16 13.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0z"],
  voice: [
    "M10 12.5a2.7 2.7 0 0 0 2.7-2.7V5.7a2.7 2.7 0 0 0-5.4 0v4.1a2.7 2.7 0 0 0 2.7 2.7z",
    "M4.7 9.8a5.3 5.3 0 0 0 10.6 0",
    "M10 15.1V18",
  ],
  document: ["M5 3h6.5L15.5 7v10H5z", "M11.5 3v4h4", "M7.5 10.5h5", "M7.5 13.5h5"],
  sticker: ["M3.5 3.5h13v8l-5 5h-8z", "M11.5 16.5v-5h5", "M7 8v.2", "M12 7.8v.2", "M6.8 11a3 3 0 0 0 3 1.2"],
  // A message's status: clock, one tick, two ticks.
  underway: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M10 6v4.5l2.5 1.5"],
  tick: ["M4 10.5l4 4 8-9"],
  ticks: ["M1.5 10.5l4 4 8-9", "M9.5 14.5l9-9.5"],
  unknown: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M8 8a2 2 0 1 1 2.6 2c-.5.2-.6.5-.6 1.2", "M10 13.6v.2"],
  refused: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M5.2 5.2l9.6 9.6"],
};

const FILE_KINDS = /** @type {const} */ (["image", "video", "audio", "voice", "document", "sticker"]);

/**
 * The icon of a kind of file.
 *
 * @param {string | undefined} kind
 */
export const fileIcon = (kind) => icon(FILE_KINDS.find((known) => known === kind) ?? "file");

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
