// @ts-check
// The server's time, derived from the monotonic clock: the device's wall clock is never read, so it does not matter
// if it is wrong or changed while the page is open.

let low = -Infinity; // the server's time is at least performance.now() + low ...
let high = Infinity; // ... and at most performance.now() + high

/** @typedef {(now: number) => number | undefined} TickListener */
/** @type {Set<TickListener>} */
const listeners = new Set();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Adjusts the clock to an answer. `serverTime` (RFC 3339) was read between `askedAt` and `answeredAt` (performance.now()),
 * so each answer bounds the offset from both sides; the narrowest bounds are kept.
 *
 * @param {string} serverTime
 * @param {number} askedAt
 * @param {number} answeredAt
 */
export function learnServerTime(serverTime, askedAt, answeredAt) {
  const at = Date.parse(serverTime);
  if (Number.isNaN(at)) return;
  const [lowest, highest] = [at - answeredAt, at - askedAt];
  low = Math.max(low, lowest);
  high = Math.min(high, highest);
  // The bounds contradict each other after a sleep or a step of the server's clock: the newest answer wins.
  if (low > high) [low, high] = [lowest, highest];
  if (timer === undefined && listeners.size) tick();
}

/** Epoch milliseconds by the server's clock, or null before the first answer. */
export const serverNow = () => (low === -Infinity ? null : performance.now() + (low + high) / 2);

/**
 * Epoch milliseconds of an RFC 3339 time, or null.
 *
 * @param {string | null | undefined} text
 */
export function epochMs(text) {
  const at = text ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : at;
}

function tick() {
  clearTimeout(timer);
  timer = undefined;
  const now = serverNow();
  if (now === null) return;
  let next = 1000 - (now % 1000);
  for (const listener of listeners) {
    const deadline = listener(now);
    if (deadline !== undefined && deadline > now) next = Math.min(next, deadline - now);
  }
  timer = setTimeout(tick, Math.max(next, 4));
}

/**
 * Calls `listener(now)` at every full second of the server's clock, and also at the instant that it returns (epoch
 * ms). Returns a function that removes the listener.
 *
 * @param {TickListener} listener
 */
export function onTick(listener) {
  listeners.add(listener);
  tick();
  return () => listeners.delete(listener);
}
