// The server's time, kept on the monotonic clock: the wall clock of this device is never asked, so a clock that is
// a day off, or is set while the page is open, changes nothing.

let low = -Infinity; // the server's time is at least performance.now() + low ...
let high = Infinity; // ... and at most performance.now() + high
const listeners = new Set();
let timer = null;

/**
 * Learns from one answer. `serverTime` (RFC 3339) was read between `askedAt` and `answeredAt` (performance.now()),
 * so each answer bounds the offset from both sides, and the bounds of all answers are kept together.
 */
export function learn(serverTime, askedAt, answeredAt) {
  const at = Date.parse(serverTime);
  if (Number.isNaN(at)) return;
  const truncated = serverTime.includes(".") ? 0 : 1000;
  const [lowest, highest] = [at - answeredAt, at + truncated - askedAt];
  low = Math.max(low, lowest);
  high = Math.min(high, highest);
  // The bounds contradict each other after a sleep or a step of the server's clock: the newest answer wins.
  if (low > high) [low, high] = [lowest, highest];
  if (timer === null && listeners.size) beat();
}

/** Epoch milliseconds by the server's clock, or null before the first answer. */
export function now() {
  return low === -Infinity ? null : performance.now() + (low + high) / 2;
}

/** Epoch milliseconds of an RFC 3339 time, or null. */
export function instant(text) {
  const at = text ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : at;
}

function beat() {
  clearTimeout(timer);
  timer = null;
  const time = now();
  if (time === null) return;
  let next = 1000 - (time % 1000);
  for (const listener of listeners) {
    const deadline = listener(time);
    if (deadline > time) next = Math.min(next, deadline - time);
  }
  timer = setTimeout(beat, Math.max(next, 4));
}

/**
 * Calls `listener(now)` at every full second of the server, and also at the very instant that it returns
 * (epoch ms). Gives back the function that ends it.
 */
export function onBeat(listener) {
  listeners.add(listener);
  beat();
  return () => listeners.delete(listener);
}
