// @ts-check
// In which order contacts stand, and whom a search finds.

import { epochMs, serverNow } from "./clock.js";
import { closesAtOf } from "./window_state.js";

// Contact objects are never changed, only replaced, so parsed times can be cached.
/** @type {WeakMap<Console.Contact, { activity: number, closesAt: number }>} */
const times = new WeakMap();

/** @param {Console.Contact} contact */
function timesOf(contact) {
  let found = times.get(contact);
  if (!found) {
    found = { activity: epochMs(contact.last_activity_at) ?? 0, closesAt: closesAtOf(contact) ?? Infinity };
    times.set(contact, found);
  }
  return found;
}

/** @param {Console.Contact} contact */
export const activity = (contact) => timesOf(contact).activity;

/**
 * When the window closes; Infinity where none is open, which sorts last.
 *
 * @param {Console.Contact} contact
 */
function closing(contact) {
  const { closesAt } = timesOf(contact);
  return closesAt <= (serverNow() ?? 0) ? Infinity : closesAt;
}

/**
 * @param {number} a
 * @param {number} b
 */
const ascending = (a, b) => (a === b ? 0 : a - b);

/** @type {Record<Api.ContactSort, (a: Console.Contact, b: Console.Contact) => number>} */
export const ORDERS = {
  recent: (a, b) => activity(b) - activity(a),
  expires_at: (a, b) => ascending(closing(a), closing(b)) || activity(b) - activity(a),
};

/**
 * Whether a contact is found by a number, or by the beginnings of words of the name.
 *
 * @param {Console.Contact} contact
 * @param {string} search
 */
export function matchesSearch({ name, phone, user_ids: userIds }, search) {
  if (!search) return true;
  const digits = search.replace(/[^\d]/g, "");
  if ((digits.length > 2 && phone.includes(digits)) || userIds.includes(search)) return true;
  const words = wordsOf(name ?? "");
  return wordsOf(search).every((wanted) => words.some((word) => word.startsWith(wanted)));
}

/** @param {string} text */
const wordsOf = (text) => text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
