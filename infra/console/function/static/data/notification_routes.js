// @ts-check
// How staff are told of chats that wait and close soon: a member's own choice, and what the organization has set.

import { ask } from "./api.js";

/** @returns {Promise<Api.MyNotifications>} */
export const fetchMyNotifications = () => ask("GET", "me/notifications");

/**
 * @param {{ mail: boolean, language: Api.WrittenLanguage }} choice
 * @returns {Promise<Api.MyNotifications>}
 */
export const putMyNotifications = (choice) => ask("PUT", "me/notifications", { body: choice });

/**
 * @param {string} endpoint of this browser at its push service
 * @param {boolean} push whether to be told there
 * @returns {Promise<Api.MyNotifications>}
 */
export const putMyPush = (endpoint, push) => ask("PUT", "me/push", { body: { endpoint, push } });

/**
 * @param {number | null} minutes before chats close; null for never
 * @returns {Promise<unknown>}
 */
export const putDigestMinutes = (minutes) => ask("PUT", "notifications", { body: { closing_digest_minutes: minutes } });
