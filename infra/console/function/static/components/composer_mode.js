// @ts-check
// What the composer is for a contact now: open, or shut for the reason that the server gives.

import { hasScope } from "../data/session.js";

/** @type {Record<Api.RefusalCode, Console.ComposerMode>} */
const SHUT_MODES = {
  blocked: "blocked",
  number_changed: "number_changed",
  not_supported_by_provider: "numberless",
  opted_out: "opted_out",
  not_opted_in: "no_consent",
  window_closed: "shut",
  marketing_stopped: "shut",
};

/**
 * @param {Api.Allowance} may
 * @returns {Console.ComposerMode}
 */
export function composerMode(may) {
  if (!hasScope("send")) return "reader";
  return may.freeform ? "open" : SHUT_MODES[may.code ?? "window_closed"];
}
