// @ts-check
// What a conversation shows, in the order of time: messages, and what stands among them.

import { epochMs } from "./clock.js";

/** @typedef {{ id: string, at: string, element: HTMLElement }} Aside */

/**
 * @param {{ id: string, at: string }} a
 * @param {{ id: string, at: string }} b
 */
export const byTime = (a, b) => (epochMs(a.at) ?? 0) - (epochMs(b.at) ?? 0) || (a.id < b.id ? -1 : 1);

/**
 * @param {Api.Message[]} messages
 * @param {Aside[]} asides
 * @param {Api.Message | null} oldest before which asides wait for their messages; null where all are loaded
 */
export function timeline(messages, asides, oldest) {
  const from = epochMs(oldest?.at) ?? 0;
  return [...messages, ...asides.filter(({ at }) => (epochMs(at) ?? 0) >= from)].sort(byTime);
}
