// @ts-check
// Administration: what a provider told and gate24 did not understand, or could not store.

import { h, replaceContent, setAttribute } from "../components/dom.js";
import { pagedPlace } from "../components/load_more.js";
import { plainTable } from "../components/plain_table.js";
import { problemNote } from "../components/problem_note.js";
import { showDialog } from "../components/shown_dialog.js";
import { fetchUnrecognized, fetchUnrecognizedText } from "../data/admin_routes.js";
import { epochMs } from "../data/clock.js";
import { channelName } from "../data/session.js";
import { fullTime, number, t } from "../language/i18n.js";

const PAGE = 25;

// The first that fits says what it is. The server's own words for it stand beside, for whoever runs gate24.
/** @type {[RegExp, string][]} */
const KINDS = [
  [/^not_recorded_/, "not_stored"],
  [/^(unknown_number|channel_missing)$/, "stray"],
  [/^(not_whole|broke the parser|nothing in it)$/, "unreadable"],
  [/\b(without|missing)\b/, "incomplete"],
  [/unknown/, "new_kind"],
];

/** @returns {Console.View} */
export function unrecognizedPage() {
  const place = pagedPlace(
    (cursor, signal) => fetchUnrecognized({ limit: PAGE, cursor }, signal),
    (rows) => plainTable({ caption: t("admin.unrecognized"), columns: columns(), rows }),
    t("unrecognized.none"),
  );
  return {
    element: h(
      "div",
      { class: "admin-body" },
      h("p", { class: "about", text: t("unrecognized.about") }),
      h("p", { class: "about", text: t("unrecognized.what_to_do") }),
      place.element,
    ),
    stop: place.stop,
  };
}

/** @param {Api.UnrecognizedEvent} event */
const kindOf = ({ reason }) => KINDS.find(([pattern]) => pattern.test(reason))?.[1] ?? "other";

/** @param {string} time */
const timeOf = (time) => h("time", { datetime: time, text: fullTime(epochMs(time) ?? 0) });

/** @param {Api.UnrecognizedEvent} event */
const openButton = (event) =>
  h("button", {
    type: "button",
    class: "quiet",
    text: t("unrecognized.open"),
    "aria-label": t("unrecognized.open_of", { at: fullTime(epochMs(event.last_at) ?? 0) }),
    onclick: () => showEvent(event),
  });

/** @type {() => import("../components/plain_table.js").Column<Api.UnrecognizedEvent>[]} */
const columns = () => [
  { head: t("unrecognized.last_at"), cell: ({ last_at: at }) => timeOf(at) },
  { head: t("admin.channel"), cell: ({ channel }) => h("bdi", { text: channelName(channel) }) },
  {
    head: t("unrecognized.kind"),
    cell: (event) => [
      h("p", { text: t(`not_understood.${kindOf(event)}`) }),
      h("p", { class: "hint", dir: "ltr", lang: "en", text: event.reason }),
    ],
  },
  { head: t("unrecognized.first_at"), cell: ({ at }) => timeOf(at) },
  { head: t("unrecognized.times"), isNumber: true, cell: ({ copies }) => number(copies + 1) },
  { head: t("admin.actions"), isPlain: true, cell: openButton },
];

/**
 * Its JSON as text, part by part where it is long.
 *
 * @param {Api.UnrecognizedEvent} event
 */
async function showEvent({ id }) {
  const text = h("code", { dir: "ltr" });
  const box = h("pre", { class: "json", tabindex: "0", role: "region", "aria-label": t("unrecognized.json") }, text);
  const note = h("div", {});
  const more = h("button", {
    type: "button",
    class: "secondary",
    text: t("admin.more"),
    hidden: true,
    onclick: onMore,
  });
  /** @type {string | undefined} */
  let cursor;
  let whole = "";

  async function onMore() {
    setAttribute(more, "disabled", true);
    try {
      const part = await fetchUnrecognizedText(id, cursor);
      whole += part.text;
      cursor = part.next_cursor ?? undefined;
      text.textContent = cursor ? whole : indented(whole);
      setAttribute(more, "hidden", !cursor);
      replaceContent(note, part.is_whole ? null : h("p", { class: "hint", text: t("unrecognized.cut") }));
    } catch (error) {
      replaceContent(note, problemNote(error));
    }
    setAttribute(more, "disabled", null);
  }

  await Promise.all([
    onMore(),
    showDialog({
      title: t("unrecognized.json"),
      content: [h("p", { class: "hint", text: t("unrecognized.care") }), box, note, more],
    }),
  ]);
}

/** @param {string} json what is not whole is shown as it is */
function indented(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
