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

/**
 * The channels, and when their providers were last heard.
 *
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ data: Api.OwnChannel[], server_time: string }>}
 */
export const fetchChannels = (signal) => ask("GET", "channels", { signal });

/**
 * Says what the values of a template are called.
 *
 * @param {Api.Template} template
 * @param {string[]} labels in the order of the values
 * @returns {Promise<Api.Template>}
 */
export const labelTemplate = ({ name, channel, language }, labels) =>
  ask("PUT", `templates/${encodeURIComponent(name)}/labels`, { body: { channel, language, labels } });

/**
 * Copies the provider's list of templates.
 *
 * @param {string} channel
 * @param {{ app_id?: string, waba_id?: string }} owner whose list it is, where the channel does not say it
 * @returns {Promise<{ data: { name: string, language: string, status: string | null, reason: string | null }[] }>}
 */
export const syncTemplates = (channel, owner) => ask("POST", "templates/sync", { body: { channel, ...owner } });

/**
 * What an organization's software is told at an address of its own.
 *
 * @typedef {{ url: string, description: string, events: string[], channels: string[] | null }} WebhookSettings
 */

/** @param {string} id @param {string} [below] */
const webhookPath = (id, below = "") => `webhooks/${encodeURIComponent(id)}${below}`;

/**
 * @param {WebhookSettings} settings
 * @returns {Promise<Api.Webhook & { secret: string }>}
 */
export const createWebhook = (settings) => ask("POST", "webhooks", { body: settings });

/**
 * @param {string} id
 * @param {WebhookSettings | { status: "active" | "paused" }} change
 * @returns {Promise<Api.Webhook>}
 */
export const changeWebhook = (id, change) => ask("PATCH", webhookPath(id), { body: change });

/** @param {string} id */
export const deleteWebhook = (id) => ask("DELETE", webhookPath(id));

/**
 * Another secret; the one before stays valid for a day.
 *
 * @param {string} id
 * @returns {Promise<Api.Webhook & { secret: string }>}
 */
export const rotateWebhookSecret = (id) => ask("POST", webhookPath(id, "/rotate"));

/**
 * Calls the address now.
 *
 * @param {string} id
 * @returns {Promise<{ ok: boolean, status: number | null, answer: string | null, problem: string | null, took_ms: number }>}
 */
export const testWebhook = (id) => ask("POST", webhookPath(id, "/test"));

/**
 * Tells what happened since `from` once more; `next_from`: where to go on, if that was not all.
 *
 * @param {string} id
 * @param {string} from RFC 3339
 * @returns {Promise<{ queued: number, next_from: string | null }>}
 */
export const replayEvents = (id, from) => ask("POST", webhookPath(id, "/replay"), { body: { from } });

/**
 * The messages that opt a contact out, or in.
 *
 * @param {AbortSignal} [signal]
 * @returns {Promise<Api.Keywords>}
 */
export const fetchKeywords = (signal) => ask("GET", "keywords", { signal });

/**
 * Adds one, or takes one away.
 *
 * @param {"add" | "remove"} verb
 * @param {keyof Api.Keywords} list
 * @param {string} keyword
 * @returns {Promise<Api.Keywords>}
 */
export const changeKeyword = (verb, list, keyword) =>
  ask("PATCH", "keywords", { body: { [`${verb}_${list}_keywords`]: [keyword] } });

/**
 * What a message would do.
 *
 * @param {string} text
 * @returns {Promise<{ action: keyof Api.Keywords | null }>}
 */
export const tryKeyword = (text) => ask("POST", "keywords/try", { body: { text } });
