// @ts-check
// Words for marketing that a contact stopped in WhatsApp, which holds for one of our numbers each time.

import { channelName, channels } from "../data/session.js";
import { t } from "../language/i18n.js";

/**
 * Names our numbers where there are several.
 *
 * @param {string[]} stopped channels
 */
export function marketingStopWords(stopped) {
  if (channels().length === 1) return t("problem.marketing_stopped");
  return t("marketing.stopped_from", { numbers: stopped.map(channelName).join(", ") });
}
