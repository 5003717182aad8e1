// @ts-check
// How a month stands to its budgets, and what it will cost.

import { bar } from "../components/bars.js";
import { h, replaceContent, setAttribute } from "../components/dom.js";
import { card, note, shown, shownMoney, when } from "../components/figures.js";
import { problemNote } from "../components/problem_note.js";
import { monthPicker } from "../components/range_fields.js";
import { exact } from "../data/cost_sums.js";
import { currentMonth, startOf, today } from "../data/day_range.js";
import { poll } from "../data/poll.js";
import { fetchBudgets } from "../data/routes.js";
import { channelName, organization } from "../data/session.js";
import { fullTime, monthName, number, t } from "../language/i18n.js";

const EVERY_MS = 60_000;

/** @returns {Console.View} */
export function costBudget() {
  /** Null is the current one. @type {string | null} */
  let chosen = null;
  /** @type {string | null} */
  let drawn = null;
  const picker = monthPicker((month) => {
    chosen = month === currentMonth() ? null : month;
    drawn = null;
    polling.now();
  });
  const body = h("div", { class: "costs-body" }, note(t("loading")));
  const element = h("div", {}, h("div", { class: "controls" }, picker.element), body);

  const polling = poll(EVERY_MS, async (signal) => {
    const asked = chosen;
    const month = asked ?? currentMonth();
    picker.show(month, monthName(startOf(month)));
    setAttribute(body, "aria-busy", true);
    try {
      const found = await fetchBudgets(asked ?? undefined, signal);
      if (asked !== chosen) return;
      const text = JSON.stringify(found, (name, value) => (name === "server_time" ? undefined : value));
      if (text !== drawn) replaceContent(body, content(found));
      drawn = text;
    } catch (error) {
      if (!drawn && !signal.aborted && asked === chosen) replaceContent(body, problemNote(error));
      throw error;
    } finally {
      setAttribute(body, "aria-busy", null);
    }
  });
  return { element, stop: polling.stop };
}

/**
 * @param {Api.BudgetMonth} found
 * @returns {Dom.Children}
 */
function content({ organization: whole, channels, currency, as_of: asOf, delay_seconds: delay }) {
  const known = asOf
    ? [t("budget.as_of", { at: fullTime(Date.parse(asOf)) }), t("budget.delay", { count: Math.ceil(delay / 60) })]
    : [t("budget.not_yet")];
  return [
    whole ? budgetCard(whole, organization().name, "organization", currency) : null,
    h(
      "div",
      { class: "breakdowns" },
      channels.map((each) => budgetCard(each, channelName(each.channel ?? ""), each.channel ?? "", currency)),
    ),
    h("p", { class: "hint", text: known.join(" ") }),
  ];
}

/**
 * @param {Api.Budget} budget
 * @param {string} title
 * @param {string} key of its figures
 * @param {string} currency
 */
function budgetCard(budget, title, key, currency) {
  const { amount, method, days, reason } = budget.forecast;
  const forecast =
    amount === null
      ? [t(reason === "no_day_is_over" ? "forecast.no_day_is_over" : "forecast.none")]
      : [
          shownMoney(`${key}/forecast`, amount, currency),
          h("span", { class: "below" }, shown(`${key}/days`, t(`forecast.${method}`, { count: days }))),
        ];
  return card(
    title,
    h(
      "dl",
      { class: "budget-facts" },
      fact(t("budget.spent"), [
        shownMoney(`${key}/spent`, budget.spent, currency),
        budget.share === null
          ? null
          : h("span", { class: "below" }, shown(`${key}/share`, t("budget.share", { share: budget.share }))),
      ]),
      fact(
        t("budget.budget"),
        budget.budget === null ? t("budget.none") : shownMoney(`${key}/budget`, budget.budget, currency),
      ),
      fact(t("budget.forecast"), forecast),
    ),
    budget.budget === null ? h("p", { class: "hint", text: t("budget.how") }) : against(budget, key),
  );
}

/**
 * The bar, its shares and the day on which the budget is reached.
 *
 * @param {Api.Budget} budget with one set
 * @param {string} key
 */
function against(budget, key) {
  const limit = exact(budget.budget);
  const values = [
    { name: "forecast", value: exact(budget.forecast.amount) },
    { name: "spent", value: exact(budget.spent) },
  ];
  const widest = values.reduce((most, { value }) => (value > most ? value : most), limit);
  const marks = budget.shares.map((share) => (limit * BigInt(share)) / 100n);
  const shares = budget.shares.map((share) => {
    const isReached = budget.reached.includes(share);
    const words = t(isReached ? "budget.share_reached" : "budget.share_ahead", { share: number(share) });
    return h("li", { class: isReached ? "reached" : "ahead" }, shown(`${key}/shares/${share}`, words));
  });
  return [
    bar(widest, values, [...marks, limit]),
    h("ul", { class: "shares", role: "list" }, shares),
    h("p", {}, reachedWords(budget, key)),
    budget.refuse_above_budget
      ? h("p", {
          class: budget.is_refusing ? "trouble" : "hint",
          text: t(budget.is_refusing ? "budget.refusing" : "budget.will_refuse"),
        })
      : null,
  ];
}

/**
 * Nothing while there is no forecast to say it by.
 *
 * @param {Api.Budget} budget
 * @param {string} key
 */
function reachedWords({ budget_reached_on: day, forecast }, key) {
  if (day === null) return forecast.amount === null ? null : t("budget.not_reached");
  const time = when(day);
  time.setAttribute("data-day", `${key}/reached_on`);
  return [t(day <= today() ? "budget.reached_on" : "budget.will_be_reached"), " ", time];
}

/**
 * @param {string} term
 * @param {Dom.Children} value
 */
const fact = (term, value) => h("div", {}, h("dt", { text: term }), h("dd", {}, value));
