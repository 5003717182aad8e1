// @ts-check
// Whether the server can be reached: reported by every request, shown by one banner.

import { serverNow } from "./clock.js";

/** @typedef {(isStale: boolean, reachedAt: number | null) => void} ConnectionListener */
/** @type {Set<ConnectionListener>} */
const listeners = new Set();
/** @type {number | null} */
let reachedAt = null;
let isStale = false;

function notify() {
  for (const listener of listeners) listener(isStale, reachedAt);
}

export function serverReached() {
  reachedAt = serverNow();
  if (!isStale) return;
  isStale = false;
  notify();
}

export function serverUnreachable() {
  if (isStale) return;
  isStale = true;
  notify();
}

/**
 * Calls `listener` at each change; `reachedAt` is epoch ms by the server's clock, or null.
 *
 * @param {ConnectionListener} listener
 */
export function onConnectionChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
