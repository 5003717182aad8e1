// @ts-check
// Every route of the API that the console uses. All of them throw as `ask` does.

import { ask, upload } from "./api.js";

/**
 * The phone number is one path segment, with its plus sign escaped.
 *
 * @param {string} phone
 * @param {string} [below]
 */
export const contactPath = (phone, below = "") => `contacts/${encodeURIComponent(phone)}${below}`;

/** @returns {Promise<Api.Me>} */
export const fetchMe = () => ask("GET", "me");

/**
 * @param {Api.ContactQuery} query
 * @param {AbortSignal} signal
 * @returns {Promise<Api.ContactPage>}
 */
export const fetchContacts = (query, signal) => ask("GET", "contacts", { query: { ...query }, signal });

/**
 * @param {string} phone
 * @param {AbortSignal} [signal]
 * @returns {Promise<Api.Contact>}
 */
export const fetchContact = (phone, signal) => ask("GET", contactPath(phone), { signal });

/**
 * @param {string} phone
 * @param {{ limit: number, cursor?: string }} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<Api.Page<Api.Message>>}
 */
export const fetchMessages = (phone, query, signal) => ask("GET", contactPath(phone, "/messages"), { query, signal });

/**
 * @param {string} id
 * @returns {Promise<Api.Message>}
 */
export const fetchMessage = (id) => ask("GET", `messages/${encodeURIComponent(id)}`);

/**
 * Where the file of a message is, for some minutes.
 *
 * @param {string} id
 * @returns {Promise<{ url: string, mime_type?: string }>}
 */
export const fetchMediaAddress = (id) => ask("GET", `media/${encodeURIComponent(id)}`, { query: { redirect: false } });

/**
 * The newest entries of the history of consents and blocks.
 *
 * @param {string} phone
 * @param {number} limit
 * @returns {Promise<Api.Page<Api.ConsentEntry>>}
 */
export const fetchConsents = (phone, limit) => ask("GET", contactPath(phone, "/consents"), { query: { limit } });

/**
 * What the organization's people did about the contact, newest first.
 *
 * @param {string} phone
 * @returns {Promise<{ data: Api.ContactAction[] }>}
 */
export const fetchActions = (phone) => ask("GET", contactPath(phone, "/actions"));

/**
 * @param {string} phone
 * @param {"opt_in" | "opt_out"} action
 * @param {string} evidence
 */
export const recordConsent = (phone, action, evidence) =>
  ask("POST", contactPath(phone, "/consents"), { body: { action, source: "console", evidence } });

/**
 * @param {string} phone
 * @param {string} reason may be empty
 */
export const blockContact = (phone, reason) =>
  ask("PUT", contactPath(phone, "/block"), { body: reason ? { reason } : {} });

/** @param {string} phone */
export const unblockContact = (phone) => ask("DELETE", contactPath(phone, "/block"));

/** @param {string} phone */
export const eraseContact = (phone) => ask("DELETE", contactPath(phone));

/**
 * @param {{ limit: number, cursor?: string }} query
 * @returns {Promise<Api.Page<Api.Template>>}
 */
export const fetchTemplates = (query) => ask("GET", "templates", { query });

/**
 * @param {Api.SendRequest} body
 * @param {string} idempotencyKey
 * @returns {Promise<Api.SendAnswer>}
 */
export const postMessage = (body, idempotencyKey) =>
  ask("POST", "messages", { body, headers: { "Idempotency-Key": idempotencyKey } });

/**
 * @param {Api.SendRequest} body
 * @param {AbortSignal} signal
 * @returns {Promise<Api.CheckAnswer>}
 */
export const checkMessage = (body, signal) => ask("POST", "messages/check", { body, signal });

/**
 * Days or months: `from` and `to` are "YYYY-MM-DD" or "YYYY-MM".
 *
 * @template {"daily" | "monthly"} Unit
 * @param {Unit} unit
 * @param {{ from: string, to: string, cursor?: string }} query
 * @param {AbortSignal} signal
 * @returns {Promise<Api.Page<Unit extends "daily" ? Api.DailyCost : Api.MonthlyCost>>}
 */
export const fetchCosts = (unit, query, signal) => ask("GET", `costs/${unit}`, { query, signal });

/**
 * A day as its messages are now; today, unless it is named.
 *
 * @param {string} day YYYY-MM-DD
 * @param {AbortSignal} signal
 * @returns {Promise<Api.LiveCost>}
 */
export const fetchLiveCosts = (day, signal) => ask("GET", "costs/live", { query: { day }, signal });

/**
 * @param {Api.CostFilter & { day: string, limit: number, cursor?: string }} query
 * @param {AbortSignal} signal
 * @returns {Promise<Api.Page<Api.CostMessage>>}
 */
export const fetchCostMessages = (query, signal) => ask("GET", "costs/messages", { query: { ...query }, signal });

/**
 * @param {"daily" | "monthly" | "reconciliation"} what
 * @param {{ from: string, to: string, cursor?: string }} query
 * @param {(headers: Headers) => void} [onHeaders]
 * @returns {Promise<Blob>}
 */
export const fetchCostsCsv = (what, query, onHeaders) =>
  ask("GET", `costs/${what}`, { query, accept: "text/csv", onHeaders });

/**
 * A workbook for Excel, LibreOffice and the like.
 *
 * @param {"daily" | "monthly"} unit
 * @param {{ from: string, to: string }} query
 * @returns {Promise<Blob>}
 */
export const fetchCostsWorkbook = (unit, query) =>
  ask("GET", `costs/${unit}`, {
    query,
    accept: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  });

/**
 * A month's costs as a page to be printed, HTML.
 *
 * @param {{ month: string, language: string }} query
 * @returns {Promise<Blob>}
 */
export const fetchCostsReport = (query) => ask("GET", "costs/report", { query, accept: "text/html" });

/**
 * @param {string | undefined} month "YYYY-MM"; without it, this one
 * @param {AbortSignal} signal
 * @returns {Promise<Api.BudgetMonth>}
 */
export const fetchBudgets = (month, signal) => ask("GET", "costs/budget", { query: { month }, signal });

/**
 * @param {AbortSignal} signal
 * @returns {Promise<{ rate_cards: Api.RateCard[] }>}
 */
export const fetchRateCards = (signal) => ask("GET", "costs/rate-cards", { signal });

/**
 * @param {Console.Days & { card: string, cursor?: string }} query
 * @param {AbortSignal} signal
 * @returns {Promise<Api.WhatIf>}
 */
export const fetchWhatIf = (query, signal) => ask("GET", "costs/what-if", { query, signal });

/**
 * @param {Console.Days & { class: string, limit: number, cursor?: string }} query
 * @param {AbortSignal} signal
 * @returns {Promise<Api.BillPage>}
 */
export const fetchBill = (query, signal) => ask("GET", "costs/reconciliation", { query, signal });

/**
 * All of them: an organization has few.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<Api.Page<Api.Webhook>>}
 */
export const fetchWebhooks = (signal) => ask("GET", "webhooks", { signal });

/**
 * What became of the events for a webhook.
 *
 * @param {string} id
 * @param {{ status: "pending" | "failed", limit: number }} query
 * @param {AbortSignal} signal
 * @returns {Promise<Api.Page<Api.WebhookDelivery>>}
 */
export const fetchDeliveries = (id, query, signal) =>
  ask("GET", `webhooks/${encodeURIComponent(id)}/deliveries`, { query, signal });

/**
 * A file for a channel, to be sent by its id.
 *
 * @param {File} file
 * @param {string | null} channel
 * @param {(share: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<{ id: string, size_bytes: number }>}
 */
export function uploadMedia(file, channel, onProgress, signal) {
  const form = new FormData();
  if (channel) form.append("channel", channel);
  form.append("file", file, file.name);
  return upload("media", form, onProgress, signal);
}
