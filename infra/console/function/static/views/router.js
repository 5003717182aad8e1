// @ts-check
// The current place is kept in the history's state, so that no phone number appears in an address. An address names the
// view, and which page of the administration.

import { leaveDialog } from "../components/dialog.js";

// A link with this place, as mails have it, opens the console with those who wait: once, after signing in.
const WAITING = "waiting";
const STORED = "gate24.waiting";

if (location.hash === `#${WAITING}`) {
  sessionStorage.setItem(STORED, "1");
  history.replaceState(history.state, "", "#chats");
}

// The notification of a push was clicked while this tab was open.
navigator.serviceWorker?.addEventListener("message", ({ data }) => {
  if (data !== WAITING) return;
  sessionStorage.setItem(STORED, "1");
  go({ view: "chats", phone: null, details: false });
});
navigator.serviceWorker?.startMessages();

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
  const [name, page] = location.hash.slice(1).split("/");
  const view = name === "costs" || name === "admin" ? name : "chats";
  const state = history.state?.view === view ? history.state : {};
  return { view, phone: null, details: false, ...state, page: view === "admin" ? page : undefined };
}

/** The entry of the history that is shown. */
let entry = { state: history.state, hash: location.hash };

function notify() {
  entry = { state: history.state, hash: location.hash };
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

/** Back leaves a dialog that is open, as on a phone, and not the place below it. */
function onMove() {
  if (leaveDialog()) history.pushState(entry.state, "", entry.hash);
  else notify();
}

window.addEventListener("popstate", onMove);
