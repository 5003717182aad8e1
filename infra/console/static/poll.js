// Asking again and again: one request at a time however slow the link, more seldom when nobody looks.

const HIDDEN_FACTOR = 10;
const LONGEST = 30_000;

/**
 * Runs `work(signal)` now and then every `every` ms after it has ended; after failures the pause doubles.
 * Returns `{ now(), stop() }`: `now()` asks at once, or right after what is under way.
 */
export function poll(every, work) {
  const ended = new AbortController();
  let failures = 0;
  let timer = null;
  let running = false;
  let again = false;

  async function turn() {
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
      if (ended.signal.aborted) return;
      failures += 1;
      if (!("status" in error) && error.name === "TypeError") console.error(error);
    } finally {
      running = false;
    }
    if (ended.signal.aborted) return;
    timer = setTimeout(turn, again ? 0 : pause());
  }

  function pause() {
    const base = document.hidden ? every * HIDDEN_FACTOR : every;
    return Math.min(base * 2 ** failures, Math.max(LONGEST, base));
  }

  const wake = () => document.hidden || turn();
  document.addEventListener("visibilitychange", wake, { signal: ended.signal });
  window.addEventListener("online", wake, { signal: ended.signal });
  turn();
  return { now: turn, stop: () => (clearTimeout(timer), ended.abort()) };
}
