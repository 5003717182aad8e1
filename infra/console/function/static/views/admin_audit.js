// @ts-check
// Administration: who changed what of the organization, when and from where.

import { actWords, detailsOf, subjectWords } from "../components/act_words.js";
import { actorWords } from "../components/actor.js";
import { foreignText, freshId, h } from "../components/dom.js";
import { pagedPlace } from "../components/load_more.js";
import { plainTable } from "../components/plain_table.js";
import { epochMs } from "../data/clock.js";
import { fetchAuditLog } from "../data/staff_routes.js";
import { fullTime, t } from "../language/i18n.js";

const PAGE = 50;
const KINDS = ["members", "keys", "channels", "templates", "webhooks", "settings", "contacts", "events"];

/** @returns {Console.View} */
export function auditPage() {
  const kindId = freshId("kind");
  /** @type {HTMLSelectElement} */
  const kind = h(
    "select",
    { id: kindId, onchange: onFilter },
    h("option", { value: "", text: t("audit.all_kinds") }),
    KINDS.map((each) => h("option", { value: each, text: t(`audit_kind.${each}`) })),
  );
  const from = dayInput(t("audit.from"));
  const to = dayInput(t("audit.to"));
  const trouble = h("p", { class: "trouble", role: "alert" });

  const wanted = () => ({
    kind: kind.value || undefined,
    from: from.input.value || undefined,
    to: to.input.value || undefined,
  });

  const place = pagedPlace(
    (cursor, signal) => fetchAuditLog({ limit: PAGE, cursor, ...wanted() }, signal),
    (rows) => plainTable({ caption: t("admin.audit"), columns: columns(), rows }),
    t("audit.none"),
  );

  /** @param {string} label */
  function dayInput(label) {
    const id = freshId("day");
    const input = h("input", { id, type: "date", onchange: onFilter });
    return { input, element: h("div", { class: "field" }, h("label", { for: id, text: label }), input) };
  }

  function onFilter() {
    const { from: first, to: last } = wanted();
    const isWrong = first !== undefined && last !== undefined && first > last;
    trouble.textContent = isWrong ? t("audit.wrong_days") : "";
    if (!isWrong) place.reload();
  }

  return {
    element: h(
      "div",
      { class: "admin-body" },
      h("p", { class: "about", text: t("audit.about") }),
      h(
        "div",
        { class: "admin-filters", role: "group", "aria-label": t("audit.filters") },
        h("div", { class: "field" }, h("label", { for: kindId, text: t("audit.kind") }), kind),
        from.element,
        to.element,
      ),
      trouble,
      place.element,
    ),
    stop: place.stop,
  };
}

/** @type {() => import("../components/plain_table.js").Column<Api.AuditEntry>[]} */
const columns = () => [
  { head: t("audit.at"), cell: ({ at }) => h("time", { datetime: at, text: fullTime(epochMs(at) ?? 0) }) },
  { head: t("audit.by"), cell: ({ by }) => actorWords(by) },
  {
    head: t("audit.what"),
    cell: (entry) => [h("p", { text: actWords(entry) }), foreignText("p", subjectWords(entry), { class: "soft" })],
  },
  { head: t("audit.details"), cell: detailsOf },
];
