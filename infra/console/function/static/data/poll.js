// @ts-check
// Polling: one request at a time however slow the link, less often while the page is hidden.

import { Problem, Unreachable } from "./api.js";

const HIDDEN_FACTOR = 10;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Runs `work` at once, and again `every` ms after it has ended; after failures the pause doubles. `now()` runs it
 * immediately, or right after the current run.
 *
 * @param {number} every
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
export function poll(every, work) {
  const ended = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let failures = 0;
  let running = false;
  let again = false;

  async function run() {
    clearTimeout(timer);
    if (ended.signal.aborted) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    try {
      await work(ended.signal);
      failures = 0;
    } catch (error) {
      failures += 1;
      const isExpected = ended.signal.aborted || error instanceof Problem || error instanceof Unreachable;
      if (!isExpected) console.error(error);
    } finally {
      running = false;
    }
    if (ended.signal.aborted) return;
    timer = setTimeout(run, again ? 0 : pause());
  }

  function pause() {
    const base = document.hidden ? every * HIDDEN_FACTOR : every;
    return Math.min(base * 2 ** failures, Math.max(LONGEST_PAUSE_MS, base));
  }

  const wake = () => {
    if (!document.hidden) run();
  };
  document.addEventListener("visibilitychange", wake, { signal: ended.signal });
  window.addEventListener("online", wake, { signal: ended.signal });
  run();
  return {
    now: run,
    stop() {
      clearTimeout(timer);
      ended.abort();
    },
  };
}
