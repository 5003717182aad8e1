// @ts-check
// The current place is kept in the history's state, so that no phone number appears in an address.

// A link with this place, as mails have it, opens the console with those who wait: once, after signing in.
const WAITING = "waiting";
const STORED = "gate24.waiting";

if (location.hash === `#${WAITING}`) {
  sessionStorage.setItem(STORED, "1");
  history.replaceState(history.state, "", "#chats");
}

/** Whether those who wait are to be shown first. */
export function takeWaiting() {
  const isWanted = sessionStorage.getItem(STORED) !== null;
  sessionStorage.removeItem(STORED);
  return isWanted;
}

/** @type {Set<(place: Console.Place) => void>} */
const listeners = new Set();

/** @returns {Console.Place} */
export function currentPlace() {
  const view = location.hash === "#costs" ? "costs" : "chats";
  const state = history.state?.view === view ? history.state : {};
  return { view, phone: null, details: false, ...state };
}

function notify() {
  for (const listener of listeners) listener(currentPlace());
}

/**
 * @param {Partial<Console.Place>} change
 * @param {{ replace?: boolean }} [options]
 */
export function go(change, { replace = false } = {}) {
  const next = { ...currentPlace(), ...change };
  history[replace ? "replaceState" : "pushState"](next, "", `#${next.view}`);
  notify();
}

/** @param {(place: Console.Place) => void} listener */
export function onPlaceChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

window.addEventListener("popstate", notify);
