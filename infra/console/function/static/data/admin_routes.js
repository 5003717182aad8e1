// @ts-check
// The routes of the API that the administration uses. All of them throw as `ask` does.

import { ask } from "./api.js";

/**
 * Authentic events of a provider that were not understood, or could not be stored, newest first.
 *
 * @param {{ limit: number, cursor?: string }} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<Api.Page<Api.UnrecognizedEvent>>}
 */
export const fetchUnrecognized = (query, signal) => ask("GET", "unrecognized", { query, signal });

/**
 * A part of such an event's JSON.
 *
 * @param {string} id
 * @param {string} [cursor]
 * @returns {Promise<{ text: string, is_whole: boolean, next_cursor: string | null }>}
 */
export const fetchUnrecognizedText = (id, cursor) =>
  ask("GET", `unrecognized/${encodeURIComponent(id)}`, { query: { cursor } });
