// @ts-check
// How templates and senders are called in the costs, and as of when costs hold.

import { epochMs } from "../data/clock.js";
import { UNNAMED } from "../data/cost_sums.js";
import { today } from "../data/day_range.js";
import { clockTime, fullTime, localDay, t } from "../language/i18n.js";
import { h } from "./dom.js";

/** @param {string | null} name as data/cost_sums.js has it */
export const templateWords = (name) =>
  name === UNNAMED.unknown || name === null
    ? t("costs.name_not_kept")
    : name === UNNAMED.others
      ? t("costs.other_templates")
      : name;

/** @param {string | null} name as data/cost_sums.js has it */
export function senderWords(name) {
  if (name === null || name === UNNAMED.unknown) return t("costs.name_not_kept");
  if (name === UNNAMED.others) return t("costs.other_senders");
  const [kind, ...rest] = name.split("#");
  const called = rest.join("#");
  if (kind === "provider") return t("sender.provider");
  if (kind === "key") return called ? t("sender.key", { name: called }) : t("sender.any_key");
  return called || t("costs.name_not_kept");
}

/**
 * As of when something holds: the time of today, or the day with it. Nothing where that is not known.
 *
 * @param {string | null | undefined} at
 */
export function asOf(at) {
  const ms = epochMs(at ?? null);
  if (ms === null) return null;
  const words = localDay(ms) === today() ? clockTime(ms) : fullTime(ms);
  return h("time", { class: "as-of", datetime: at ?? "", text: t("costs.as_of", { at: words }) });
}
