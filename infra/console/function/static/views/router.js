// @ts-check
// The current place is kept in the history's state, so that no phone number appears in an address. An address names the
// view, and which page of the administration.

/** @type {Set<(place: Console.Place) => void>} */
const listeners = new Set();

/** @returns {Console.Place} */
export function currentPlace() {
  const [name, page] = location.hash.slice(1).split("/");
  const view = name === "costs" || name === "admin" ? name : "chats";
  const state = history.state?.view === view ? history.state : {};
  return { view, phone: null, details: false, ...state, page: view === "admin" ? page : undefined };
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
  history[replace ? "replaceState" : "pushState"](next, "", hashOf(next));
  notify();
}

/**
 * What stands in the address after the page's own.
 *
 * @param {Pick<Console.Place, "view" | "page">} place
 */
export const hashOf = ({ view, page }) => (view === "admin" && page ? `#admin/${page}` : `#${view}`);

/** @param {(place: Console.Place) => void} listener */
export function onPlaceChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

window.addEventListener("popstate", notify);
