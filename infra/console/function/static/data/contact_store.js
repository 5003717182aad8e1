// @ts-check
// The loaded contacts: further pages on demand, recent changes by polling. One request at a time.

import { serverNow } from "./clock.js";
import { FILTERS } from "./contact_filters.js";
import { activity, matchesSearch, ORDERS } from "./contact_order.js";
import { fetchContacts } from "./routes.js";

const FIRST_PAGE = 30;
const NEXT_PAGE = 100;
const LATELY = 25;
// A page may be empty though there are more. After so many in a row somebody has to ask for the next.
const MOST_EMPTY_PAGES = 5;
// Every so many polls the question itself is asked again: what a colleague did changes no activity.
const ASK_AGAIN_EVERY = 4;
// A list that was asked for before, or so shortly after, may not have what was just done.
const SETTLED_MS = 1000;

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
  /** When a contact was set from elsewhere, by number. @type {Map<string, number>} */
  const setAt = new Map();
  const { q, assignee, label, sort } = question;
  const filter = FILTERS[question.filter];
  const compare = ORDERS[sort];
  const isEverybody = question.filter === "all" && !assignee && !label;
  const asked = {
    ...filter.query,
    q: q || undefined,
    assignee: assignee || undefined,
    label: label || undefined,
    // `needs_answer` has an order of its own, which is the same.
    sort: filter.query.filter && sort === "expires_at" ? undefined : sort,
  };
  const ended = new AbortController();
  /** Undefined before the first page, null after the last. @type {string | null | undefined} */
  let cursor;
  /** @type {Api.ContactCounts | null} */
  let counts = null;
  /** The request that is under way. @type {Promise<unknown>} */
  let flight = Promise.resolve();
  /** @type {Promise<void> | null} */
  let loading = null;
  let started = false;
  let failed = false;
  /** How many pages in a row had nobody who belongs. */
  let empty = 0;
  let polls = 0;
  /** The last contact of the newest page. @type {Console.Contact | null} */
  let last = null;

  /**
   * One after another.
   *
   * @param {() => Promise<void>} work
   * @returns {Promise<void>}
   */
  function alone(work) {
    const run = flight.then(() => (ended.signal.aborted ? undefined : work()));
    flight = run.catch(() => {});
    return run;
  }

  /**
   * Holds the contact once, under its number where that is known.
   *
   * @param {Console.Contact} contact
   * @param {number} askedAt performance.now()
   */
  function hold(contact, askedAt) {
    const phone = contact.number ?? contact.user_id ?? contact.phone;
    if (askedAt < (setAt.get(phone) ?? -Infinity)) return;
    for (const userId of contact.user_ids) held.delete(userId);
    held.set(phone, { ...contact, phone });
    if (contact.user_ids.some((userId) => paged.has(userId))) paged.add(phone);
  }

  async function loadPage() {
    const askedAt = performance.now();
    const position = cursor ? { limit: NEXT_PAGE, cursor } : { limit: FIRST_PAGE, counts: q ? undefined : true };
    const answer = await fetchContacts({ ...asked, ...position }, ended.signal);
    const found = answer.data.map(identified);
    for (const contact of found) {
      hold(contact, askedAt);
      paged.add(contact.phone);
      last = contact;
    }
    const isPast = last !== null && filter.isPast?.(last, serverNow());
    cursor = isPast ? null : answer.next_cursor;
    counts = answer.counts ?? counts;
    empty = found.some(belongs) ? 0 : empty + 1;
    started = true;
  }

  /** Loads the next page, if there is one and it is not being loaded. Rejects as `fetchContacts` does. */
  async function loadMore() {
    if (cursor === null) return;
    failed = false;
    const isFirst = loading === null;
    loading ??= alone(loadPage).finally(() => (loading = null));
    try {
      await loading;
    } catch (error) {
      if (ended.signal.aborted) return;
      failed = true;
      throw error;
    } finally {
      // Many may wait for one page; the list is drawn once.
      if (isFirst && !ended.signal.aborted) onChange();
    }
  }

  /**
   * Loads recent changes regardless of the question: that is how contacts move between filters. A search is not asked
   * again: its answer holds, and who changed is looked at here.
   *
   * @param {AbortSignal} signal
   */
  async function refresh(signal) {
    if (cursor === undefined) return loadMore();
    failed = false;
    polls += 1;
    if (!isEverybody && !q && polls % ASK_AGAIN_EVERY === 0) await alone(() => askAgain(signal));
    else await alone(() => loadChanges(signal));
    if (cursor === undefined) await loadMore();
    else onChange();
  }

  /** @param {AbortSignal} signal */
  async function loadChanges(signal) {
    const newest = Math.max(0, ...[...held.values()].map(activity));
    const heldAny = held.size > 0;
    const askedAt = performance.now();
    const answer = await fetchContacts({ sort: "recent", limit: LATELY, counts: true }, signal);
    const changed = answer.data.map(identified);
    const oldest = changed.at(-1);
    const isGap = heldAny && changed.length === LATELY && oldest !== undefined && activity(oldest) > newest;
    for (const contact of changed) hold(contact, askedAt);
    counts = answer.counts ?? counts;
    // More changed than one request returns: load the question again from its first page.
    if (isGap && !q) cursor = undefined;
  }

  /**
   * The first page again: whoever stood there and is not on it any more belongs elsewhere now.
   *
   * @param {AbortSignal} signal
   */
  async function askAgain(signal) {
    const askedAt = performance.now();
    const answer = await fetchContacts({ ...asked, limit: FIRST_PAGE, counts: true }, signal);
    const found = answer.data.map(identified);
    for (const contact of found) {
      hold(contact, askedAt);
      paged.add(contact.phone);
    }
    counts = answer.counts ?? counts;
    const end = found.at(-1);
    const there = new Set(found.map(({ phone }) => phone));
    for (const contact of shown()) {
      const isCovered = answer.next_cursor === null || (end && compare(contact, end) < 0);
      const isOlder = askedAt >= (setAt.get(contact.phone) ?? -Infinity);
      if (isCovered && isOlder && !there.has(contact.phone)) drop(contact.phone);
    }
  }

  /** @param {string} phone */
  function drop(phone) {
    held.delete(phone);
    paged.delete(phone);
  }

  /** @param {Console.Contact} contact */
  function belongs(contact) {
    if (!filter.belongs(contact, serverNow())) return false;
    if (assignee && (contact.assignee ?? "none") !== assignee) return false;
    return !label || (contact.labels ?? []).includes(label);
  }

  /** The contacts to show now, in order, up to the end of the last loaded page. */
  function shown() {
    const end = cursor ? last : null;
    return [...held.values()]
      .filter((contact) => {
        if (!belongs(contact)) return false;
        if (paged.has(contact.phone)) return true;
        return matchesSearch(contact, q) && (!cursor || (end !== null && compare(contact, end) <= 0));
      })
      .sort(compare);
  }

  /** @param {number} loaded */
  function total(loaded) {
    if (cursor === null) return loaded;
    const counted = counts?.[/** @type {keyof Api.ContactCounts} */ (question.filter)];
    return q || assignee || label ? null : (counted ?? null);
  }

  return {
    items: () => (started ? shown() : []),
    /** All that were heard of, whether or not they match. */
    held: () => held.values(),
    /** Loads the next page while scrolling; `hasFailed()` reports a failure. */
    more: () => (empty >= MOST_EMPTY_PAGES ? Promise.resolve() : loadMore().catch(() => {})),
    /** Goes on where nobody was found for several pages. */
    further() {
      empty = 0;
      onChange();
      return loadMore().catch(() => {});
    },
    refresh,
    counts: () => counts,
    /** How many there are in all, or null while that is not known. */
    total,
    isStarted: () => started,
    /** Whether there may be more who match. */
    hasMore: () => cursor !== null,
    /** Whether the next page comes only once somebody asks for it. */
    isResting: () => Boolean(cursor) && empty >= MOST_EMPTY_PAGES,
    hasFailed: () => failed,
    /** @param {Console.Contact} contact */
    set(contact) {
      hold(contact, Infinity);
      setAt.set(contact.number ?? contact.user_id ?? contact.phone, performance.now() + SETTLED_MS);
      onChange();
    },
    /** @param {string} phone */
    forget(phone) {
      for (const [key, contact] of held) if (isNamed(contact, phone)) drop(key);
      onChange();
    },
    /** @param {string} phone */
    find: (phone) => held.get(phone) ?? [...held.values()].find((contact) => isNamed(contact, phone)),
    stop: () => ended.abort(),
  };
}
