// @ts-check
// The filters of the list, as the API means them, decided for a contact at an instant.

import { epochMs } from "./clock.js";
import { closesAtOf, longestWindowAt } from "./window_state.js";

const QUEUE_MS = 3_600_000;

/**
 * Until when an ordinary message can be sent, on the channel where that is longest; null where none can be sent now.
 *
 * @param {Api.Contact} contact
 * @param {number | null} now
 */
export function answerableUntil({ windows, may }, now) {
  if (now === null || may?.freeform === false) return null;
  const ends = windows.map((entry) => (entry.may.open?.freeform ? (epochMs(entry.window.gate_closes_at) ?? 0) : 0));
  const last = Math.max(0, ...ends);
  return last > now ? last : null;
}

/** @param {Api.Contact} contact */
export const needsAnswer = ({ waiting_since: since, state }) => Boolean(since) && state !== "done";

/**
 * Waits for an answer that can be given for less than `lead` milliseconds.
 *
 * @param {Api.Contact} contact
 * @param {number | null} now
 * @param {number} [lead]
 */
export function isDue(contact, now, lead = QUEUE_MS) {
  const until = needsAnswer(contact) ? answerableUntil(contact, now) : null;
  return until !== null && now !== null && until - now <= lead;
}

/**
 * Neither an ordinary message nor a template can be sent on any channel.
 *
 * @param {Api.Contact} contact
 * @param {number | null} now
 */
export function isShut(contact, now) {
  if (contact.may?.template || answerableUntil(contact, now) !== null) return false;
  return !contact.windows.some(({ may }) => may.closed.template);
}

/** @type {Record<Console.FilterName, Console.Filter>} */
export const FILTERS = {
  all: { query: {}, sort: "recent", belongs: () => true },
  needs_answer: {
    query: { filter: "needs_answer" },
    sort: "expires_at",
    belongs: (contact, now) => needsAnswer(contact) && !isShut(contact, now),
  },
  queue: {
    query: { filter: "needs_answer" },
    sort: "expires_at",
    belongs: (contact, now) => isDue(contact, now),
    isPast: (contact, now) => now !== null && (closesAtOf(contact) ?? Infinity) > now + QUEUE_MS,
  },
  closing: {
    query: { window: "closing" },
    sort: "expires_at",
    belongs: (contact, now) =>
      answerableUntil(contact, now) !== null && longestWindowAt(contact, now).state === "closing",
  },
  open: {
    query: { window: "open" },
    sort: "recent",
    belongs: (contact, now) => answerableUntil(contact, now) !== null,
  },
  closed: {
    query: { window: "closed" },
    sort: "recent",
    belongs: (contact, now) => longestWindowAt(contact, now).state === "closed",
  },
  cannot_be_written_to: { query: { filter: "cannot_be_written_to" }, sort: "recent", belongs: isShut },
};
