// @ts-check
// Whether a number that somebody typed is known, and whether it may be written to at all.

import { Problem } from "./api.js";
import { fetchContact } from "./routes.js";
import { dryRun } from "./sending.js";

const FULL_NUMBER = /^(?:\+|00)?[\d\s().\-/]{8,24}$/;

/** Codes with which somebody unknown is met: a consent, recorded now, lets a template be sent. */
const UNTIL_AGREED = new Set(["not_opted_in", "opted_out", "window_closed"]);

/**
 * @typedef {{ is: "known", phone: string }
 *   | { is: "new", phone: string }
 *   | { is: "refused", refusal: Api.Refusal }} Found
 */

/**
 * Whether a search is for somebody's whole number, so that nobody found may be written to.
 *
 * @param {string} text
 */
export const isFullNumber = (text) => FULL_NUMBER.test(text.trim()) && text.replace(/\D/g, "").length >= 8;

/**
 * Asks the server what a number means. One that is written as inside the country of the organization's own number is
 * that number. Throws as `ask` does where there is no answer.
 *
 * @param {string} written
 * @param {string | undefined} channel
 * @returns {Promise<Found>}
 */
export async function lookUp(written, channel) {
  try {
    const { phone } = await fetchContact(written);
    return { is: "known", phone: phone ?? written };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { suggestion } = error.body;
    if (suggestion && suggestion !== written) return lookUp(suggestion, channel);
    if (error.code !== "not_found") {
      if (error.code) return { is: "refused", refusal: error.body };
      throw error;
    }
  }
  return mayBecomeKnown(written, channel);
}

/**
 * The gate's own word on somebody who is not there yet: whether the number exists, and whether something stands
 * against it that outlived an erasure.
 *
 * @param {string} written
 * @param {string | undefined} channel
 * @returns {Promise<Found>}
 */
async function mayBecomeKnown(written, channel) {
  const phone = `+${written.replace(/\D/g, "").replace(/^00/, "")}`;
  const asked = await dryRun({ to: phone, channel, type: "text", text: { body: "." } }, new AbortController().signal);
  if (!asked) throw new Error("No answer");
  const isOpen = asked.decision === "allow" || UNTIL_AGREED.has(asked.code ?? "");
  return isOpen ? { is: "new", phone } : { is: "refused", refusal: asked };
}
