// @ts-check
// Importing people with what they agreed to. The same rows sent again change nothing.

import { ask, Problem, Unreachable } from "./api.js";

const PAUSES_MS = [1000, 2000, 4000];

/**
 * Repeats where there is no answer. Throws as `ask` does.
 *
 * @param {Api.PeopleImport} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<Api.PeopleReport>}
 */
export async function importPeople(body, signal) {
  for (let tried = 0; ; tried += 1) {
    try {
      return await ask("POST", "contacts/import", { body, signal });
    } catch (error) {
      const isPassing = error instanceof Unreachable || (error instanceof Problem && error.isOutOfOrder);
      if (!isPassing || tried === PAUSES_MS.length) throw error;
      await new Promise((done) => setTimeout(done, PAUSES_MS[tried]));
      signal?.throwIfAborted();
    }
  }
}
