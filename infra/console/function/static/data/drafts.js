// @ts-check
// Drafts, by contact. They outlive a reload and signing out in localStorage, encrypted with a key that is derived from
// the signed-in person's own secret: whoever signs in otherwise on this device can neither read them nor tell of whom
// they are. Where the browser offers no encryption (no https), they are in memory alone.

const PREFIX = "gate24.draft.";
const KEPT_MS = 7 * 24 * 3_600_000;

/** @typedef {{ names: CryptoKey, texts: CryptoKey }} Keys */

/** @type {Map<string, string>} */
const drafts = new Map();
/** How often each was changed, so that the last change is the one that is stored. @type {Map<string, number>} */
const changes = new Map();
/** @type {string | null} */
let owner = null;
/** @type {Promise<Keys | null>} */
let keys = Promise.resolve(null);

const encoder = new TextEncoder();

/**
 * @param {string} secret that nobody else has who may sign in on this device
 */
export function openDrafts(secret) {
  if (secret === owner) return;
  closeDrafts();
  owner = secret;
  keys = keysOf(secret);
  dropOld();
}

export function closeDrafts() {
  owner = null;
  keys = Promise.resolve(null);
  drafts.clear();
}

/** Of what there are drafts beside that of a message, which stands under the number alone. */
const DRAFTED = /** @type {const} */ (["note", "consent", "template", "unanswered"]);

/**
 * Under what such a draft of a contact stands.
 *
 * @param {typeof DRAFTED[number]} what
 * @param {string} phone
 */
export const draftName = (what, phone) => `${what} ${phone}`;

/** @param {string} phone */
export function dropDrafts(phone) {
  for (const name of [phone, ...DRAFTED.map((what) => draftName(what, phone))]) keepDraft(name, "");
}

/**
 * The draft as far as it is in memory.
 *
 * @param {string} phone
 */
export const draftOf = (phone) => drafts.get(phone) ?? "";

/**
 * The draft that was stored; empty where there is none, or none for whoever is signed in.
 *
 * @param {string} phone
 */
export async function storedDraft(phone) {
  const opened = await keys;
  if (!opened || drafts.has(phone)) return draftOf(phone);
  const name = await nameOf(opened, phone);
  const stored = entryOf(localStorage.getItem(name));
  if (!stored) return "";
  try {
    const content = await crypto.subtle.decrypt(cipher(name, bytes(stored.iv)), opened.texts, bytes(stored.text));
    return new TextDecoder().decode(content);
  } catch {
    localStorage.removeItem(name);
    return "";
  }
}

/**
 * Keeps a draft for a week; an empty one is dropped.
 *
 * @param {string} phone
 * @param {string} text
 */
export async function keepDraft(phone, text) {
  drafts.set(phone, text);
  const change = (changes.get(phone) ?? 0) + 1;
  changes.set(phone, change);
  const opened = await keys;
  if (!opened) return;
  const name = await nameOf(opened, phone);
  const entry = text.trim() ? await sealed(opened, name, text) : null;
  if (changes.get(phone) !== change) return;
  try {
    if (entry) localStorage.setItem(name, entry);
    else localStorage.removeItem(name);
  } catch {
    // The browser's room is used up: the draft is kept in memory.
  }
}

/**
 * What is being sent is no draft: whoever leaves the chat and comes back is not offered it. Stored it stays until it is
 * known to be needed no more, and what is written meanwhile stays.
 *
 * @param {string} name
 * @param {() => Promise<boolean>} send resolves to true once it is no longer needed
 * @returns {Promise<boolean>}
 */
export async function withoutDraft(name, send) {
  const held = await storedDraft(name);
  drafts.set(name, "");
  let isDone = false;
  try {
    isDone = await send();
  } finally {
    if (!draftOf(name)) keepDraft(name, isDone ? "" : held);
  }
  return isDone;
}

/**
 * @param {Keys} opened
 * @param {string} name
 * @param {string} text
 */
async function sealed(opened, name, text) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const content = await crypto.subtle.encrypt(cipher(name, iv), opened.texts, encoder.encode(text));
  return JSON.stringify({ until: Date.now() + KEPT_MS, iv: base64(iv), text: base64(new Uint8Array(content)) });
}

/**
 * @param {string} secret
 * @returns {Promise<Keys | null>}
 */
async function keysOf(secret) {
  if (!globalThis.crypto?.subtle) return null;
  const from = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"]);
  /** @param {string} use */
  const hkdf = (use) => ({ name: "HKDF", hash: "SHA-256", salt: encoder.encode(PREFIX), info: encoder.encode(use) });
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  const aes = { name: "AES-GCM", length: 256 };
  const [names, texts] = await Promise.all([
    crypto.subtle.deriveKey(hkdf("names"), from, hmac, false, ["sign"]),
    crypto.subtle.deriveKey(hkdf("texts"), from, aes, false, ["encrypt", "decrypt"]),
  ]);
  return { names, texts };
}

/**
 * @param {Keys} opened
 * @param {string} phone
 */
async function nameOf(opened, phone) {
  const digest = await crypto.subtle.sign("HMAC", opened.names, encoder.encode(phone));
  return PREFIX + base64(new Uint8Array(digest));
}

/**
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} iv
 */
const cipher = (name, iv) => ({ name: "AES-GCM", iv, additionalData: encoder.encode(name) });

/**
 * Null where it is over.
 *
 * @param {string | null} value
 * @returns {{ until: number, iv: string, text: string } | null}
 */
function entryOf(value) {
  try {
    const entry = JSON.parse(value ?? "null");
    return entry?.until > Date.now() ? entry : null;
  } catch {
    return null;
  }
}

/** Everybody's whose time is over. */
function dropOld() {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX) && !entryOf(localStorage.getItem(name))) localStorage.removeItem(name);
  }
}

/** @param {Uint8Array} content */
const base64 = (content) => btoa(String.fromCharCode(...content));

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
