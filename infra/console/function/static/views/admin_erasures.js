// @ts-check
// Administration: erasures of contacts. Nobody who was erased is named.

import { actorWords } from "../components/actor.js";
import { h } from "../components/dom.js";
import { pagedPlace } from "../components/load_more.js";
import { plainTable } from "../components/plain_table.js";
import { statusLight } from "../components/status_light.js";
import { epochMs } from "../data/clock.js";
import { fetchErasures } from "../data/staff_routes.js";
import { fullTime, listed, number, t } from "../language/i18n.js";

const PAGE = 50;

/** @returns {Console.View} */
export function erasuresPage() {
  const place = pagedPlace(
    (cursor, signal) => fetchErasures({ limit: PAGE, cursor }, signal),
    (rows) => plainTable({ caption: t("admin.erasures"), columns: columns(), rows }),
    t("erasures.none"),
  );
  const chats = h("a", { href: "#chats", text: t("erasures.to_chats") });
  return {
    element: h(
      "div",
      { class: "admin-body" },
      h("p", { class: "about", text: t("erasures.about") }),
      h("p", { class: "about" }, t("erasures.how"), " ", chats),
      place.element,
    ),
    stop: place.stop,
  };
}

/** @type {() => import("../components/plain_table.js").Column<Api.ErasureRow>[]} */
const columns = () => [
  {
    head: t("erasures.at"),
    cell: ({ begun_at: at }) => h("time", { datetime: at, text: fullTime(epochMs(at) ?? 0) }),
  },
  { head: t("erasures.by"), cell: ({ by }) => actorWords(by) },
  { head: t("erasures.state"), cell: stateCell },
  { head: t("erasures.deleted"), isNumber: true, cell: ({ deleted }) => number(deleted) },
  { head: t("erasures.stays"), cell: ({ survives }) => survivesWords(survives) },
];

/** @param {Api.ErasureRow} row */
function stateCell({ status, finished_at: at, parts, parts_done: done }) {
  if (status === "done") {
    const when = at ? h("p", { class: "hint", text: fullTime(epochMs(at) ?? 0) }) : null;
    return [statusLight("good", t("erasures.done")), when];
  }
  const left = t("erasures.parts_left", { done: number(done), all: number(parts) });
  return [statusLight("warn", t("erasures.running")), h("p", { class: "hint", text: left })];
}

/** @param {Api.ErasureRow["survives"]} kept */
const survivesWords = (kept) =>
  kept.length > 0 ? listed(kept.map((each) => t(`kept.${each}`))) : t("erasures.nothing_stays");
