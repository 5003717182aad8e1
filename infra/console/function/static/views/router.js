// @ts-check
// The current place is kept in the history's state, so that no phone number appears in an address.

/** @type {Set<(place: Console.Place) => void>} */
const listeners = new Set();

const VIEWS = /** @type {const} */ (["costs", "import"]);

/** @returns {Console.Place} */
export function currentPlace() {
  const view = VIEWS.find((name) => location.hash === `#${name}`) ?? "chats";
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
