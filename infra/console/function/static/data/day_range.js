// @ts-check
// Days and months of the organization's calendar, as "YYYY-MM-DD" and "YYYY-MM".

import { localDay } from "../language/i18n.js";
import { serverNow } from "./clock.js";

const DAY_MS = 86_400_000;

export const today = () => localDay(serverNow() ?? Date.now());
export const currentMonth = () => today().slice(0, 7);

/** @param {string} date a day or a month; epoch ms of its start in UTC, for the formats of days */
export const startOf = (date) => Date.parse(date.length === 7 ? `${date}-01` : date);

/** @param {number} at */
const dayText = (at) => new Date(at).toISOString().slice(0, 10);

/**
 * @param {string} day
 * @param {number} step days
 */
const shiftedDay = (day, step) => dayText(startOf(day) + step * DAY_MS);

/**
 * @param {string} month
 * @param {number} step months
 */
export function shiftedMonth(month, step) {
  const [year, ofYear] = month.split("-").map(Number);
  return dayText(Date.UTC(year, ofYear - 1 + step, 1)).slice(0, 7);
}

/**
 * First and last day of a month, up to today.
 *
 * @param {string} month
 * @returns {Console.Days}
 */
export function daysOf(month) {
  const last = shiftedDay(`${shiftedMonth(month, 1)}-01`, -1);
  return { from: `${month}-01`, to: last < today() ? last : today() };
}

/**
 * @param {Console.Days} range
 * @returns {string[]}
 */
export function datesOf({ from, to }) {
  const dates = [];
  for (let at = startOf(from); at <= startOf(to); at += DAY_MS) dates.push(dayText(at));
  return dates;
}

/**
 * @param {string} from
 * @param {string} to
 */
export function monthsOf(from, to) {
  const months = [];
  for (let month = from; month <= to; month = shiftedMonth(month, 1)) months.push(month);
  return months;
}
