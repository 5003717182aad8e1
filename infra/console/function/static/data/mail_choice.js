// @ts-check
// Mails of chats that wait and close soon: a member's own choice, and what the organization has set.

import { ask } from "./api.js";

/** @returns {Promise<Api.MyNotifications>} */
export const fetchMyNotifications = () => ask("GET", "me/notifications");

/**
 * @param {{ mail: boolean, language: Api.WrittenLanguage }} choice
 * @returns {Promise<Api.MyNotifications>}
 */
export const putMyNotifications = (choice) => ask("PUT", "me/notifications", { body: choice });

/**
 * @param {number | null} minutes before chats close; null for no mails
 * @returns {Promise<unknown>}
 */
export const putDigestMinutes = (minutes) => ask("PUT", "notifications", { body: { closing_digest_minutes: minutes } });
