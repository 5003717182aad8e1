// Money is decimal strings; sums are exact, in integers of a millionth of the currency's unit.

import { formatter } from "./i18n.js";

const DIGITS = 6;

/** Millionths of a decimal string such as "0.0010", as a BigInt; null for what is not one. */
export function micros(text) {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text ?? "");
  if (!match) return null;
  const fraction = (match[3] ?? "").slice(0, DIGITS).padEnd(DIGITS, "0");
  const value = BigInt(match[2] + fraction);
  return match[1] ? -value : value;
}

/** For people: a message costs fractions of a cent, so four decimals unless `decimals` says otherwise, more if there are. */
export function money(amount, currency, decimals = 4, most = DIGITS) {
  const value = typeof amount === "bigint" ? amount : micros(amount);
  if (value === null || !currency) return "–";
  const style = { style: "currency", currency, minimumFractionDigits: decimals, maximumFractionDigits: most };
  return formatter("NumberFormat", style).format(Number(value) / 10 ** DIGITS);
}
