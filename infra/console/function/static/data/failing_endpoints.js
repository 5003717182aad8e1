// @ts-check
// The organization's own addresses that have taken no event for days, and what that holds up.

import { Problem } from "./api.js";
import { fetchDeliveries, fetchWebhooks } from "./routes.js";

const COUNTED = 50;

/** @typedef {{ count: number, isMore: boolean }} Count `isMore`: there are more than `count` */
/** @typedef {{ webhook: Api.Webhook, waiting: Count, failed: Count }} FailingEndpoint */

/**
 * One that gate24 itself paused counts, too; one that the organization paused does not.
 *
 * @param {Api.Webhook} webhook
 */
const isFailing = ({ status, pause_reason: reason }) =>
  status === "failing" || (status === "paused" && reason !== null);

/**
 * @param {AbortSignal} signal
 * @returns {Promise<FailingEndpoint[]>}
 */
export const failingEndpoints = (signal) => countedWebhooks(signal, isFailing);

/**
 * The webhooks with what waits for them, and what could not be delivered.
 *
 * @param {AbortSignal} signal
 * @param {(webhook: Api.Webhook) => boolean} [isWanted] all, where it is left out
 * @returns {Promise<FailingEndpoint[]>}
 */
export async function countedWebhooks(signal, isWanted = () => true) {
  const { data } = await fetchWebhooks(signal);
  const found = [];
  for (const webhook of data.filter(isWanted)) {
    const waiting = await countOf(webhook, "pending", signal);
    found.push({ webhook, waiting, failed: await countOf(webhook, "failed", signal) });
  }
  return found;
}

/**
 * @param {Api.Webhook} webhook
 * @param {"pending" | "failed"} status
 * @param {AbortSignal} signal
 * @returns {Promise<Count>}
 */
async function countOf({ id }, status, signal) {
  try {
    const { data, next_cursor: cursor } = await fetchDeliveries(id, { status, limit: COUNTED }, signal);
    return { count: data.length, isMore: cursor !== null };
  } catch (error) {
    // The webhook was deleted just now.
    if (error instanceof Problem && error.status === 404) return { count: 0, isMore: false };
    throw error;
  }
}
