// @ts-check
// What somebody wants to be told of on the desktop. It is kept on this device; nothing in it is about people.

const STORED = "gate24.notify";

/**
 * `lead`: minutes before a window closes; 0 for never. `messages`: of new ones while the tab is hidden. `words`: whether
 * a notification may show names and what was written.
 *
 * @typedef {{ lead: number, messages: boolean, words: boolean }} NotifyChoice
 */

/** @type {NotifyChoice} */
const NO_CHOICE = { lead: 0, messages: false, words: false };

/** @returns {NotifyChoice} */
export function notifyChoice() {
  try {
    return { ...NO_CHOICE, ...JSON.parse(localStorage.getItem(STORED) ?? "{}") };
  } catch {
    return NO_CHOICE;
  }
}

/** @param {NotifyChoice} choice */
export const keepNotifyChoice = (choice) => localStorage.setItem(STORED, JSON.stringify(choice));

/** Whether the browser shows notifications at all, and allows them here. */
export const canNotify = () => "Notification" in window;

/** Whether something is told of. */
export function maysNotify() {
  const { lead, messages } = notifyChoice();
  return canNotify() && Notification.permission === "granted" && (lead > 0 || messages);
}
