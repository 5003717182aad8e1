// @ts-check
// What days or months have cost, and what it was spent on.

import { breakdown } from "../components/breakdown.js";
import { costCharts } from "../components/cost_charts.js";
import { costNotices } from "../components/cost_notices.js";
import { costTable, exchangeTable } from "../components/cost_table.js";
import { h, replaceContent, setAttribute } from "../components/dom.js";
import { downloadButton } from "../components/download.js";
import { figure, note, orNone, shown, shownCount, shownMoney } from "../components/figures.js";
import { problemNote } from "../components/problem_note.js";
import { choice, dayFields, monthPicker, switchOf } from "../components/range_fields.js";
import { amountOf, byCurrency, costing, countOf, FEES, ownAmounts, spentOn } from "../data/cost_sums.js";
import { currentMonth, daysOf, monthsOf, shiftedMonth, startOf, today } from "../data/day_range.js";
import { poll } from "../data/poll.js";
import { fetchCosts, fetchCostsCsv, fetchCostsReport, fetchCostsWorkbook } from "../data/routes.js";
import { channelName } from "../data/session.js";
import { currentLanguage, monthName, t, wordsFor } from "../language/i18n.js";

const EVERY_MS = 60_000;
const MOST_MONTHS = 36;
const MONTHS_AT_FIRST = 6;

/** @typedef {(Api.DailyCost | Api.MonthlyCost) & { at: string }} Row `at`: day or month */

/** @returns {Console.View} */
export function costSpending() {
  /** @type {"daily" | "monthly"} */
  let unit = "daily";
  /** Null while it is the current month, which grows. @type {Console.Days | null} */
  let chosenDays = null;
  let months = { from: shiftedMonth(currentMonth(), 1 - MONTHS_AT_FIRST), to: currentMonth() };
  /** What is on the page, as JSON. @type {string | null} */
  let drawn = null;

  const range = () => (unit === "monthly" ? months : (chosenDays ?? daysOf(currentMonth())));
  const picker = monthPicker((month) => showDays(daysOf(month)));
  const days = dayFields(range(), showDays);
  const monthNames = monthsOf(shiftedMonth(currentMonth(), 1 - MOST_MONTHS), currentMonth()).reverse();
  const options = monthNames.map((month) => /** @type {[string, string]} */ ([month, monthName(startOf(month))]));
  const firstMonth = choice(t("costs.from_month"), options, months.from, showMonths);
  const lastMonth = choice(t("costs.to_month"), options, months.to, showMonths);
  const dayControls = h("div", { class: "fields" }, picker.element, days.element);
  const monthControls = h("div", { class: "fields", hidden: true }, firstMonth.element, lastMonth.element);
  const csv = downloadButton(async () => {
    const { from, to } = range();
    return { name: `gate24-costs-${from}-${to}.csv`, content: await fetchCostsCsv(unit, { from, to }) };
  });
  const workbook = downloadButton(async () => {
    const { from, to } = range();
    return { name: `gate24-costs-${from}-${to}.xlsx`, content: await fetchCostsWorkbook(unit, { from, to }) };
  }, t("costs.workbook"));
  const report = downloadButton(async () => {
    const month = range().to.slice(0, 7);
    const content = await fetchCostsReport({ month, language: currentLanguage() });
    return { name: `gate24-report-${month}.html`, content };
  }, t("costs.report"));
  const body = h("div", { class: "costs-body" }, note(t("loading")));
  const element = h(
    "div",
    {},
    h(
      "div",
      { class: "controls" },
      switchOf(
        t("costs.unit"),
        [
          ["daily", t("costs.daily")],
          ["monthly", t("costs.monthly")],
        ],
        unit,
        showUnit,
      ),
      dayControls,
      monthControls,
      csv,
      workbook,
      report,
    ),
    days.trouble,
    body,
  );

  /** @param {"daily" | "monthly"} wanted */
  function showUnit(wanted) {
    unit = wanted;
    setAttribute(dayControls, "hidden", unit !== "daily");
    setAttribute(monthControls, "hidden", unit !== "monthly");
    again();
  }

  /** @param {Console.Days} wanted */
  function showDays(wanted) {
    const current = daysOf(currentMonth());
    chosenDays = wanted.from === current.from && wanted.to === current.to ? null : wanted;
    again();
  }

  function showMonths() {
    const [one, other] = [firstMonth.select.value, lastMonth.select.value];
    months = one <= other ? { from: one, to: other } : { from: other, to: one };
    firstMonth.select.value = months.from;
    lastMonth.select.value = months.to;
    again();
  }

  function again() {
    drawn = null;
    polling.now();
  }

  const polling = poll(EVERY_MS, async (signal) => {
    const asked = { unit, ...range() };
    const isAsked = () => asked.unit === unit && asked.from === range().from && asked.to === range().to;
    picker.show(range().from.slice(0, 7), monthName(startOf(range().from.slice(0, 7))));
    if (unit === "daily") days.set(range());
    setAttribute(body, "aria-busy", true);
    try {
      const rows = await fetchAll(asked.unit, { from: asked.from, to: asked.to }, signal);
      if (!isAsked()) return;
      const text = JSON.stringify(rows);
      if (text !== drawn) replaceContent(body, content(asked, rows));
      drawn = text;
    } catch (error) {
      if (!drawn && !signal.aborted && isAsked()) replaceContent(body, problemNote(error));
      throw error;
    } finally {
      setAttribute(body, "aria-busy", null);
    }
  });

  return { element, stop: polling.stop };
}

/**
 * @param {{ unit: "daily" | "monthly", from: string, to: string }} asked
 * @param {Row[]} rows oldest first
 * @returns {Dom.Children}
 */
function content(asked, rows) {
  const wasQuiet = rows.every((row) => Object.values(row.messages).every((count) => count === 0));
  if (wasQuiet) return note(t("costs.none"));
  return [
    byCurrency(rows).map(([currency, own]) => ofCurrency(asked, own, currency)),
    h("p", { class: "hint", text: t("costs.zone", { zone: rows[0].timezone }) }),
  ];
}

/**
 * @param {{ unit: "daily" | "monthly", from: string, to: string }} asked
 * @param {Row[]} rows
 * @param {string} currency
 * @returns {Dom.Children}
 */
function ofCurrency({ unit, from, to }, rows, currency) {
  const parts = spentOn(rows);
  const words = {
    channel: (/** @type {string | null} */ name) => channelName(name ?? ""),
    category: (/** @type {string | null} */ name) => wordsFor("category", orNone("none_category", name)),
    market: (/** @type {string | null} */ name) => orNone("none_market", name),
    campaign: (/** @type {string | null} */ name) => orNone("none_campaign", name),
  };
  /** @param {keyof typeof parts} name */
  const part = (name) =>
    breakdown({
      key: `by_${name}`,
      title: t(`spent_by.${name}`),
      parts: parts[name],
      words: words[name],
      currency,
    });
  return [
    h("div", { class: "figures" }, figures(unit, rows, currency)),
    costCharts(unit, rows, { from, to }, currency),
    costNotices(unit, rows, currency),
    h("div", { class: "breakdowns" }, part("channel"), part("category"), part("market"), part("campaign")),
    costTable(unit, rows, currency),
    exchangeTable(
      rows.flatMap((row) => ("date" in row ? [row] : [])),
      currency,
    ),
  ];
}

/**
 * @param {"daily" | "monthly"} unit
 * @param {Row[]} rows
 * @param {string} currency
 */
function figures(unit, rows, currency) {
  const ofToday = unit === "daily" ? rows.find((row) => row.at === today()) : undefined;
  const messages = shown("messages", t("costs.messages", { count: countOf(rows, (row) => costing(row.messages)) }));
  const own = [...ownAmounts(rows)].map(([name, amount]) => [" ", shownMoney(`own/${name}`, amount, name)]);
  const billed = rows.every((row) => row.provider_billed); // a key of some channels is not told of it
  const differences = countOf(rows, (row) => row.provider_billed?.differences);
  return [
    ofToday &&
      figure({
        label: t("costs.today"),
        value: shownMoney("today", ofToday.total, currency),
        below: t(`day.${ofToday.status}`),
      }),
    figure({
      label: t("costs.total"),
      value: shownMoney(
        "total",
        amountOf(rows, (row) => row.total),
        currency,
      ),
      below: [messages, own.length ? [h("br"), t("costs.own"), own] : null],
    }),
    FEES.map((fee) =>
      figure({
        label: t(`fees.${fee}`),
        value: shownMoney(
          `fees/${fee}`,
          amountOf(rows, (row) => row.fees[fee]),
          currency,
        ),
      }),
    ),
    billed &&
      figure({
        label: t("costs.differences"),
        value: shownCount("billed/differences", differences),
        below: shown("billed/count", t("costs.billed", { count: countOf(rows, (row) => row.provider_billed?.count) })),
        isWarning: differences > 0,
      }),
  ];
}

/**
 * @param {"daily" | "monthly"} unit
 * @param {{ from: string, to: string }} range
 * @param {AbortSignal} signal
 */
async function fetchAll(unit, range, signal) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {string | undefined} */
  let cursor;
  do {
    const answer = await fetchCosts(unit, { ...range, cursor }, signal);
    rows.push(...answer.data.map((row) => ({ ...row, at: "date" in row ? row.date : row.month })));
    cursor = answer.next_cursor ?? undefined;
  } while (cursor);
  return rows.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
