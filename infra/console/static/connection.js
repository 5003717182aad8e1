// Whether what is on the screen is fresh. Told by every request, shown by one banner.

import { now } from "./clock.js";

let reachedAt = null;
let stale = false;
const listeners = new Set();

function tell() {
  for (const listener of listeners) listener(stale, reachedAt);
}

export function reached() {
  reachedAt = now();
  if (!stale) return;
  stale = false;
  tell();
}

export function unreached() {
  if (stale) return;
  stale = true;
  tell();
}

/** Calls `listener(stale, reachedAt)` at each change; `reachedAt` is epoch ms by the server's clock, or null. */
export function onConnection(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
