// @ts-check
// The state of a contact's window at an instant. The server says when the window closes and what may be sent before
// and after; this module only compares those times with the server's clock.

import { epochMs } from "./clock.js";

/** @type {Api.Allowance} */
const NOTHING = { freeform: false, template: false, marketing: false, code: null };

/**
 * The window on a channel, or without one the window that stays open longest.
 *
 * @param {Api.Contact} contact
 * @param {string | null} [channel]
 */
function entryOf(contact, channel) {
  /** @type {Api.ChannelWindow | null} */
  let longest = null;
  for (const entry of contact.windows) {
    if (channel && entry.channel !== channel) continue;
    if (!longest || rank(entry) > rank(longest)) longest = entry;
  }
  return longest;
}

/** @param {Api.ChannelWindow} entry */
function rank({ window }) {
  if (window.state === "never_opened") return -1;
  return window.closed_by === "provider" ? 0 : (epochMs(window.gate_closes_at) ?? 0);
}

/**
 * The channel that the contact wrote to last.
 *
 * @param {Api.Contact} contact
 */
export function latestChannel(contact) {
  let latest = null;
  let latestAt = -1;
  for (const { channel, window } of contact.windows) {
    const wroteAt = epochMs(window.last_inbound_at);
    if (wroteAt !== null && wroteAt > latestAt) [latest, latestAt] = [channel, wroteAt];
  }
  return latest;
}

/**
 * The state of the window alone, regardless of consent.
 *
 * @param {Api.ChannelWindow | null} entry
 * @param {number | null} now null while the server's time is not known
 * @returns {Console.WindowState}
 */
export function windowStateOf(entry, now) {
  const closesAt = epochMs(entry?.window.gate_closes_at);
  if (!entry || closesAt === null) return { state: "never", left: 0, share: 0, closesAt: null };
  if (!entry.may.open || now === null || now >= closesAt) return { state: "closed", left: 0, share: 0, closesAt };
  const left = closesAt - now;
  const length = closesAt - (epochMs(entry.window.last_inbound_at) ?? now);
  const isClosing = now >= (epochMs(entry.window.closing_at) ?? Infinity);
  return { state: isClosing ? "closing" : "open", left, share: Math.min(left / length, 1), closesAt };
}

/**
 * The state of a contact: what forbids everything first, then the window.
 *
 * @param {Api.Contact} contact
 * @param {number | null} now
 * @param {string | null} [channel] defaults to the channel whose window stays open longest
 * @returns {Console.ContactState}
 */
export function contactStateOf(contact, now, channel) {
  const entry = entryOf(contact, channel);
  const timed = windowStateOf(entry, now);
  const may = allowanceOf(entry, isOpen(timed.state));
  return {
    ...timed,
    state: stateName(contact, timed.state, may),
    may,
    window: entry?.window ?? null,
    isMarketingStopped: entry?.marketing_stopped ?? false,
  };
}

/**
 * @param {Api.ChannelWindow | null} entry
 * @param {boolean} open
 */
const allowanceOf = (entry, open) => (open && entry?.may.open) || entry?.may.closed || NOTHING;

/**
 * @param {Api.Contact} contact
 * @param {Console.WindowName} state
 * @param {Api.Allowance} may
 * @returns {Console.StateName}
 */
function stateName(contact, state, may) {
  if (!may.freeform && (may.code === "blocked" || may.code === "number_changed" || may.code === "opted_out")) {
    return may.code;
  }
  return contact.unreachable && !isOpen(state) ? "unreachable" : state;
}

/** @param {Console.StateName} state */
export const isOpen = (state) => state === "open" || state === "closing";

/**
 * When the longest open window closes, in epoch ms; null where none was open when the server answered.
 *
 * @param {Api.Contact} contact
 */
export function closesAtOf(contact) {
  const entry = entryOf(contact);
  return entry?.may.open ? epochMs(entry.window.gate_closes_at) : null;
}

/**
 * The window that stays open longest, regardless of consent.
 *
 * @param {Api.Contact} contact
 * @param {number | null} now
 */
export const longestWindowAt = (contact, now) => windowStateOf(entryOf(contact), now);
