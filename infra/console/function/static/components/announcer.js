// @ts-check
// Announcements to screen readers. Routine ones are collected, so that a busy hour does not interrupt all the time.

const GATHERING_MS = 500;
const KEPT_MS = 10_000;
const MOST = 3;

/** @type {string[]} */
let waiting = [];
/** @type {ReturnType<typeof setTimeout> | null} */
let timer = null;

/** The elements of index.html. @type {Map<string, HTMLElement | null>} */
const regions = new Map();

/**
 * Outside an open dialog nothing is heard, so the region goes where it is.
 *
 * @param {HTMLElement} element
 */
function bringWhereItIsHeard(element) {
  const home = [...document.querySelectorAll("dialog:modal")].at(-1) ?? document.body;
  if (element.parentElement !== home) home.append(element);
}

/**
 * @param {"live" | "alert"} region
 * @param {string} text
 */
function speak(region, text) {
  const element = regions.get(region) ?? document.getElementById(region);
  if (!element) return;
  regions.set(region, element);
  element.textContent = "";
  bringWhereItIsHeard(element);
  // Emptying the region first makes the screen reader repeat the same words.
  setTimeout(() => {
    bringWhereItIsHeard(element);
    element.textContent = text;
  }, 50);
  setTimeout(() => {
    if (element.textContent === text) element.textContent = "";
  }, KEPT_MS);
}

/**
 * Waits for a pause and collects what comes meanwhile; only the newest few are spoken.
 *
 * @param {string} text
 */
export function announce(text) {
  waiting = [...waiting.filter((other) => other !== text), text].slice(-MOST);
  timer ??= setTimeout(() => {
    timer = null;
    speak("live", waiting.join(". "));
    waiting = [];
  }, GATHERING_MS);
}

/**
 * Interrupts: for what the person must know before going on.
 *
 * @param {string} text
 */
export function announceNow(text) {
  speak("alert", text);
}
