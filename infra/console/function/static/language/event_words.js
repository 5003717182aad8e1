// @ts-check
// What an event of the organization's own software tells, in words.

import { t, wordsFor } from "./i18n.js";

export const EVERY = "*";

/** Everything that can be told, in the order of the form, with the keys of its words. @type {Record<string, string>} */
export const EVENTS = {
  "message.received": "message_received",
  "message.status": "message_status",
  "message.refused": "message_refused",
  "window.opened": "window_opened",
  "window.closing_soon": "window_closing_soon",
  "window.closed": "window_closed",
  "consent.changed": "consent_changed",
  "contact.changed": "contact_changed",
  "contact.erased": "contact_erased",
  "template.changed": "template_changed",
  "costs.stated": "costs_stated",
  "budget.reached": "budget_reached",
};

/** @param {string} event */
export const eventWords = (event) =>
  event === EVERY ? t("webhooks.everything") : wordsFor("event", EVENTS[event] ?? event);
