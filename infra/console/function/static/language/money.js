// @ts-check
// Amounts are decimal strings; they are summed exactly, as integers of a millionth of the currency's unit.

import { number } from "./i18n.js";

const DIGITS = 6;

/**
 * Millionths of a decimal string such as "0.0010"; null for what is not one.
 *
 * @param {string} text
 */
export function micros(text) {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return null;
  const fraction = (match[3] ?? "").slice(0, DIGITS).padEnd(DIGITS, "0");
  const value = BigInt(match[2] + fraction);
  return match[1] ? -value : value;
}

/**
 * Formats an amount with at least `decimals` decimals: a message costs fractions of a cent.
 *
 * @param {string | bigint} amount a decimal string, or millionths
 * @param {string} currency
 * @param {number} [decimals]
 */
export function money(amount, currency, decimals = 4) {
  const value = typeof amount === "bigint" ? amount : micros(amount);
  if (value === null) return "–";
  return number(Number(value) / 10 ** DIGITS, {
    style: "currency",
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: DIGITS,
  });
}
