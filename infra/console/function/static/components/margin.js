// @ts-check
// Words for why sending stops a little before WhatsApp's own end of a window.

import { marginOf } from "../data/session.js";
import { t } from "../language/i18n.js";

/**
 * Empty where it does not.
 *
 * @param {string | null} channel
 */
export function marginWords(channel) {
  const seconds = marginOf(channel);
  return seconds > 0 ? t("window.margin", { count: seconds }) : "";
}
