// @ts-check
// The messages that a day's costs are made of, by our number, kind, template, sender and fee.

import { announce } from "../components/announcer.js";
import { asOf, senderWords, templateWords } from "../components/cost_names.js";
import { h, replaceContent, setAttribute } from "../components/dom.js";
import { figure, note, shown, shownMoney, table } from "../components/figures.js";
import { icon } from "../components/icons.js";
import { choice } from "../components/range_fields.js";
import { epochMs } from "../data/clock.js";
import { amountOf, authorName, costing, countOf, FEES, templateName, UNNAMED } from "../data/cost_sums.js";
import { startOf } from "../data/day_range.js";
import { fetchCostMessages, fetchCosts, fetchLiveCosts } from "../data/routes.js";
import { channelName } from "../data/session.js";
import { clockTime, longDate, t, wordsFor } from "../language/i18n.js";
import { money } from "../language/money.js";
import { problemNote } from "../components/problem_note.js";
import { currentPlace, go } from "./router.js";

const PAGE = 50;
/** So many pages are looked through for the message from which somebody comes back. */
const LOOK_BACK = 10;

/** @type {(keyof Api.CostFilter)[]} */
const FILTERS = ["channel", "category", "template", "author", "fee"];

/**
 * @param {string} day YYYY-MM-DD
 * @returns {Console.View}
 */
export function costDay(day) {
  const ended = new AbortController();
  let asking = new AbortController();
  /** @type {Api.CostFilter} */
  let of = currentPlace().of ?? {};
  /** The message from which somebody comes back. @type {string | null} */
  let sought = currentPlace().message ?? null;
  /** @type {Api.CostMessage[]} */
  let rows = [];
  /** @type {string | null} */
  let cursor = null;

  const back = h(
    "button",
    { type: "button", class: "secondary", onclick: () => go({ day: null, of: {}, message: null }) },
    icon("back"),
    h("span", { text: t("costs.back") }),
  );
  const title = h("h2", { tabindex: "-1" }, h("time", { datetime: day, text: longDate(startOf(day)) }));
  const sums = h("div", { class: "figures" });
  const filters = h("div", { class: "fields", role: "group", "aria-label": t("costs.filters") });
  const list = h("div", { class: "costs-list" }, note(t("loading")));
  const words = h("p", { class: "progress-words" });
  const more = h("button", { type: "button", class: "secondary", hidden: true, text: t("costs.more"), onclick: goOn });
  const element = h(
    "div",
    { class: "cost-day" },
    h("div", { class: "controls" }, back, title),
    h("div", { class: "costs-body" }, sums, filters, words, list, more),
  );

  /** The day's figures; without them the messages are shown all the same. */
  async function loadDay() {
    const found = await dayOf(day, ended.signal).catch(() => null);
    if (!found || ended.signal.aborted) return;
    replaceContent(sums, dayFigures(found));
    replaceContent(
      filters,
      optionsOf(found)
        .filter(([name, options]) => options.length > 1 || of[name] !== undefined)
        .map(([name, options]) => filterField(name, options)),
    );
  }

  /**
   * @param {keyof Api.CostFilter} name
   * @param {[string, string][]} options
   */
  function filterField(name, options) {
    /** @type {[string, string]} */
    const all = ["", t("costs.all")];
    return choice(t(`cost_filter.${name}`), [all, ...options], of[name] ?? "", (value) => {
      of = { ...of, [name]: value || undefined };
      go({ of, message: null }, { replace: true });
      begin();
    }).element;
  }

  /** Reads the messages from the first one on. */
  async function begin() {
    asking.abort();
    asking = new AbortController();
    rows = [];
    cursor = null;
    replaceContent(list, note(t("loading")));
    setAttribute(more, "hidden", true);
    words.textContent = "";
    const looked = asking.signal;
    await read(looked);
    for (let pages = 1; isSought() && pages < LOOK_BACK; pages += 1) await read(looked);
    if (sought && !looked.aborted) focusRow(sought);
    sought = null;
  }

  const isSought = () => sought !== null && cursor !== null && !rows.some(({ message_id: id }) => id === sought);

  /** @param {AbortSignal} signal */
  async function read(signal) {
    setAttribute(list, "aria-busy", true);
    setAttribute(more, "disabled", true);
    try {
      const query = Object.fromEntries(FILTERS.flatMap((name) => (of[name] ? [[name, of[name]]] : [])));
      const answer = await fetchCostMessages({ ...query, day, limit: PAGE, cursor: cursor ?? undefined }, signal);
      if (signal.aborted) return;
      rows.push(...answer.data);
      cursor = answer.next_cursor;
      draw();
    } catch (error) {
      if (signal.aborted) return;
      sought = null;
      const again = h("button", { type: "button", class: "secondary", text: t("try_again"), onclick: goOn });
      replaceContent(list, rows.length ? messageTable(rows, openChat) : null, problemNote(error), again);
      setAttribute(more, "hidden", true);
    } finally {
      if (!signal.aborted) {
        setAttribute(list, "aria-busy", null);
        setAttribute(more, "disabled", null);
      }
    }
  }

  async function goOn() {
    if (more.disabled) return;
    const before = rows.length;
    await read(asking.signal);
    const first = rows[before]?.message_id;
    if (first) focusRow(first);
  }

  function draw() {
    replaceContent(
      list,
      rows.length ? messageTable(rows, openChat) : note(t(cursor ? "costs.none_yet" : "costs.no_messages")),
    );
    setAttribute(more, "hidden", cursor === null);
    words.textContent = rows.length ? t(cursor ? "costs.shown_so_far" : "costs.shown_all", together(rows)) : "";
  }

  /** @param {string} id */
  function focusRow(id) {
    const row = [...list.querySelectorAll("tr")].find((each) => each.dataset.key === id);
    row?.scrollIntoView({ block: "center" });
    row?.querySelector("a")?.focus({ preventScroll: true });
  }

  /** @param {Api.CostMessage} row */
  function openChat({ contact, message_id: id }) {
    go({ message: id }, { replace: true });
    go({ view: "chats", phone: contact, details: false, message: id });
  }

  loadDay();
  begin().then(() => {
    if (!ended.signal.aborted) announce(words.textContent ?? "");
  });
  return {
    element,
    stop() {
      ended.abort();
      asking.abort();
    },
  };
}

/** @param {Api.CostMessage[]} rows at least one */
const together = (rows) => ({
  count: rows.length,
  amount: money(
    amountOf(rows, (row) => row.total),
    rows[0].currency,
  ),
});

/**
 * As it was stated, or as its messages are now where it may still change.
 *
 * @param {string} day
 * @param {AbortSignal} signal
 * @returns {Promise<Api.DailyCost | null>}
 */
async function dayOf(day, signal) {
  const [stated] = (await fetchCosts("daily", { from: day, to: day }, signal)).data;
  if (stated && stated.status !== "provisional") return stated;
  const live = await fetchLiveCosts(day, signal).catch(() => null);
  return live && !live.next_cursor ? live : (stated ?? null);
}

/** @param {Api.DailyCost} day */
const dayFigures = (day) => [
  figure({
    label: t("costs.total"),
    value: shownMoney("day/total", day.total, day.currency),
    below: [
      shown("day/messages", t("costs.messages", { count: countOf([day], (row) => costing(row.messages)) })),
      h("br"),
      t(`day.${day.status}`),
      day.as_of && [" · ", asOf(day.as_of)],
    ],
  }),
  FEES.map((fee) =>
    figure({ label: t(`fees.${fee}`), value: shownMoney(`day/fees/${fee}`, day.fees[fee], day.currency) }),
  ),
];

/**
 * By which parts of the day its messages can be asked for: values and words.
 *
 * @param {Api.DailyCost} day
 * @returns {[keyof Api.CostFilter, [string, string][]][]}
 */
function optionsOf(day) {
  const { by_category: categories = [], by_template: templates = [], by_author: authors = [] } = day;
  return [
    ["channel", day.by_channel.map(({ channel }) => [channel, channelName(channel)])],
    ["category", categories.map(({ category }) => [category ?? "", wordsFor("category", category ?? "unknown")])],
    [
      "template",
      templates
        .filter(({ unnamed }) => unnamed !== "others")
        .map((each) => [templateName(each), templateWords(templateName(each))]),
    ],
    [
      "author",
      authors
        .filter(({ unnamed }) => unnamed !== "others")
        .map((each) => [each.author_id ?? UNNAMED.unknown, senderWords(authorName(each))]),
    ],
    ["fee", FEES.map((fee) => [fee, t(`fee.${fee}`)])],
  ];
}

/**
 * @param {Api.CostMessage[]} rows
 * @param {(row: Api.CostMessage) => void} onOpen
 */
function messageTable(rows, onOpen) {
  const isConverted = rows.some(({ card }) => card);
  const own = isConverted ? ["own"] : [];
  return table({
    label: t("costs.messages_of_day"),
    columns: ["time", "contact", "kind", "template", "sender", "total", ...own, ...FEES, "note"].map((name) =>
      t(`column.${name}`),
    ),
    rows: rows.map((row, index) => ({
      key: row.message_id ?? undefined,
      head: h("time", { datetime: row.at, text: clockTime(epochMs(row.at) ?? 0) }),
      cells: [
        row.contact && row.message_id ? chatLink(row, onOpen) : t("costs.erased"),
        row.kind === "inbound" ? t("kind.inbound") : wordsFor("category", row.category),
        row.kind === "template" ? h("bdi", { text: templateWords(row.template) }) : "–",
        row.kind === "inbound" ? "–" : h("bdi", { text: senderWords(authorName(row)) }),
        h("strong", {}, shownMoney(`row/${index}/total`, row.total, row.currency)),
        ...(isConverted ? [row.card ? shownMoney(`row/${index}/own`, row.card.amount, row.card.currency) : "–"] : []),
        ...FEES.map((fee) => shownMoney(`row/${index}/fees/${fee}`, row.fees[fee], row.currency)),
        notesOf(row, index),
      ],
    })),
  });
}

/**
 * @param {Api.CostMessage} row
 * @param {(row: Api.CostMessage) => void} onOpen
 */
function chatLink(row, onOpen) {
  /** @param {MouseEvent} event */
  function onclick(event) {
    event.preventDefault();
    onOpen(row);
  }
  const who = row.contact ?? "";
  return h("a", { href: "#chats", "aria-label": t("costs.open_chat", { who }), onclick }, h("bdi", { text: who }));
}

/**
 * What may change of it, or was changed.
 *
 * @param {Api.CostMessage} row
 * @param {number} index
 */
function notesOf({ undelivered, unpriced, corrected, currency }, index) {
  const later = Number(undelivered) > 0 && [
    t("costs.on_delivery"),
    " ",
    shownMoney(`row/${index}/undelivered`, undelivered, currency),
  ];
  const all = [unpriced && t("costs.no_price"), corrected && t("costs.was_corrected"), later].filter(Boolean);
  return all.length ? all.map((each) => h("div", {}, each)) : "–";
}
