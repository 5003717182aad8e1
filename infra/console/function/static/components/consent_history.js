// @ts-check
// The history of a contact's consents and blocks, with the evidence.

import { epochMs } from "../data/clock.js";
import { fetchConsents } from "../data/routes.js";
import { channelName } from "../data/session.js";
import { fullTime, hasWords, t, wordsFor } from "../language/i18n.js";
import { h, replaceContent } from "./dom.js";
import { icon } from "./icons.js";

const ENTRIES = 50;
const OF_STAFF = new Set(["member", "key"]);
const GRANTING = new Set(["opt_in", "unblock", "marketing_resume"]);

/** @param {string} phone */
export function consentHistory(phone) {
  const element = h("ol", { class: "history" }, noteItem(t("loading")));

  /** How often it was asked for: only what was asked for last is shown. */
  let asked = 0;

  async function load() {
    const own = ++asked;
    try {
      const { data } = await fetchConsents(phone, ENTRIES);
      if (own !== asked) return;
      replaceContent(element, data.length ? data.map(historyItem) : noteItem(t("contact.no_history")));
    } catch {
      if (own !== asked) return;
      const again = h("button", { type: "button", class: "quiet", text: t("try_again"), onclick: load });
      replaceContent(element, noteItem(t("problem.unreachable"), " ", again));
    }
  }

  load();
  return { element, load };
}

/** @param {Dom.Children[]} content */
function noteItem(...content) {
  return h("li", { class: "none" }, content);
}

/**
 * Who blocked or unblocked; else the way on which it was said, and by whom.
 *
 * @param {Api.ConsentEntry} entry
 */
function howWords({ action, source, actor, author }) {
  const name = author && OF_STAFF.has(author.kind) ? author.name : null;
  if (name && hasWords(`history.${action}_by`)) return t(`history.${action}_by`, { name });
  const who = name ?? actor;
  return [wordsFor("source", source), who ? [" · ", h("bdi", { text: who })] : null];
}

/** @param {Api.ConsentEntry} entry */
function historyItem(entry) {
  const { action, at: time, evidence, channel } = entry;
  const at = epochMs(time);
  const what = h(
    "p",
    { class: "what" },
    icon(GRANTING.has(action) ? "tick" : "refused"),
    h("strong", { text: wordsFor("history", action) }),
    h("time", { datetime: time, text: at === null ? "" : fullTime(at) }),
  );
  const how = h(
    "p",
    { class: "how" },
    h("span", {}, howWords(entry)),
    channel && h("span", { text: t("history.marketing_from", { number: channelName(channel) }) }),
    evidence ? h("q", { class: "evidence", dir: "auto", text: evidence }) : null,
  );
  return h("li", { "data-action": action }, what, how);
}
