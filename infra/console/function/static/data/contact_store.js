// @ts-check
// The loaded contacts: further pages on demand, recent changes by polling.

import { epochMs, serverNow } from "./clock.js";
import { fetchContacts } from "./routes.js";
import { closesAtOf, FILTERS } from "./window_state.js";

const FIRST_PAGE = 30;
const NEXT_PAGE = 100;
const LATELY = 25;

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
const activity = (contact) => timesOf(contact).activity;

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
const ORDERS = {
  recent: (a, b) => activity(b) - activity(a),
  expires_at: (a, b) => ascending(closing(a), closing(b)) || activity(b) - activity(a),
};

/**
 * @param {Console.Contact} contact
 * @param {string} search
 */
function matchesSearch(contact, search) {
  if (!search) return true;
  const digits = search.replace(/[^\d]/g, "");
  const isInName = (contact.name ?? "").toLocaleLowerCase().includes(search.toLocaleLowerCase());
  return isInName || (digits.length > 2 && contact.phone.includes(digits)) || contact.user_ids.includes(search);
}

/**
 * A contact who hides the phone number is identified by WhatsApp's user id.
 *
 * @param {Api.Contact} contact
 * @returns {Console.Contact}
 */
export const identified = (contact) => ({
  ...contact,
  phone: contact.phone ?? contact.user_id ?? "",
  number: contact.phone,
});

/**
 * Whether the number or user id is the contact's. A contact who was opened under a user id may have shown the number
 * since.
 *
 * @param {Console.Contact} contact
 * @param {string | null} phone
 */
export const isNamed = (contact, phone) =>
  phone !== null && (contact.phone === phone || contact.user_ids.includes(phone));

/** @typedef {ReturnType<typeof contactStore>} ContactStore */

/**
 * The contacts that match a question. `onChange()` is called whenever they change.
 *
 * @param {Console.Question} question
 * @param {() => void} onChange
 */
export function contactStore(question, onChange) {
  /** @type {Map<string, Console.Contact>} */
  const held = new Map();
  /** The numbers on the server's pages for this question. @type {Set<string>} */
  const paged = new Set();
  const compare = ORDERS[question.sort];
  const ended = new AbortController();
  /** Undefined before the first page, null after the last. @type {string | null | undefined} */
  let cursor;
  /** @type {Api.ContactPage["counts"] | null} */
  let counts = null;
  /** @type {Promise<void> | null} */
  let loading = null;
  let failed = false;
  /** The last contact of the newest page. @type {Console.Contact | null} */
  let last = null;

  const q = question.q || undefined;

  /**
   * Holds the contact once, under its number where that is known.
   *
   * @param {Console.Contact} contact
   */
  function hold(contact) {
    for (const userId of contact.user_ids) held.delete(userId);
    const phone = contact.number ?? contact.user_id ?? contact.phone;
    held.set(phone, { ...contact, phone });
    if (contact.user_ids.some((userId) => paged.has(userId))) paged.add(phone);
  }

  async function loadPage() {
    const position = cursor ? { limit: NEXT_PAGE, cursor } : { limit: FIRST_PAGE, counts: true };
    const window = question.window === "all" ? undefined : question.window;
    const answer = await fetchContacts({ window, sort: question.sort, q, ...position }, ended.signal);
    for (const contact of answer.data.map(identified)) {
      hold(contact);
      paged.add(contact.phone);
      last = contact;
    }
    cursor = answer.next_cursor;
    counts = answer.counts ?? counts;
    onChange();
  }

  /** Loads the next page, if there is one and it is not being loaded. Rejects as `fetchContacts` does. */
  async function loadMore() {
    if (cursor === null) return;
    failed = false;
    loading ??= loadPage().finally(() => (loading = null));
    try {
      await loading;
    } catch (error) {
      if (ended.signal.aborted) return;
      failed = true;
      onChange();
      throw error;
    }
  }

  /**
   * Loads recent changes regardless of the filter: that is how contacts move between filters.
   *
   * @param {AbortSignal} signal
   */
  async function refresh(signal) {
    if (cursor === undefined) return loadMore();
    const newest = Math.max(0, ...[...held.values()].map(activity));
    const heldAny = held.size > 0;
    failed = false;
    const answer = await fetchContacts({ sort: "recent", q, limit: LATELY, counts: true }, signal);
    const changed = answer.data.map(identified);
    const oldest = changed.at(-1);
    const isGap = heldAny && changed.length === LATELY && oldest !== undefined && activity(oldest) > newest;
    for (const contact of changed) hold(contact);
    counts = answer.counts ?? counts;
    if (isGap) {
      // More changed than one request returns: load the question again from its first page.
      cursor = undefined;
      await loadMore();
    }
    onChange();
  }

  /** The contacts to show now, in order, up to the end of the last loaded page. */
  function items() {
    const now = serverNow();
    const belongs = FILTERS[question.window];
    const end = cursor ? last : null;
    return [...held.values()]
      .filter((contact) => {
        if (!belongs(contact, now)) return false;
        if (paged.has(contact.phone)) return true;
        return matchesSearch(contact, question.q) && (!end || compare(contact, end) <= 0);
      })
      .sort(compare);
  }

  return {
    items,
    /** Loads the next page while scrolling; `hasFailed()` reports a failure. */
    more: () => loadMore().catch(() => {}),
    refresh,
    counts: () => counts,
    /**
     * How many there are in all, or null while that is not known.
     *
     * @param {number} loaded
     */
    total: (loaded) => (cursor === null ? loaded : question.q || !counts ? null : counts[question.window]),
    isStarted: () => cursor !== undefined,
    hasFailed: () => failed,
    /** @param {Console.Contact} contact */
    set(contact) {
      hold(contact);
      onChange();
    },
    /** @param {string} phone */
    forget(phone) {
      for (const [key, contact] of held) if (isNamed(contact, phone)) held.delete(key);
      onChange();
    },
    /** @param {string} phone */
    find: (phone) => held.get(phone) ?? [...held.values()].find((contact) => isNamed(contact, phone)),
    stop: () => ended.abort(),
  };
}
