// @ts-check
// Sending. An attempt keeps its Idempotency-Key, so repeating it never sends twice.

import { Problem, Unreachable } from "./api.js";
import { checkMessage, postMessage } from "./routes.js";

const PAUSES_MS = [1000, 2000, 4000];
const LONGEST_WAIT_SECONDS = 20;

/** @param {number} ms */
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * A new attempt at sending a request of POST /v1/messages.
 *
 * @param {Api.SendRequest} request
 * @returns {Console.Attempt}
 */
export const newAttempt = (request) => ({ key: crypto.randomUUID(), request });

/**
 * @typedef {{ outcome: "sent", answer: Api.SendAnswer }
 *   | { outcome: "not_sent", problem: Problem }
 *   | { outcome: "unknown", problem: Problem | null }} SendResult
 */

/**
 * Sends, and repeats with the same key where there is no answer or the first request is still in progress. An unknown
 * outcome without a problem means that the server never answered.
 *
 * @param {Console.Attempt} attempt
 * @returns {Promise<SendResult>}
 */
export async function send({ key, request }) {
  for (let tried = 0; ; tried += 1) {
    try {
      return { outcome: "sent", answer: await postMessage(request, key) };
    } catch (error) {
      if (!(error instanceof Problem) && !(error instanceof Unreachable)) throw error;
      const problem = error instanceof Problem ? error : null;
      if (problem && problem.code !== "request_in_progress" && !problem.isOutOfOrder) {
        return { outcome: problem.code === "bsp_outcome_unknown" ? "unknown" : "not_sent", problem };
      }
      if (tried === PAUSES_MS.length) return { outcome: "unknown", problem: null };
      const asked = problem?.retryAfter;
      await sleep(asked ? Math.min(asked, LONGEST_WAIT_SECONDS) * 1000 : PAUSES_MS[tried]);
    }
  }
}

/**
 * Asks what sending would do and cost. Null if there is no answer; sending then shows what the gate decides.
 *
 * @param {Api.SendRequest} request
 * @param {AbortSignal} signal
 * @returns {Promise<Api.CheckAnswer | null>}
 */
export async function dryRun(request, signal) {
  try {
    return await checkMessage(request, signal);
  } catch (error) {
    if (error instanceof Problem && error.code) return { ...error.body, decision: "refuse" };
    return null;
  }
}
