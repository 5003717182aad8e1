// @ts-check
// The session: an API key or an ID token in sessionStorage, which is not shared with other tabs and ends with the tab.

import { useTimezone } from "../language/i18n.js";
import { useKey } from "./api.js";
import { fetchMe } from "./routes.js";

const STORED = "gate24.key";

/** @type {Api.Me | null} */
let me = null;

export const storedKey = () => sessionStorage.getItem(STORED);

/**
 * Starts a session. Throws as `ask` does; a Problem that is unauthorized means that the key is not valid.
 *
 * @param {string} key
 */
export async function signIn(key) {
  useKey(key);
  me = await fetchMe();
  useTimezone(me.organization.timezone);
  sessionStorage.setItem(STORED, key);
}

export function signOut() {
  sessionStorage.removeItem(STORED);
  history.replaceState(null, "", "#chats");
  useKey(null);
  me = null;
}

export const isSignedIn = () => me !== null;

/** Who is signed in. */
export function signedInAs() {
  if (!me) throw new Error("Nobody is signed in");
  return me;
}

export const organization = () => signedInAs().organization;
export const channels = () => signedInAs().channels;

/**
 * Whether the key may do this; admin may do everything.
 *
 * @param {Api.Scope} scope
 */
export const hasScope = (scope) => signedInAs().scopes.some((each) => each === scope || each === "admin");

const ROLES = ["agent", "supervisor", "admin"];

/**
 * Whether somebody with that role may do it. An API key has no role: its scopes alone say what it may.
 *
 * @param {Api.Role} least
 */
export function hasRole(least) {
  const { role } = signedInAs();
  return !role || ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/**
 * Another token for the same session.
 *
 * @param {string} key
 */
export function useRenewed(key) {
  useKey(key);
  sessionStorage.setItem(STORED, key);
}

/**
 * The business number, by which staff know a channel.
 *
 * @param {string} id
 */
export const channelName = (id) => channels().find((channel) => channel.id === id)?.business_number ?? id;

/**
 * How long before WhatsApp's own end the gate stops sending from a channel, in seconds; 0 where it does not.
 *
 * @param {string | null} id
 */
export const marginOf = (id) => channels().find((channel) => channel.id === id)?.margin_seconds ?? 0;
