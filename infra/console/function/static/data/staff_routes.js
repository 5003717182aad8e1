// @ts-check
// The routes of the API about an organization's people, keys, erasures and audit log. All of them throw as `ask` does.

import { ask } from "./api.js";

const PAGE = 100;

/**
 * All pages of a list that is not long.
 *
 * @param {string} path
 * @param {AbortSignal} signal
 * @returns {Promise<any[]>}
 */
async function everything(path, signal) {
  const found = [];
  /** @type {string | undefined} */
  let cursor;
  do {
    const answer = await ask("GET", path, { query: { limit: PAGE, cursor }, signal });
    found.push(...answer.data);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor);
  return found;
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Api.Member[]>}
 */
export const fetchMembers = (signal) => everything("members", signal);

/**
 * @param {string} email
 * @param {{ role: Api.Role, name?: string }} body
 */
export const putMember = (email, body) => ask("PUT", `members/${encodeURIComponent(email)}`, { body });

/** @param {string} email */
export const removeMember = (email) => ask("DELETE", `members/${encodeURIComponent(email)}`);

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Api.Key[]>}
 */
export const fetchKeys = (signal) => everything("keys", signal);

/**
 * @param {{ name: string, scopes: Api.Scope[], channels?: string[], expires_at?: string }} body
 * @returns {Promise<Api.NewKey>}
 */
export const makeKey = (body) => ask("POST", "keys", { body });

/**
 * @param {string} id
 * @param {number} hours for which the old secret is valid
 * @returns {Promise<Api.NewKey>}
 */
export const rotateKey = (id, hours) =>
  ask("POST", `keys/${encodeURIComponent(id)}/rotate`, { body: { grace_hours: hours } });

/** @param {string} id */
export const revokeKey = (id) => ask("DELETE", `keys/${encodeURIComponent(id)}`);

/**
 * Who changed what, newest first.
 *
 * @param {{ limit: number, cursor?: string, kind?: string, from?: string, to?: string }} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<Api.Page<Api.AuditEntry>>}
 */
export const fetchAuditLog = (query, signal) => ask("GET", "audit-log", { query, signal });

/**
 * Erasures of contacts, newest first.
 *
 * @param {{ limit: number, cursor?: string }} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<Api.Page<Api.ErasureRow>>}
 */
export const fetchErasures = (query, signal) => ask("GET", "erasures", { query, signal });
