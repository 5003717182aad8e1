// @ts-check
// Why a row of people is not taken, or what stays though the row has it otherwise.

import { fullTime, hasWords, t } from "./i18n.js";

/**
 * The server's own sentence where there are no words for its code.
 *
 * @param {Api.RowReason} reason
 */
export function reasonWords({ code, detail, since, suggestion }) {
  const at = since ? fullTime(Date.parse(since)) : "";
  return hasWords(`reason.${code}`) ? t(`reason.${code}`, { at, number: suggestion ?? "" }) : detail;
}
