// Sending: one attempt has one Idempotency-Key for as long as it lives, so asking again can never send twice.

import { ask, Problem, Unreachable } from "./api.js";

const PAUSES = [1000, 2000, 4000];
const LONGEST_WAIT = 20;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A new attempt at sending `body` (a request of POST /v1/messages). */
export function attempt(body) {
  return { key: crypto.randomUUID(), body };
}

/**
 * Sends, asking again with the same key where no answer came or the first call is still under way.
 * `{ outcome: "sent", answer }`, `{ outcome: "refused" | "rejected" | "wait", problem }` (nothing was sent),
 * `{ outcome: "unknown", problem? }` (it may have been sent).
 */
export async function send({ key, body }) {
  for (let tried = 0; ; tried += 1) {
    try {
      const answer = await ask("POST", "messages", { body, headers: { "Idempotency-Key": key } });
      return { outcome: "sent", answer };
    } catch (error) {
      if (!(error instanceof Problem) && !(error instanceof Unreachable)) throw error;
      const again = error instanceof Unreachable || error.code === "request_in_progress" || (error.status >= 500 && (!error.code || error.code === "unavailable"));
      if (!again) return outcomeOf(error);
      if (tried === PAUSES.length) return { outcome: "unknown" };
      await sleep(error.retryAfter ? Math.min(error.retryAfter, LONGEST_WAIT) * 1000 : PAUSES[tried]);
    }
  }
}

function outcomeOf(problem) {
  if (problem.code === "bsp_outcome_unknown") return { outcome: "unknown", problem };
  if (problem.code === "throttled") return { outcome: "wait", problem };
  return { outcome: problem.code === "bsp_rejected" ? "rejected" : "refused", problem };
}

/** The dry run: `{ decision, code, cost, ... }`, or null where it cannot be had (then the gate itself decides). */
export async function check(body, signal) {
  try {
    return await ask("POST", "messages/check", { body, signal });
  } catch (error) {
    if (error instanceof Problem && error.status !== 404 && error.code) return { decision: "refuse", ...error.body };
    return null;
  }
}
