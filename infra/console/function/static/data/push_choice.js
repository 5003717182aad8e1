// @ts-check
// Whether this browser is told of chats while gate24 is closed, and for whom. What begins it is fetched when it is needed.

const STORED = "gate24.push";

export const WORKER = new URL("../../push_worker.js", import.meta.url);

/** A short hash of who chose it; null where nobody did. */
export const pushedFor = () => localStorage.getItem(STORED);

/** @param {string} who */
export const keepPushedFor = (who) => localStorage.setItem(STORED, who);

/** What the browser's push service gave it, where it did. */
export async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  return registration ? await registration.pushManager.getSubscription() : null;
}

/** The browser is told no more: its push service knows the address no more, which the server learns from it. */
export async function endPush() {
  localStorage.removeItem(STORED);
  if ("serviceWorker" in navigator) await (await subscription())?.unsubscribe();
}
