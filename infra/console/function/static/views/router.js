// @ts-check
// The current place is kept in the history's state, so that no phone number appears in an address.

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
 * Another chat is opened at its newest message, unless the change names one.
 *
 * @param {Partial<Console.Place>} change
 * @param {{ replace?: boolean }} [options]
 */
export function go(change, { replace = false } = {}) {
  const next = { ...currentPlace(), ...("phone" in change ? { message: null } : {}), ...change };
  history[replace ? "replaceState" : "pushState"](next, "", `#${next.view}`);
  notify();
}

/** @param {(place: Console.Place) => void} listener */
export function onPlaceChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

window.addEventListener("popstate", notify);
