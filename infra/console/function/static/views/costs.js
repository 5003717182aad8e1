// @ts-check
// Costs: today, this month, day by day.

import { announce } from "../components/announcer.js";
import { costCharts, messageCountWords } from "../components/cost_charts.js";
import { costTable } from "../components/cost_table.js";
import { h, replaceContent, setAttribute, setText } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { serverNow } from "../data/clock.js";
import { poll } from "../data/poll.js";
import { fetchCostsReport, fetchDailyCosts, fetchDailyCostsCsv } from "../data/routes.js";
import { organization } from "../data/session.js";
import { currentLanguage, localDay, monthName, number, t, timezone } from "../language/i18n.js";
import { micros, money } from "../language/money.js";

const EVERY_MS = 60_000;
const DAY_MS = 86_400_000;

/** @returns {Console.View} */
export function costsView() {
  /** "YYYY-MM"; null is the current one. @type {string | null} */
  let chosenMonth = null;
  /** The days on the page, as JSON. @type {string | null} */
  let drawn = null;

  const month = h("span", { class: "month", "aria-live": "polite" });
  const previous = monthButton("back", t("costs.previous"), -1);
  const next = monthButton("next", t("costs.next"), 1);
  const csv = downloadButton(t("costs.csv"), async () => {
    const { from, to } = range();
    save(`gate24-costs-${from}-${to}.csv`, "text/csv", await fetchDailyCostsCsv({ from, to }));
  });
  const report = downloadButton(t("costs.report"), async () => {
    const asked = shownMonth();
    const page = await fetchCostsReport({ month: asked, language: currentLanguage() });
    save(`gate24-report-${asked}.html`, "text/html;charset=utf-8", page);
  });
  const body = h("div", { class: "costs-body" }, h("p", { class: "list-note", text: t("loading") }));
  const element = h(
    "div",
    { class: "pane costs" },
    h(
      "div",
      { class: "costs-head" },
      h("h1", { text: t("nav.costs") }),
      h("div", { class: "month-picker" }, previous, month, next),
      csv,
      report,
    ),
    body,
  );

  const today = () => localDay(serverNow() ?? Date.now());
  const currentMonth = () => today().slice(0, 7);
  const shownMonth = () => chosenMonth ?? currentMonth();

  /** First and last day of the shown month, up to today. */
  function range() {
    const lastDay = dayText(startOf(shiftedMonth(shownMonth(), 1)) - DAY_MS);
    return { from: `${shownMonth()}-01`, to: lastDay < today() ? lastDay : today() };
  }

  /**
   * @param {import("../components/icons.js").IconName} picture
   * @param {string} label
   * @param {number} step
   */
  function monthButton(picture, label, step) {
    const onclick = () => showMonth(shiftedMonth(shownMonth(), step));
    return h("button", { type: "button", class: "icon-button", "aria-label": label, onclick }, icon(picture));
  }

  /** @param {string} wanted */
  function showMonth(wanted) {
    chosenMonth = wanted === currentMonth() ? null : wanted;
    drawn = null;
    polling.now();
  }

  const polling = poll(EVERY_MS, async (signal) => {
    const asked = range();
    setText(month, monthName(startOf(shownMonth())));
    setAttribute(next, "disabled", shownMonth() >= currentMonth());
    setAttribute(body, "aria-busy", true);
    try {
      const days = await fetchAllDays(asked, signal);
      if (asked.from !== range().from) return;
      const text = JSON.stringify(days);
      if (text !== drawn) replaceContent(body, content(days, asked));
      drawn = text;
    } catch (error) {
      if (!drawn && !signal.aborted) {
        replaceContent(body, h("p", { class: "list-note", text: t("problem.unreachable") }));
      }
      throw error;
    } finally {
      setAttribute(body, "aria-busy", null);
    }
  });

  /**
   * @param {Api.DailyCost[]} days
   * @param {{ from: string, to: string }} asked
   * @returns {Dom.Children}
   */
  function content(days, asked) {
    const currency = days[0]?.currency ?? organization().currency;
    const zone = days[0]?.timezone ?? timezone() ?? "UTC";
    const wasQuiet = days.every((day) => Object.values(day.messages).every((count) => count === 0));
    return [
      h("div", { class: "figures" }, figures(days, currency)),
      wasQuiet ? null : costCharts(days, asked, currency),
      wasQuiet ? h("p", { class: "list-note", text: t("costs.none") }) : costTable(days, currency),
      h("p", { class: "hint", text: t("costs.zone", { zone }) }),
    ];
  }

  /**
   * @param {Api.DailyCost[]} days
   * @param {string} currency
   */
  function figures(days, currency) {
    const ofToday = days.find((day) => day.date === today());
    const isCurrent = chosenMonth === null;
    const unpriced = sum(days, (day) => day.unpriced ?? 0);
    const differences = sum(days, (day) => day.provider_billed?.differences ?? 0);
    const billed = sum(days, (day) => day.provider_billed?.count ?? 0);
    const total = days.reduce((rest, day) => rest + (micros(day.total) ?? 0n), 0n);
    const todayWords = ofToday ? t(`day.${ofToday.status}`) : t("costs.not_yet");
    return [
      isCurrent ? figure(t("costs.today"), money(ofToday?.total ?? "0", currency), todayWords) : null,
      figure(t(isCurrent ? "costs.this_month" : "costs.month"), money(total, currency), messageCountWords(days)),
      days.every((day) => day.provider_billed) // a key of some channels is not told of it
        ? figure(t("costs.differences"), number(differences), t("costs.billed", { count: billed }), differences > 0)
        : null,
      unpriced ? figure(t("costs.unpriced"), number(unpriced), t("costs.unpriced_explained"), true) : null,
    ];
  }

  /**
   * @param {string} label
   * @param {() => Promise<void>} download
   */
  function downloadButton(label, download) {
    const button = h(
      "button",
      { type: "button", class: "secondary", onclick },
      icon("download"),
      h("span", { text: label }),
    );
    return button;

    async function onclick() {
      setAttribute(button, "disabled", true);
      try {
        await download();
        announce(t("costs.downloaded"));
      } catch {
        announce(t("problem.unreachable"));
      } finally {
        setAttribute(button, "disabled", null);
      }
    }
  }

  /**
   * @param {string} name
   * @param {string} type
   * @param {string} text
   */
  function save(name, type, text) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  return { element, stop: polling.stop };
}

/**
 * @param {{ from: string, to: string }} range
 * @param {AbortSignal} signal
 */
async function fetchAllDays(range, signal) {
  /** @type {Api.DailyCost[]} */
  const days = [];
  /** @type {string | undefined} */
  let cursor;
  do {
    const answer = await fetchDailyCosts({ ...range, cursor }, signal);
    days.push(...answer.data);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor);
  return days.sort((a, b) => (a.date < b.date ? -1 : 1));
}

/**
 * @param {string} label
 * @param {string} value
 * @param {string} below
 * @param {boolean} [isWarning]
 */
const figure = (label, value, below, isWarning = false) =>
  h(
    "div",
    { class: "figure", "data-kind": isWarning ? "warn" : null },
    h("p", { class: "label", text: label }),
    h("p", { class: "value", text: value }),
    h("p", { class: "below", text: below }),
  );

/**
 * @param {Api.DailyCost[]} days
 * @param {(day: Api.DailyCost) => number} of
 */
const sum = (days, of) => days.reduce((total, day) => total + of(day), 0);

/** @param {string} month "YYYY-MM" */
const startOf = (month) => Date.parse(`${month}-01`);

/** @param {number} at */
const dayText = (at) => new Date(at).toISOString().slice(0, 10);

/**
 * @param {string} month "YYYY-MM"
 * @param {number} step months
 */
function shiftedMonth(month, step) {
  const [year, ofYear] = month.split("-").map(Number);
  return dayText(Date.UTC(year, ofYear - 1 + step, 1)).slice(0, 7);
}
