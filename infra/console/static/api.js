// The one way to the API. Answers are kept in memory only (no-store): they are about people.

import { learn, now } from "./clock.js";

// This file is served as <prefix>/console/<version>/api.js, and the API is at <prefix>/v1/.
const ROOT = new URL("../../v1/", import.meta.url);
const PATIENCE = { read: 20_000, write: 35_000 };
const KEPT_ANSWERS = 40;

// A server error with one of these codes, or none, is of gate24 itself; with another it is of the BSP.
const OUT_OF_ORDER = new Set(["unavailable", undefined]);

const etags = new Map();
let key = null;
let onRevoked = () => {};
let onReached = () => {};
let onUnreached = () => {};

/** An answer that says no. `code` and the other members are those of the API's problem document. */
export class Problem extends Error {
  constructor(status, body, retryAfter = null) {
    super(`${status} ${body?.code ?? ""}`);
    Object.assign(this, { status, body: body ?? {}, code: body?.code ?? null, retryAfter });
  }
}

/** No answer came: it is not known whether the server acted. */
export class Unreachable extends Error {}

export function useKey(value) {
  key = value;
  etags.clear();
}

export function observe(observers) {
  ({ onRevoked, onReached, onUnreached } = observers);
}

/**
 * Asks the API. `query` may hold undefined members, which are left out.
 * Throws Problem (the server said no), Unreachable (no answer) or AbortError (`signal`).
 */
export async function ask(method, path, { query = {}, body, headers = {}, signal, csv = false } = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  const reading = method === "GET" && !csv;
  const remembered = reading ? etags.get(url.href) : undefined;
  const usedKey = key;
  const askedAt = performance.now();
  let response;
  let text;
  try {
    response = await fetch(url, {
      method,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: bounded(signal, method === "GET" ? PATIENCE.read : PATIENCE.write),
      headers: {
        Authorization: `Bearer ${key}`,
        Accept: csv ? "text/csv" : "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(remembered ? { "If-None-Match": remembered.etag } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    onUnreached();
    throw new Unreachable(error.message);
  }
  if (response.status === 304 && remembered) {
    onReached();
    return remembered.answer;
  }
  const answer = csv && response.ok ? text : parsed(text);
  // Where no time stands in the answer, that of its header is better than none.
  const serverTime = answer?.server_time ?? (now() === null ? response.headers.get("date") : null);
  if (serverTime) learn(serverTime, askedAt, performance.now());
  if (response.ok) {
    onReached();
    if (reading && response.headers.get("etag")) remember(url.href, response.headers.get("etag"), answer);
    return answer;
  }
  // API Gateway's authorizer answers with a body of its own; a 403 with a code is the gate's, about one contact.
  const unexplained = response.status === 403 && !answer?.code;
  if (response.status === 401 || (unexplained && method === "GET")) {
    if (usedKey === key) onRevoked();
  } else if (unexplained) {
    // Either the key is revoked or it may only read: reading tells which.
    ask("GET", "me").catch(() => {});
  } else if (response.status >= 500 && OUT_OF_ORDER.has(answer?.code)) {
    onUnreached();
  } else {
    onReached();
  }
  throw new Problem(response.status, answer, Number(response.headers.get("retry-after")) || null);
}

function bounded(signal, patience) {
  const limit = AbortSignal.timeout(patience);
  return signal ? AbortSignal.any([signal, limit]) : limit;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function remember(href, etag, answer) {
  etags.delete(href);
  etags.set(href, { etag, answer });
  if (etags.size > KEPT_ANSWERS) etags.delete(etags.keys().next().value);
}

/** The path of a contact: the number is one path segment, its plus sign escaped. */
export function contactPath(phone, below = "") {
  return `contacts/${encodeURIComponent(phone)}${below}`;
}
