// @ts-check
// The people of the organization, and who of them is answering somebody. Asked for once, when it is needed.

import { ask } from "./api.js";
import { epochMs } from "./clock.js";
import { signedInAs } from "./session.js";

const PAGE = 100;

/** @type {Map<string, Api.Member>} */
const known = new Map();
/** @type {Promise<Api.Member[]> | null} */
let asked = null;

/**
 * By name. An API without people has none.
 *
 * @returns {Promise<Api.Member[]>}
 */
export async function loadMembers() {
  asked ??= allMembers();
  try {
    const found = await asked;
    for (const member of found) known.set(member.email, member);
    return [...found].sort((a, b) => a.name.localeCompare(b.name));
  } catch {
    asked = null;
    return [];
  }
}

async function allMembers() {
  /** @type {Api.Member[]} */
  const found = [];
  /** @type {string | undefined} */
  let cursor;
  do {
    const answer = await ask("GET", "members", { query: { limit: PAGE, cursor } });
    found.push(...answer.data);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor);
  return found;
}

export function forgetMembers() {
  asked = null;
  known.clear();
}

/**
 * The name where it is known, else the first part of the address.
 *
 * @param {string} email
 */
export function memberName(email) {
  const { email: own, name } = signedInAs();
  if (email === own && name) return name;
  return known.get(email)?.name || email.replace(/@.*/, "").replace(/[._-]+/g, " ");
}

/**
 * The names of others who are writing an answer at this moment.
 *
 * @param {Api.Contact} contact
 * @param {number | null} now
 */
export function answeredBy({ answering }, now) {
  if (!answering || now === null) return [];
  const { email, name } = signedInAs();
  return [answering, ...(answering.others ?? [])]
    .filter(({ until }) => (epochMs(until) ?? 0) > now)
    .filter((writer) => (writer.email ? writer.email !== email : writer.name !== name))
    .map((writer) => writer.name);
}
