// What a contact's state is at an instant, for the eyes. Who may be sent what is decided by the server alone.

import { instant } from "./clock.js";
import { marginOf } from "./session.js";

const DAY = 24 * 3_600_000;
export const CLOSING = 4 * 3_600_000;

/** The window of one channel with its channel, or with none named the one that stays open longest. */
function entryOf(contact, channel) {
  const entries = (contact.windows ?? []).filter((entry) => !channel || entry.channel === channel);
  let best = null;
  for (const entry of entries) {
    if (!best || rank(entry) > rank(best)) best = entry;
  }
  return best;
}

export const windowOf = (contact, channel) => entryOf(contact, channel)?.window ?? null;

/** Epoch ms until which the gate lets a freeform through: WhatsApp's own end less the channel's margin. */
const closesAt = (entry) => {
  const end = instant(entry?.window.expires_at);
  return end === null ? null : end - marginOf(entry.channel);
};

export const expiryOf = (contact, channel) => closesAt(entryOf(contact, channel));

function rank(entry) {
  const { state, closed_by: closedBy } = entry.window;
  if (state === "never_opened") return -1;
  return state === "closed" && closedBy === "provider" ? 0 : (closesAt(entry) ?? 0);
}

/** The channel that a conversation continues on: the one that was written to last. */
export function latestChannel(contact) {
  let [latest, at] = [null, -1];
  for (const { channel, window } of contact.windows ?? []) {
    const wroteAt = instant(window.last_inbound_at) ?? 0;
    if (wroteAt > at) [latest, at] = [channel, wroteAt];
  }
  return latest;
}

/**
 * `{ state, left, share, expiresAt, mayReply }`: state is open, closing, closed, never, opted_out, blocked or
 * unreachable; `left` in ms; `share` of the window that is left, 0 to 1. What forbids every answer comes first;
 * an opted-out contact who wrote again may be answered, and then the window is what counts.
 */
export function stateOf(contact, now, channel) {
  const window = windowOf(contact, channel);
  const expiresAt = expiryOf(contact, channel);
  const openedOnce = window && window.state !== "never_opened";
  const open = openedOnce && expiresAt !== null && now !== null && now < expiresAt && window.closed_by !== "provider";
  const left = open ? expiresAt - now : 0;
  const timed = { left, share: Math.min(left / DAY, 1), expiresAt: openedOnce ? expiresAt : null };
  const state = left === 0 ? (openedOnce ? "closed" : "never") : left < CLOSING ? "closing" : "open";
  const optedOut = contact.consent?.status === "opted_out";
  const wroteSince = open && instant(window.last_inbound_at) > (instant(contact.consent?.at) ?? Infinity);
  if (contact.blocked) return { ...timed, state: "blocked", mayReply: false };
  if (optedOut && !wroteSince) return { ...timed, state: "opted_out", mayReply: false };
  if (contact.unreachable && !open) return { ...timed, state: "unreachable", mayReply: false };
  return { ...timed, state, mayReply: open };
}

export const isOpen = (state) => state === "open" || state === "closing";

/** The filters of the list, as the API's `window` means them: `closing` is a part of `open`. */
export const FILTERS = {
  all: () => true,
  open: (contact, now) => windowState(contact, now) !== "shut",
  closing: (contact, now) => windowState(contact, now) === "closing",
  closed: (contact, now) => windowState(contact, now) === "shut" && Boolean(windowOf(contact)?.opened_at),
};

function windowState(contact, now) {
  const window = windowOf(contact);
  const expiresAt = expiryOf(contact);
  if (expiresAt === null || now === null || now >= expiresAt || window.closed_by === "provider") return "shut";
  return expiresAt - now < CLOSING ? "closing" : "open";
}
