// @ts-check
// Sums of days or months. They are exact: amounts are added as integers (language/money.js).

import { micros } from "../language/money.js";

/** @type {Api.Fee[]} */
export const FEES = ["whatsapp", "gupshup", "media"];
/** The kinds of message that cost. @type {Api.CostKind[]} */
export const KINDS = ["template", "freeform", "inbound"];
/** @type {(keyof Api.MessageCounts)[]} */
export const COUNTED = ["inbound", "freeform", "template", "failed", "refused", "unknown"];

/** @typedef {{ name: string | null, count: number, total: bigint }} Part */

/** @param {string | null | undefined} amount a decimal string */
export const exact = (amount) => micros(amount ?? "0") ?? 0n;

/** @param {Api.MessageCounts} messages */
export const costing = (messages) => KINDS.reduce((sum, kind) => sum + messages[kind], 0);

/**
 * @template Row
 * @param {Row[]} rows
 * @param {(row: Row) => number | undefined} of
 */
export const countOf = (rows, of) => rows.reduce((sum, row) => sum + (of(row) ?? 0), 0);

/**
 * @template Row
 * @param {Row[]} rows
 * @param {(row: Row) => string | null | undefined} of
 */
export const amountOf = (rows, of) => rows.reduce((sum, row) => sum + exact(of(row)), 0n);

/**
 * Adds what has the same name, the dearest first.
 *
 * @param {Part[]} parts
 */
function joined(parts) {
  /** @type {Map<string | null, Part>} */
  const found = new Map();
  for (const { name, count, total } of parts) {
    const known = found.get(name) ?? { name, count: 0, total: 0n };
    found.set(name, { name, count: known.count + count, total: known.total + total });
  }
  return [...found.values()].sort((a, b) => (a.total === b.total ? b.count - a.count : a.total < b.total ? 1 : -1));
}

/**
 * What rows of one currency were spent on.
 *
 * @param {Api.CostSums[]} rows
 */
export const spentOn = (rows) => ({
  channel: joined(
    rows.flatMap((row) =>
      row.by_channel.map(({ channel, messages, total }) => ({
        name: channel,
        count: costing(messages),
        total: exact(total),
      })),
    ),
  ),
  category: joined(
    rows.flatMap((row) => (row.by_category ?? []).map((each) => ({ ...named(each), name: each.category }))),
  ),
  market: joined(rows.flatMap((row) => (row.by_market ?? []).map((each) => ({ ...named(each), name: each.market })))),
  campaign: joined(
    rows.flatMap((row) => (row.by_campaign ?? []).map((each) => ({ ...named(each), name: each.campaign }))),
  ),
  template: joined(
    rows.flatMap((row) => (row.by_template ?? []).map((each) => ({ ...named(each), name: templateName(each) }))),
  ),
  author: joined(
    rows.flatMap((row) => (row.by_author ?? []).map((each) => ({ ...named(each), name: authorName(each) }))),
  ),
});

/** The names of those without one are no names of a template or a sender. @type {Record<Api.Unnamed, string>} */
export const UNNAMED = { unknown: "#unknown", others: "#others" };

/** @param {Api.TemplateSum} part */
export const templateName = ({ template, unnamed }) => template ?? UNNAMED[unnamed ?? "unknown"];

/** @param {{ author: Api.Author | null, unnamed?: Api.Unnamed }} part */
export const authorName = ({ author, unnamed }) =>
  author ? `${author.kind}#${author.name ?? ""}` : UNNAMED[unnamed ?? "unknown"];

/** @param {{ count: number, total: string }} part */
const named = ({ count, total }) => ({ count, total: exact(total) });

/**
 * The rate cards' own amounts where they are in another currency, by currency.
 *
 * @param {(Api.DailyCost | Api.MonthlyCost)[]} rows
 * @returns {Map<string, bigint>}
 */
export function ownAmounts(rows) {
  const found = new Map();
  for (const { amount, currency } of rows.flatMap(ownOf)) {
    found.set(currency, (found.get(currency) ?? 0n) + exact(amount));
  }
  return found;
}

/** @param {Api.DailyCost | Api.MonthlyCost} row */
const ownOf = (row) => ("date" in row ? (row.converted ?? []).map(({ card }) => card) : (row.converted_from ?? []));

/**
 * The rows by their currency: it differs where the organization's was changed.
 *
 * @template {Api.CostSums} Row
 * @param {Row[]} rows
 * @returns {[string, Row[]][]}
 */
export function byCurrency(rows) {
  /** @type {Map<string, Row[]>} */
  const found = new Map();
  for (const row of rows) found.set(row.currency, [...(found.get(row.currency) ?? []), row]);
  return [...found];
}
