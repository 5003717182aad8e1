// @ts-check
// What days or months have cost, and what it was spent on.

import { announce } from "../components/announcer.js";
import { breakdown } from "../components/breakdown.js";
import { costCharts } from "../components/cost_charts.js";
import { costFigures } from "../components/cost_figures.js";
import { senderWords, templateWords } from "../components/cost_names.js";
import { costNotices } from "../components/cost_notices.js";
import { costTable, exchangeTable } from "../components/cost_table.js";
import { h, replaceContent, setAttribute } from "../components/dom.js";
import { downloadButton } from "../components/download.js";
import { note, orNone } from "../components/figures.js";
import { problemNote } from "../components/problem_note.js";
import { choice, dayFields, monthPicker, switchOf } from "../components/range_fields.js";
import { byCurrency, spentOn } from "../data/cost_sums.js";
import { currentMonth, daysOf, monthsOf, shiftedMonth, startOf, today } from "../data/day_range.js";
import { poll } from "../data/poll.js";
import { fetchCosts, fetchCostsCsv, fetchCostsReport, fetchCostsWorkbook, fetchLiveCosts } from "../data/routes.js";
import { channelName } from "../data/session.js";
import { monthName, t, wordsFor, writtenLanguage } from "../language/i18n.js";
import { currentPlace, go } from "./router.js";

const EVERY_MS = 60_000;
const MOST_MONTHS = 36;
const MONTHS_AT_FIRST = 6;
/** What it was spent on, the most useful first. @type {("channel" | "category" | "template" | "author" | "market" | "campaign")[]} */
const PARTS = ["channel", "category", "template", "author", "market", "campaign"];

/** @typedef {(Api.DailyCost | Api.MonthlyCost) & { at: string }} Row `at`: day or month */

/** @returns {Console.View} */
export function costSpending() {
  const { spending } = currentPlace();
  /** @type {"daily" | "monthly"} */
  let unit = spending?.unit ?? "daily";
  /** Null while it is the current month, which grows. @type {Console.Days | null} */
  let chosenDays = spending?.days ?? null;
  let months = spending?.months ?? { from: shiftedMonth(currentMonth(), 1 - MONTHS_AT_FIRST), to: currentMonth() };
  /** What is on the page, as JSON. @type {string | null} */
  let drawn = null;
  /** Today as its messages are; asked for at first, and by hand. @type {Row | null} */
  let live = null;
  let wantsLive = true;

  const range = () => (unit === "monthly" ? months : (chosenDays ?? daysOf(currentMonth())));
  const picker = monthPicker((month) => showDays(daysOf(month)));
  const days = dayFields(range(), showDays);
  const monthNames = monthsOf(shiftedMonth(currentMonth(), 1 - MOST_MONTHS), currentMonth()).reverse();
  const options = monthNames.map((month) => /** @type {[string, string]} */ ([month, monthName(startOf(month))]));
  const firstMonth = choice(t("costs.from_month"), options, months.from, showMonths);
  const lastMonth = choice(t("costs.to_month"), options, months.to, showMonths);
  const dayControls = h("div", { class: "fields", hidden: unit !== "daily" }, picker.element, days.element);
  const monthControls = h("div", { class: "fields", hidden: unit === "daily" }, firstMonth.element, lastMonth.element);
  const refresh = h("button", { type: "button", class: "quiet refresh", text: t("costs.refresh"), onclick: askAgain });
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
    const content = await fetchCostsReport({ month, language: writtenLanguage() });
    return { name: `gate24-report-${month}.html`, content };
  }, t("costs.report"));
  const body = h("div", { class: "costs-body" }, note(t("loading")));
  const units = switchOf(
    t("costs.unit"),
    [
      ["daily", t("costs.daily")],
      ["monthly", t("costs.monthly")],
    ],
    unit,
    showUnit,
  );
  const element = h(
    "div",
    {},
    h("div", { class: "controls" }, units.element, dayControls, monthControls, csv, workbook, report),
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
    go({ spending: { unit, days: chosenDays, months } }, { replace: true });
    polling.now();
  }

  /** Today's figures are asked for anew. */
  function askAgain() {
    wantsLive = true;
    setAttribute(refresh, "aria-busy", true);
    polling.now();
  }

  /**
   * Opens a day's messages, or a month's days.
   *
   * @param {string} at
   */
  function open(at) {
    if (unit === "daily") return go({ day: at, of: {}, message: null });
    units.choose("daily");
    showDays(daysOf(at));
  }

  /**
   * @param {Row[]} rows
   * @param {AbortSignal} signal
   */
  async function withToday(rows, signal) {
    const place = rows.findIndex((row) => row.at === today());
    if (unit !== "daily" || place < 0) return rows;
    if (wantsLive) {
      const day = today();
      const answer = await fetchLiveCosts(day, signal).catch(() => null);
      // A day too long for one answer is shown as it was computed last.
      live = answer && !answer.next_cursor ? { ...answer, at: day } : null;
      if (refresh.hasAttribute("aria-busy")) announce(t(live ? "costs.refreshed" : "costs.not_refreshed"));
      setAttribute(refresh, "aria-busy", null);
      wantsLive = false;
    }
    const isNewest = live?.at === today() && (live.as_of ?? "") > (rows[place].as_of ?? "");
    return live && isNewest ? rows.with(place, live) : rows;
  }

  const polling = poll(EVERY_MS, async (signal) => {
    const asked = { unit, ...range() };
    const isAsked = () => asked.unit === unit && asked.from === range().from && asked.to === range().to;
    picker.show(range().from.slice(0, 7), monthName(startOf(range().from.slice(0, 7))));
    if (unit === "daily") days.set(range());
    setAttribute(body, "aria-busy", true);
    try {
      const stated = await fetchAll(asked.unit, { from: asked.from, to: asked.to }, signal);
      const rows = await withToday(stated, signal);
      if (!isAsked()) return;
      const text = JSON.stringify(rows, (name, value) => (name === "server_time" ? undefined : value));
      if (text !== drawn) keepingFocus(body, () => replaceContent(body, content(asked, rows, { open, refresh })));
      if (drawn === null) announce(totalWords(body));
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

/** @typedef {{ open(at: string): void, refresh: HTMLElement }} Actions */

/**
 * What is looked for first, said to who hears the page.
 *
 * @param {HTMLElement} body
 */
function totalWords(body) {
  const totals = [...body.querySelectorAll(".figure [data-figure=total]")].map((each) => each.textContent);
  return totals.length ? `${t("costs.total")}: ${totals.join(", ")}` : t("costs.none");
}

/**
 * What had the focus has it again, if it is still there.
 *
 * @param {HTMLElement} body
 * @param {() => void} draw
 */
function keepingFocus(body, draw) {
  const focused = body.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.closest("[data-key]")?.getAttribute("data-key");
  const found = () => [...body.querySelectorAll(`[data-key="${key}"]`)];
  const place = key ? found().findIndex((each) => each.contains(focused)) : -1;
  draw();
  if (focused?.isConnected) return focusOn(focused);
  const again = place < 0 ? undefined : found()[place];
  focusOn(again?.querySelector("button") ?? again ?? null);
}

/** @param {Element | null} element */
function focusOn(element) {
  if (element instanceof HTMLElement || element instanceof SVGElement) element.focus({ preventScroll: true });
}

/**
 * @param {{ unit: "daily" | "monthly", from: string, to: string }} asked
 * @param {Row[]} rows oldest first
 * @param {Actions} actions
 * @returns {Dom.Children}
 */
function content(asked, rows, actions) {
  const wasQuiet = rows.every((row) => Object.values(row.messages).every((count) => count === 0));
  if (wasQuiet) return note(t("costs.none"));
  return [
    byCurrency(rows).map(([currency, own]) => ofCurrency(asked, own, currency, actions)),
    h("p", { class: "hint", text: t("costs.zone", { zone: rows[0].timezone }) }),
  ];
}

/**
 * @param {{ unit: "daily" | "monthly", from: string, to: string }} asked
 * @param {Row[]} rows
 * @param {string} currency
 * @param {Actions} actions
 * @returns {Dom.Children}
 */
function ofCurrency({ unit, from, to }, rows, currency, { open, refresh }) {
  const parts = spentOn(rows);
  const words = {
    channel: (/** @type {string | null} */ name) => channelName(name ?? ""),
    category: (/** @type {string | null} */ name) => wordsFor("category", orNone("none_category", name)),
    market: (/** @type {string | null} */ name) => orNone("none_market", name),
    campaign: (/** @type {string | null} */ name) => orNone("none_campaign", name),
    template: templateWords,
    author: senderWords,
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
    h("div", { class: "figures" }, costFigures(unit, rows, currency, refresh)),
    costCharts(unit, rows, { from, to }, currency, open),
    h("p", { class: "hint", text: t(unit === "daily" ? "costs.open_hint" : "costs.open_hint_monthly") }),
    h("div", { class: "breakdowns" }, PARTS.map(part)),
    costNotices(unit, rows, currency),
    costTable(unit, rows, currency, open),
    exchangeTable(
      rows.flatMap((row) => ("date" in row ? [row] : [])),
      currency,
    ),
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
