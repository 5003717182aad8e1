// @ts-check
// What the provider says that it billed, against the ledger.

import { h } from "../components/dom.js";
import { downloadButton } from "../components/download.js";
import { card, shown, shownCount, shownMoney, table, when } from "../components/figures.js";
import { choice, dayFields } from "../components/range_fields.js";
import { currentMonth, daysOf } from "../data/day_range.js";
import { fetchBill, fetchCostsCsv } from "../data/routes.js";
import { channelName } from "../data/session.js";
import { t, wordsFor } from "../language/i18n.js";
import { money } from "../language/money.js";
import { pagedForm } from "./cost_parts.js";

/** @type {Api.BillClass[]} */
const CLASSES = ["matched", "different", "only_ours", "only_theirs"];
const LIMIT = 100;
const MOST_LINES = 500;

/** @returns {Console.View} */
export function costBill() {
  const days = dayFields(daysOf(currentMonth()));
  const options = ["different", "only_theirs", "only_ours", "matched", "all"].map(
    (name) => /** @type {[string, string]} */ ([name, t(`bill.${name}`)]),
  );
  const lines = choice(t("bill.which"), options, "different");
  const form = pagedForm({
    action: t("bill.go"),
    fields: [days.element, lines.element, days.trouble],
    ready: days.isValid,
    after: downloadButton(async () => {
      const asked = days.value();
      return { name: `gate24-bill-${asked.from}-${asked.to}.csv`, content: await wholeCsv(asked) };
    }),
    work: (signal, onPage) => follow({ ...days.value(), class: lines.select.value }, signal, onPage),
  });
  const element = h("div", {}, h("p", { class: "about", text: t("bill.about") }), form.elements);
  return { element, stop: form.stop };
}

/**
 * To the last page: only then the sums are of all days.
 *
 * @param {Console.Days & { class: string }} query
 * @param {AbortSignal} signal
 * @param {(content: Dom.Children, progress: string) => void} onPage
 */
async function follow(query, signal, onPage) {
  /** @type {Api.BillLine[]} */
  const lines = [];
  let isCut = false;
  /** @type {string | undefined} */
  let cursor;
  let count = 0;
  do {
    const page = await fetchBill({ ...query, limit: LIMIT, cursor }, signal);
    isCut ||= lines.length + page.data.length > MOST_LINES;
    lines.push(...page.data.slice(0, MOST_LINES - lines.length));
    cursor = page.next_cursor ?? undefined;
    count = page.summary.classes.reduce((sum, each) => sum + each.count, 0);
    onPage(content(page.summary, lines, isCut), t("bill.progress", { count }));
  } while (cursor);
  return t("bill.done", { count });
}

/**
 * All pages of it, with one header row.
 *
 * @param {Console.Days} days
 */
async function wholeCsv(days) {
  let text = "";
  /** @type {string | undefined} */
  let cursor;
  do {
    /** @type {string | null} */
    let next = null;
    const answer = await fetchCostsCsv("reconciliation", { ...days, cursor }, (headers) => {
      next = headers.get("x-next-cursor");
    });
    const page = await answer.text();
    text += text ? page.slice(page.indexOf("\n") + 1) : page;
    cursor = next ?? undefined;
  } while (cursor);
  return new Blob([text], { type: "text/csv" });
}

/**
 * @param {Api.BillSummary} summary
 * @param {Api.BillLine[]} lines
 * @param {boolean} isCut
 * @returns {Dom.Children}
 */
function content({ classes, reasons, currency, channels, unconverted }, lines, isCut) {
  const silent = channels.filter((each) => !each.billing_events).map(({ channel }) => channelName(channel));
  const columns = ["messages", "ours_amount", "told", "charged", "free"].map((name) => t(`column.${name}`));
  /**
   * @param {string} key
   * @param {Api.BillCounts} counts
   */
  const cells = (key, { count, ours, theirs }) => [
    shownCount(`${key}/count`, count),
    shownMoney(`${key}/amount`, ours.amount, currency),
    shownCount(`${key}/told`, theirs.count),
    shownCount(`${key}/charged`, theirs.charged),
    shownCount(`${key}/free`, theirs.free),
  ];
  const ofClass = CLASSES.map((name) => classes.find((each) => each.class === name)).filter(
    (each) => each !== undefined,
  );
  return [
    card(
      t("bill.classes"),
      table({
        label: t("bill.classes"),
        columns: [t("column.class"), ...columns],
        rows: ofClass.map((each) => ({ head: t(`bill.${each.class}`), cells: cells(`classes/${each.class}`, each) })),
      }),
      h("p", { class: "hint", text: t("bill.no_amounts") }),
      silent.length ? h("p", { class: "hint", text: t("bill.silent", { numbers: silent.join(", ") }) }) : null,
      unconverted.map(({ amount, currency: own }) =>
        h("p", { class: "hint" }, t("bill.unconverted"), " ", shownMoney(`unconverted/${own}`, amount, own)),
      ),
    ),
    reasons.length
      ? card(
          t("bill.reasons"),
          table({
            label: t("bill.reasons"),
            columns: [t("column.reason"), t("column.class"), ...columns],
            rows: reasons.map((each) => ({
              head: h("span", { class: "words", text: reasonWords(each) }),
              cells: [t(`bill.${each.class}`), ...cells(`reasons/${each.class}/${each.code}`, each)],
            })),
          }),
        )
      : null,
    lines.length
      ? card(
          t("bill.lines"),
          table({
            label: t("bill.lines"),
            columns: ["day", "class", "reason", "ours", "theirs", "channel", "message"].map((name) =>
              t(`column.${name}`),
            ),
            rows: lines.map(lineRow),
          }),
          isCut ? h("p", { class: "hint", text: t("bill.cut") }) : null,
        )
      : null,
  ];
}

/** @param {Api.BillReason} reason the server's own words where a code has none here */
const reasonWords = ({ code, text }) => {
  const words = wordsFor("reason", code);
  return words === code ? text : words;
};

/**
 * @param {Api.BillLine} line
 * @param {number} index
 */
const lineRow = (line, index) => ({
  head: when(line.date),
  cells: [
    t(`bill.${line.class}`),
    h("span", { class: "words", text: line.reason ? reasonWords(line.reason) : "–" }),
    [
      sideWords(line.ours, `lines/${index}/ours`),
      line.reckoned ? [" · ", t("bill.reckoned", { words: chargeWords(line.reckoned) })] : null,
    ],
    sideWords(line.theirs, `lines/${index}/theirs`),
    line.channel === null ? "–" : h("bdi", { text: channelName(line.channel) }),
    h("bdi", { class: "id", text: line.message_id ?? line.provider_id ?? "–" }),
  ],
});

/**
 * @param {Api.BillSide | null} side
 * @param {string} key
 */
function sideWords(side, key) {
  if (side === null) return "–";
  const words = chargeWords(side);
  const amount = side.amount === null ? null : shown(`${key}/amount`, money(side.amount, side.currency));
  const own = side.card && shownMoney(`${key}/card`, side.card.amount, side.card.currency);
  return [words, amount && [words ? " · " : "", amount], own && [" · ", own]];
}

/** @param {Api.BillCharge} side */
function chargeWords({ category, charged }) {
  const words = charged === null ? null : t(charged ? "bill.charged" : "bill.free");
  return [category && wordsFor("category", category), words].filter(Boolean).join(", ");
}
