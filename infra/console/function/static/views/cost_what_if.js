// @ts-check
// What the same messages would have cost by another price list.

import { h, replaceContent } from "../components/dom.js";
import {
  card,
  dateWords,
  figure,
  note,
  orNone,
  shown,
  shownCount,
  shownMoney,
  table,
  when,
} from "../components/figures.js";
import { problemNote } from "../components/problem_note.js";
import { choice, dayFields } from "../components/range_fields.js";
import { currentMonth, datesOf, daysOf, startOf } from "../data/day_range.js";
import { fetchRateCards } from "../data/routes.js";
import { channelName } from "../data/session.js";
import { followWhatIf } from "../data/what_if.js";
import { longDate, number, t, wordsFor } from "../language/i18n.js";
import { pagedForm } from "./cost_parts.js";

/** @returns {Console.View} */
export function costWhatIf() {
  const ended = new AbortController();
  const element = h("div", {}, note(t("loading")));
  let stop = () => ended.abort();

  fetchRateCards(ended.signal).then(
    ({ rate_cards: cards }) => {
      const form = whatIfForm(cards);
      stop = form.stop;
      replaceContent(element, h("p", { class: "about", text: t("what_if.about") }), form.elements);
    },
    (error) => {
      if (!ended.signal.aborted) replaceContent(element, problemNote(error));
    },
  );
  return { element, stop: () => stop() };
}

/**
 * The newest first.
 *
 * @param {Api.RateCard[]} cards
 */
function whatIfForm(cards) {
  const sorted = [...cards].sort(
    (a, b) => b.effective_from.localeCompare(a.effective_from) || a.id.localeCompare(b.id),
  );
  const options = sorted.map((each) => /** @type {[string, string]} */ ([each.id, cardWords(each)]));
  const chosen = choice(t("what_if.card"), options, options[0]?.[0] ?? "");
  const days = dayFields(daysOf(currentMonth()));
  return pagedForm({
    action: t("what_if.go"),
    fields: [chosen.element, days.element, days.trouble],
    ready: days.isValid,
    async work(signal, onPage) {
      const asked = days.value();
      const name = options.find(([id]) => id === chosen.select.value)?.[1] ?? "";
      const all = datesOf(asked).length;
      const sums = await followWhatIf({ card: chosen.select.value, ...asked }, signal, (soFar) => {
        const last = [...soFar.days.keys()].sort().at(-1);
        const passed = last ? datesOf({ from: asked.from, to: last }).length : 0;
        onPage(content(soFar, name), t("what_if.progress", { days: passed, all }));
      });
      const range = { from: dateWords(asked.from), to: dateWords(asked.to) };
      return t(sums.whole.count ? "what_if.done" : "what_if.nothing", range);
    },
  });
}

/** @param {Api.RateCard} card */
function cardWords({ id, provider, currency, effective_from: from, effective_to: to }) {
  const days = { from: longDate(startOf(from)), to: to ? longDate(startOf(to)) : "" };
  const name = wordsFor("provider", provider);
  return t(to ? "what_if.card_to" : "what_if.card_since", { name, currency, id, ...days });
}

/**
 * @param {import("../data/what_if.js").WhatIfSums} sums
 * @param {string} name of the card
 * @returns {Dom.Children}
 */
function content({ currency, whole, kinds, days, unpriced, assumed }, name) {
  if (whole.count === 0) return null;
  const difference = whole.whatIf - whole.cost;
  const columns = ["messages", "cost", "what_if", "difference"].map((each) => t(`column.${each}`));
  /**
   * @param {string} key
   * @param {import("../data/what_if.js").Amounts} amounts
   */
  const cells = (key, { count, cost, whatIf }) => [
    shownCount(`${key}/count`, count),
    shownMoney(`${key}/cost`, cost, currency),
    shownMoney(`${key}/what_if`, whatIf, currency),
    shownMoney(`${key}/difference`, whatIf - cost, currency),
  ];
  const verdict = difference === 0n ? "what_if.same" : difference > 0n ? "what_if.dearer" : "what_if.cheaper";
  return [
    h(
      "div",
      { class: "figures" },
      figure({
        label: t("what_if.cost"),
        value: shownMoney("cost", whole.cost, currency),
        below: shown("count", t("costs.messages", { count: whole.count })),
      }),
      figure({
        label: t("what_if.what_if"),
        value: shownMoney("what_if", whole.whatIf, currency),
        below: h("bdi", { text: name }),
      }),
      figure({
        label: t("what_if.difference"),
        value: shownMoney("difference", difference, currency),
        below: t(verdict),
      }),
      unpriced
        ? figure({
            label: t("costs.unpriced"),
            value: shown("unpriced", number(unpriced)),
            below: t("what_if.unpriced"),
            isWarning: true,
          })
        : null,
    ),
    assumed.length
      ? card(
          t("what_if.assumed"),
          h(
            "ul",
            { class: "plain" },
            assumed.map((code) => h("li", { text: wordsFor("assumed", code) })),
          ),
        )
      : null,
    table({
      label: t("what_if.by_kind"),
      columns: [t("column.kind"), t("column.market"), t("column.channel"), ...columns],
      rows: [...kinds]
        .sort(([, a], [, b]) => (a.cost === b.cost ? 0 : a.cost < b.cost ? 1 : -1))
        .map(([key, amounts]) => ({
          head: kindWords(amounts.of),
          cells: [
            h("bdi", { text: orNone("none_market", amounts.of.market) }),
            h("bdi", { text: channelName(amounts.of.channel) }),
            ...cells(`kinds/${key}`, amounts),
          ],
        })),
    }),
    table({
      label: t("what_if.by_day"),
      columns: [t("column.day"), ...columns],
      rows: [...days]
        .sort(([a], [b]) => (a < b ? 1 : -1))
        .map(([date, amounts]) => ({ head: when(date), cells: cells(`days/${date}`, amounts) })),
    }),
  ];
}

/** @param {import("../data/what_if.js").Kind} of */
const kindWords = ({ kind, category }) =>
  category && category !== kind ? `${t(`kind.${kind}`)} · ${wordsFor("category", category)}` : t(`kind.${kind}`);
