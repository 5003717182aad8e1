// An API key, kept for this tab and no longer: sessionStorage is not shared with other tabs and ends with the tab.

import { ask, useKey } from "./api.js";
import { useTimezone } from "./i18n.js";

const STORED = "gate24.key";
const EVERYTHING = ["read", "send", "admin"];

let me = null;

export const storedKey = () => sessionStorage.getItem(STORED);

/** Starts a session. Throws as `ask` does; a Problem of 401 or 403 means that the key is not valid. */
export async function signIn(key) {
  useKey(key);
  me = await whoAmI();
  useTimezone(me.organization.timezone);
  sessionStorage.setItem(STORED, key);
  return me;
}

async function whoAmI() {
  try {
    return await ask("GET", "me");
  } catch (error) {
    if (error.status !== 404) throw error;
    // An API without this route: whether the key is valid is asked elsewhere, and the server still decides on roles.
    await ask("GET", "contacts", { query: { limit: 1 } });
    return { organization: { id: "", name: "", timezone: undefined, currency: "USD" }, scopes: EVERYTHING, channels: [] };
  }
}

export function signOut() {
  sessionStorage.removeItem(STORED);
  history.replaceState(null, "", "#chats");
  useKey(null);
  me = null;
}

export const organization = () => me.organization;
export const channels = () => me?.channels ?? [];
export const may = (scope) => me.scopes.includes(scope);
/** How long before WhatsApp's own end the gate stops on a channel, in ms. */
export const marginOf = (id) => (channels().find((channel) => channel.id === id)?.margin_seconds ?? 0) * 1000;
export const signedIn = () => me !== null;

/** What a person calls a channel: its business number. */
export function channelName(id) {
  return channels().find((channel) => channel.id === id)?.business_number ?? id;
}
