// The list of contacts as far as it is loaded: pages on demand, and what changed lately every few seconds.

import { ask } from "./api.js";
import { instant, now } from "./clock.js";
import { expiryOf, FILTERS } from "./gate.js";

const FIRST_PAGE = 40;
const NEXT_PAGE = 100;
const LATELY = 25;

// A contact object is never changed, only replaced, so what is read from one is read once.
const times = new WeakMap();
function timesOf(contact) {
  if (!times.has(contact)) {
    times.set(contact, {
      activity: instant(contact.last_activity_at) ?? 0,
      expiry: expiryOf(contact) ?? Infinity,
    });
  }
  return times.get(contact);
}
const activity = (contact) => timesOf(contact).activity;

// Contacts without an open window come last where the time left is compared.
const ORDERS = {
  recent: (a, b) => activity(b) - activity(a),
  expires_at: (a, b) => ascending(soonest(a), soonest(b)) || activity(b) - activity(a),
};

function soonest(contact) {
  const { expiry } = timesOf(contact);
  return expiry <= (now() ?? 0) ? Infinity : expiry;
}

const ascending = (a, b) => (a === b ? 0 : a - b);

function matchesSearch(contact, search) {
  if (!search) return true;
  const digits = search.replace(/[^\d]/g, "");
  const inName = (contact.name ?? "").toLocaleLowerCase().includes(search.toLocaleLowerCase());
  return inName || (digits.length > 2 && contact.phone.includes(digits));
}

/** Someone who hides the number is known by WhatsApp's user id alone. */
const named = (contact) => (contact.phone ? contact : { ...contact, phone: contact.user_ids?.[0] ?? "", numberless: true });

/** The contacts of one question (`{ window, sort, q }`). `onChange()` is called when they are other ones. */
export function contactList(question, onChange) {
  const held = new Map();
  const paged = new Set(); // the numbers that the server itself put into the answer to this question
  const compare = ORDERS[question.sort];
  const ended = new AbortController();
  let cursor;
  let counts = null;
  let loading = null;
  let failed = false;
  let last = null;

  const query = (more) => ({
    window: question.window === "all" ? undefined : question.window,
    sort: question.sort,
    q: question.q || undefined,
    ...more,
  });

  async function page() {
    const first = cursor === undefined;
    const answer = await ask("GET", "contacts", {
      query: query(first ? { limit: FIRST_PAGE, counts: true } : { limit: NEXT_PAGE, cursor }),
      signal: ended.signal,
    });
    for (const contact of answer.data.map(named)) {
      held.set(contact.phone, contact);
      paged.add(contact.phone);
    }
    cursor = answer.next_cursor;
    counts = answer.counts ?? counts;
    last = answer.data.at(-1) ?? last;
    onChange();
  }

  function more() {
    if (cursor === null || loading) return loading;
    failed = false;
    loading = page()
      .catch((error) => {
        if (ended.signal.aborted) return;
        failed = true;
        onChange();
        if (!("status" in error)) return;
      })
      .finally(() => (loading = null));
    return loading;
  }

  /** What changed lately, whichever filter it is in now: that is how a contact leaves one filter for another. */
  async function refresh(signal) {
    if (cursor === undefined) {
      await more();
      if (failed) throw new Error("first page");
      return;
    }
    const newest = Math.max(0, ...[...held.values()].map(activity));
    const known = held.size;
    failed = false;
    const answer = await ask("GET", "contacts", {
      query: { sort: "recent", q: question.q || undefined, limit: LATELY, counts: true },
      signal,
    });
    const gap = answer.data.length === LATELY && known > 0 && activity(answer.data.at(-1)) > newest;
    for (const contact of answer.data.map(named)) held.set(contact.phone, contact);
    counts = answer.counts ?? counts;
    if (gap) {
      // More has changed than was asked for: the whole question is asked again from its beginning.
      cursor = undefined;
      await more();
    }
    onChange();
  }

  /** Those that belong in the list now, in order, and none beyond the last page that was loaded. */
  function items() {
    const time = now();
    const belongs = FILTERS[question.window];
    const answers = (contact) =>
      paged.has(contact.phone) || (matchesSearch(contact, question.q) && (!cursor || !last || compare(contact, last) <= 0));
    return [...held.values()]
      .filter((contact) => belongs(contact, time) && answers(contact))
      .sort(compare);
  }

  return {
    items,
    more,
    refresh,
    counts: () => counts,
    /** How many there are in all, or null while that is not known. */
    total: (shown) => (cursor === null ? shown : question.q || !counts ? null : (counts[question.window] ?? null)),
    started: () => cursor !== undefined,
    failed: () => failed,
    set: (contact) => (held.set(contact.phone, contact), onChange()),
    forget: (phone) => (held.delete(phone), onChange()),
    find: (phone) => held.get(phone),
    stop: () => ended.abort(),
  };
}
