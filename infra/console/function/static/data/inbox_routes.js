// @ts-check
// The routes by which an organization's people work together on a chat. All of them throw as `ask` does.

import { ask } from "./api.js";
import { contactPath } from "./routes.js";

/**
 * @param {string} phone
 * @returns {Promise<Api.Contact>}
 */
export const markRead = (phone) => ask("POST", contactPath(phone, "/read"));

/**
 * @param {string} phone
 * @param {string | null} assignee a member's e-mail address
 * @returns {Promise<Api.Contact>}
 */
export const assign = (phone, assignee) => ask("PUT", contactPath(phone, "/assignee"), { body: { assignee } });

/**
 * @param {string} phone
 * @param {string[]} labels all of them
 * @param {string[]} before those that are shown: what a colleague changed meanwhile stays so
 * @returns {Promise<Api.Contact>}
 */
export const putLabels = (phone, labels, before) =>
  ask("PUT", contactPath(phone, "/labels"), { body: { labels, instead_of: before } });

/**
 * @param {string} phone
 * @param {"open" | "done"} state
 * @returns {Promise<Api.Contact>}
 */
export const putState = (phone, state) => ask("PUT", contactPath(phone, "/state"), { body: { state } });

/**
 * Newest first.
 *
 * @param {string} phone
 * @returns {Promise<{ data: Api.Note[] }>}
 */
export const fetchNotes = (phone) => ask("GET", contactPath(phone, "/notes"));

/**
 * @param {string} phone
 * @param {string} text
 * @returns {Promise<Api.Note>}
 */
export const postNote = (phone, text) => ask("POST", contactPath(phone, "/notes"), { body: { text } });

/**
 * Tells colleagues for 20 seconds that an answer is being written.
 *
 * @param {string} phone
 * @returns {Promise<Api.Contact>}
 */
export const putAnswering = (phone) => ask("PUT", contactPath(phone, "/answering"), { body: {} });

/** @param {string} phone */
export const endAnswering = (phone) => ask("DELETE", contactPath(phone, "/answering"));

/** @returns {Promise<{ data: Api.QuickReply[] }>} */
export const fetchQuickReplies = () => ask("GET", "quick-replies");

/**
 * @param {Api.QuickReply[]} data all of them
 * @returns {Promise<{ data: Api.QuickReply[] }>}
 */
export const putQuickReplies = (data) => ask("PUT", "quick-replies", { body: { data } });
