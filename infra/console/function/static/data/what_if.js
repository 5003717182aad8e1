// @ts-check
// What messages would have cost by another rate card: pages of lines, added up.

import { exact } from "./cost_sums.js";
import { fetchWhatIf } from "./routes.js";

/** @typedef {{ count: number, cost: bigint, whatIf: bigint }} Amounts */
/** @typedef {Pick<Api.WhatIfLine, "channel" | "kind" | "category" | "market">} Kind */

/**
 * All pages so far. `kinds`: messages of all days that are alike, by what they have in common.
 *
 * @typedef {object} WhatIfSums
 * @property {string} currency
 * @property {Amounts} whole
 * @property {Map<string, Amounts & { of: Kind }>} kinds
 * @property {Map<string, Amounts>} days
 * @property {number} unpriced
 * @property {string[]} assumed
 * @property {boolean} isComplete
 */

/**
 * @param {Console.Days & { card: string }} query
 * @param {AbortSignal} signal
 * @param {(sums: WhatIfSums) => void} onPage
 */
export async function followWhatIf(query, signal, onPage) {
  /** @type {WhatIfSums} */
  const sums = {
    currency: "",
    whole: nothing(),
    kinds: new Map(),
    days: new Map(),
    unpriced: 0,
    assumed: [],
    isComplete: false,
  };
  /** @type {string | undefined} */
  let cursor;
  do {
    const page = await fetchWhatIf({ ...query, cursor }, signal);
    sums.currency = page.currency;
    sums.unpriced += page.unpriced;
    sums.assumed = page.assumed;
    sums.whole.cost += exact(page.cost);
    sums.whole.whatIf += exact(page.what_if);
    for (const line of page.lines) addLine(sums, line);
    cursor = page.next_cursor ?? undefined;
    sums.isComplete = cursor === undefined;
    onPage(sums);
  } while (cursor);
  return sums;
}

/**
 * @param {WhatIfSums} sums
 * @param {Api.WhatIfLine} line
 */
function addLine({ whole, kinds, days }, line) {
  const { date, channel, kind, category, market, count } = line;
  const of = { channel, kind, category, market };
  const name = [channel, kind, category, market].map((each) => each ?? "").join("|");
  const amounts = [
    kinds.get(name) ?? put(kinds, name, { ...nothing(), of }),
    days.get(date) ?? put(days, date, nothing()),
  ];
  whole.count += count;
  for (const each of amounts) {
    each.count += count;
    each.cost += exact(line.cost);
    each.whatIf += exact(line.what_if);
  }
}

/** @returns {Amounts} */
const nothing = () => ({ count: 0, cost: 0n, whatIf: 0n });

/**
 * @template Value
 * @param {Map<string, Value>} map
 * @param {string} name
 * @param {Value} value
 */
function put(map, name, value) {
  map.set(name, value);
  return value;
}
