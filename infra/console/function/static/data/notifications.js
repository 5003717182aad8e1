// @ts-check
// Desktop notifications: of who waits and is about to be out of reach, and of new messages while the tab is hidden.

import { t, timeLeft } from "../language/i18n.js";
import { epochMs, serverNow } from "./clock.js";
import { answerableUntil, isDue } from "./contact_filters.js";
import { maysNotify, notifyChoice } from "./notify_choice.js";

const MINUTE_MS = 60_000;

/**
 * @param {object} options
 * @param {(phone: string) => void} options.onOpen
 * @param {() => void} options.onQueue
 */
export function notifications({ onOpen, onQueue }) {
  /** Who was told of, by number and since when they wait. @type {Set<string>} */
  const told = new Set();
  /** When each contact wrote last, as far as it is known. @type {Map<string, string>} */
  const heardAt = new Map();
  let isFirst = true;

  /**
   * @param {string} title
   * @param {string} body
   * @param {string} tag one replaces another with the same
   * @param {() => void} act
   */
  function show(title, body, tag, act) {
    const shown = new Notification(title, { body, tag, icon: new URL("../icon.svg", import.meta.url).href });
    shown.onclick = () => {
      window.focus();
      shown.close();
      act();
    };
  }

  /**
   * Those who wait, most urgent first.
   *
   * @param {Console.Contact[]} waiting
   */
  function look(waiting) {
    const { lead, words } = notifyChoice();
    const now = serverNow();
    if (!lead || now === null || !maysNotify()) return;
    const due = waiting.filter((contact) => isDue(contact, now, lead * MINUTE_MS));
    const news = due.filter(({ phone, waiting_since: since }) => !told.has(`${phone} ${since}`));
    for (const { phone, waiting_since: since } of news) told.add(`${phone} ${since}`);
    const [first] = news;
    if (!first) return;
    const left = timeLeft(Math.max(1, (answerableUntil(first, now) ?? now) - now));
    const body = t("notify.left", { left });
    if (words && news.length === 1) {
      show(t("notify.waits", { name: first.name || first.phone }), body, "gate24-due", () => onOpen(first.phone));
    } else {
      show(t("notify.wait", { count: news.length }), body, "gate24-due", onQueue);
    }
  }

  /**
   * What the list was told; of what it knew at first nothing is said.
   *
   * @param {Iterable<Console.Contact>} contacts
   */
  function heard(contacts) {
    const { messages, words } = notifyChoice();
    /** @type {Console.Contact[]} */
    const news = [];
    for (const contact of contacts) {
      const last = contact.last_message;
      if (last?.direction !== "inbound") continue;
      const before = heardAt.get(contact.phone);
      heardAt.set(contact.phone, last.at);
      if (!isFirst && isLater(last.at, before)) news.push(contact);
    }
    isFirst = heardAt.size === 0;
    const [first] = news;
    if (!first || !messages || !document.hidden || !maysNotify()) return;
    if (words && news.length === 1) {
      const body = first.last_message?.preview ?? "";
      show(t("notify.wrote", { name: first.name || first.phone }), body, "gate24-new", () => onOpen(first.phone));
    } else {
      show(t("notify.new", { count: news.length }), "", "gate24-new", () => {});
    }
  }

  return { look, heard };
}

/**
 * A contact who was not known may have written long ago: only what is of the last minutes is news then.
 *
 * @param {string} at
 * @param {string | undefined} before
 */
function isLater(at, before) {
  if (before !== undefined) return at > before;
  const now = serverNow();
  return now !== null && (epochMs(at) ?? 0) > now - 5 * MINUTE_MS;
}
