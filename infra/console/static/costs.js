// What it cost: today, this month, day by day.

import { ask } from "./api.js";
import { stackedDays } from "./chart.js";
import { now } from "./clock.js";
import { h, mark, show } from "./dom.js";
import { localDay, monthName, number, shortDate, t, timezone } from "./i18n.js";
import { icon } from "./icons.js";
import { tell } from "./live.js";
import { micros, money } from "./money.js";
import { poll } from "./poll.js";
import { organization } from "./session.js";

const EVERY = 60_000;
const FEES = ["whatsapp", "gupshup", "media"];
const KINDS = ["template", "freeform", "inbound"];

export function costsPane() {
  let month = null; // "YYYY-MM"; null is the current one
  let days = [];
  let drawn = null;
  const heading = h("h1", { text: t("nav.costs") });
  const monthTitle = h("span", { class: "month", "aria-live": "polite" });
  const previous = h("button", { type: "button", class: "icon-button", "aria-label": t("costs.previous"), onclick: () => turn(-1) }, icon("back"));
  const next = h("button", { type: "button", class: "icon-button", "aria-label": t("costs.next"), onclick: () => turn(1) }, icon("next"));
  const csv = h("button", { type: "button", class: "secondary", onclick: download }, icon("download"), h("span", { text: t("costs.csv") }));
  const body = h("div", { class: "costs-body" }, h("p", { class: "list-note", text: t("loading") }));
  const element = h("div", { class: "pane costs" },
    h("div", { class: "costs-head" }, heading, h("div", { class: "month-picker" }, previous, monthTitle, next), csv), body);

  const today = () => localDay(now() ?? Date.now());
  const shownMonth = () => month ?? today().slice(0, 7);

  function range() {
    const [year, number_] = shownMonth().split("-").map(Number);
    const lastDay = new Date(Date.UTC(year, number_, 0)).toISOString().slice(0, 10);
    const end = today();
    return { from: `${shownMonth()}-01`, to: lastDay < end ? lastDay : end };
  }

  function turn(step) {
    const [year, number_] = shownMonth().split("-").map(Number);
    month = new Date(Date.UTC(year, number_ - 1 + step, 1)).toISOString().slice(0, 7);
    if (month === today().slice(0, 7)) month = null;
    days = [];
    drawn = null;
    polling.now();
  }

  const polling = poll(EVERY, async (signal) => {
    const asked = range();
    say();
    mark(body, "aria-busy", true);
    try {
      const data = [];
      let cursor;
      do {
        const answer = await ask("GET", "costs/daily", { query: { ...asked, cursor }, signal });
        data.push(...answer.data);
        cursor = answer.next_cursor ?? undefined;
      } while (cursor);
      if (asked.from !== range().from) return;
      days = data.sort((a, b) => (a.date < b.date ? -1 : 1));
      if (JSON.stringify(days) !== drawn) draw();
      drawn = JSON.stringify(days);
    } catch (error) {
      if (!drawn && !signal.aborted) show(body, h("p", { class: "list-note", text: t("problem.unreachable") }));
      throw error;
    } finally {
      mark(body, "aria-busy", null);
    }
  });

  function say() {
    monthTitle.textContent = monthName(Date.parse(`${shownMonth()}-01T00:00:00Z`));
    mark(next, "disabled", shownMonth() >= today().slice(0, 7));
  }

  function draw() {
    const currency = days[0]?.currency ?? organization().currency;
    const total = (rows) => rows.reduce((sum, day) => sum + (micros(day.total) ?? 0n), 0n);
    const ofToday = days.filter((day) => day.date === today());
    const isCurrent = month === null;
    const unpriced = sum(days, (day) => day.unpriced ?? 0);
    const differences = sum(days, (day) => day.provider_billed?.differences ?? 0);
    const billed = sum(days, (day) => day.provider_billed?.count ?? 0);
    show(body,
      h("div", { class: "figures" },
        isCurrent ? figure(t("costs.today"), money(total(ofToday), currency), ofToday.length ? statusWords(ofToday[0]) : t("costs.not_yet")) : null,
        figure(isCurrent ? t("costs.this_month") : t("costs.month"), money(total(days), currency), t("costs.messages", { count: sum(days, messagesOf) })),
        figure(t("costs.differences"), number(differences), t("costs.billed", { count: billed }), differences > 0 ? "warn" : null),
        unpriced ? figure(t("costs.unpriced"), number(unpriced), t("costs.unpriced_explained"), "warn") : null),
      days.length ? charts(currency) : null,
      days.length ? table(currency) : h("p", { class: "list-note", text: t("costs.none") }),
      h("p", { class: "hint", text: t("costs.zone", { zone: days[0]?.timezone ?? timezone() ?? "UTC" }) }));
  }

  const figure = (label, value, below, kind) => h("div", { class: "figure", "data-kind": kind },
    h("p", { class: "label", text: label }), h("p", { class: "value", text: value }), h("p", { class: "below", text: below }));

  function charts(currency) {
    const marks = Object.fromEntries(days.map((day) => [day.date, day.status]));
    const dear = days.reduce((most, day) => ((micros(day.total) ?? 0n) > (micros(most.total) ?? 0n) ? day : most), days[0]);
    const at = shortDate(Date.parse(`${dear.date}T00:00:00Z`));
    const all = filled(days, range());
    return h("div", { class: "charts" },
      stackedDays({
        title: t("costs.by_fee"), summary: t("costs.highest", { day: at, total: money(dear.total, currency) }), marks,
        days: all.map((day) => ({ date: day.date, parts: Object.fromEntries(FEES.map((fee) => [fee, Number(day.fees?.[fee] ?? 0)])) })),
        series: FEES.map((name) => ({ name, label: t(`fee.${name}`) })), format: (value) => money(BigInt(Math.round(value * 1e6)), currency, 2), highest: 0.0001,
      }),
      stackedDays({
        title: t("costs.by_kind"), summary: t("costs.messages", { count: sum(days, messagesOf) }), marks,
        days: all.map((day) => ({ date: day.date, parts: Object.fromEntries(KINDS.map((kind) => [kind, day.messages?.[kind] ?? 0])) })),
        series: KINDS.map((name) => ({ name, label: t(`kind.${name}`) })), format: number, highest: 2,
      }));
  }

  function table(currency) {
    const heads = ["day", "total", "whatsapp", "gupshup", "media", "inbound", "freeform", "template", "failed", "refused", "differences"];
    const rows = [...days].reverse().map((day) => h("tr", { "data-status": day.status },
      h("th", { scope: "row" }, shortDate(Date.parse(`${day.date}T00:00:00Z`)), day.status === "final" ? null : h("span", { class: "badge", "data-status": day.status, text: t(`day.${day.status}`) })),
      h("td", { class: "total", text: money(day.total, currency) }),
      FEES.map((fee) => h("td", { text: money(day.fees?.[fee] ?? "0", currency) })),
      ["inbound", "freeform", "template", "failed", "refused"].map((kind) => h("td", { text: number(day.messages?.[kind] ?? 0) })),
      h("td", { text: number(day.provider_billed?.differences ?? 0) })));
    return h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": t("costs.table") },
      h("table", {}, h("caption", { class: "unseen", text: t("costs.table") }),
        h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col", text: t(`column.${name}`) })))), h("tbody", {}, rows)));
  }

  async function download() {
    const { from, to } = range();
    mark(csv, "disabled", true);
    try {
      const text = await ask("GET", "costs/daily", { query: { from, to }, csv: true });
      const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      h("a", { href: url, download: `gate24-costs-${from}-${to}.csv` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
      tell(t("costs.downloaded"));
    } catch {
      tell(t("problem.unreachable"));
    } finally {
      mark(csv, "disabled", null);
    }
  }

  return { element, focus: () => {}, stop: () => polling.stop() };
}

const sum = (rows, of) => rows.reduce((total, row) => total + of(row), 0);
const messagesOf = (day) => KINDS.reduce((total, kind) => total + (day.messages?.[kind] ?? 0), 0);
const statusWords = (day) => t(`day.${day.status}`);

/** Every day of the range, those without a rollup empty: the bars of a month stand where their days are. */
function filled(days, { from, to }) {
  const byDate = new Map(days.map((day) => [day.date, day]));
  const all = [];
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= Date.parse(`${to}T00:00:00Z`); at += 86_400_000) {
    const date = new Date(at).toISOString().slice(0, 10);
    all.push(byDate.get(date) ?? { date });
  }
  return all;
}
