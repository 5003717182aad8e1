// @ts-check
// Requests to the API. Answers contain personal data, so they are never cached (no-store).

import { learnServerTime } from "./clock.js";

// This file is served as <prefix>/console/<version>/data/api.js, and the API is at <prefix>/v1/.
const ROOT = new URL("../../../v1/", import.meta.url);
const TIMEOUT_MS = { read: 20_000, write: 35_000 };
const UPLOAD_TIMEOUT_MS = 180_000;

/** @type {string | null} */
let key = null;
let onRevoked = () => {};
let onReached = () => {};
let onUnreachable = () => {};

/** An error answer. `body` is the API's problem document, `retryAfter` is in seconds. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Api.Refusal | null} body
   * @param {number | null} retryAfter
   */
  constructor(status, body, retryAfter) {
    super(`${status} ${body?.code ?? ""}`);
    this.status = status;
    this.body = body ?? {};
    this.code = body?.code ?? null;
    this.retryAfter = retryAfter;
  }

  /** The key is not valid, or no longer. */
  get isUnauthorized() {
    return this.status === 401 || this.status === 403;
  }

  /** gate24 itself fails; any other server error is the BSP's. */
  get isOutOfOrder() {
    return this.status >= 500 && (this.code === null || this.code === "unavailable");
  }
}

/** No answer: it is unknown whether the server acted. */
export class Unreachable extends Error {}

/**
 * Where a route is, for use outside the console.
 *
 * @param {string} path
 */
export const addressOf = (path) => new URL(path, ROOT).href;

/** @param {string | null} value */
export function useKey(value) {
  key = value;
}

/** @param {{ onRevoked(): void, onReached(): void, onUnreachable(): void }} observers */
export function observe(observers) {
  ({ onRevoked, onReached, onUnreachable } = observers);
}

/**
 * @typedef {object} Options
 * @property {Record<string, string | number | boolean | undefined>} [query] undefined members are left out
 * @property {object} [body]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 * @property {string} [accept] another media type than JSON; the answer is a Blob
 * @property {(headers: Headers) => void} [onHeaders] hears those of an answer that is no error
 */

/**
 * Asks the API. Throws Problem (error answer), Unreachable (no answer) or AbortError (`signal`).
 *
 * @param {"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function ask(method, path, options = {}) {
  const usedKey = key;
  const askedAt = performance.now();
  const { response, content } = await exchange(method, path, options);
  const answer = options.accept && response.ok ? content : parsed(await content.text());
  if (answer?.server_time) learnServerTime(answer.server_time, askedAt, performance.now());
  if (response.ok) {
    onReached();
    options.onHeaders?.(response.headers);
    return answer;
  }
  const problem = new Problem(response.status, answer, Number(response.headers.get("retry-after")) || null);
  observeProblem(problem, method, usedKey);
  throw problem;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 */
async function exchange(method, path, { query = {}, body, headers = {}, signal, accept = "application/json" }) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  try {
    const response = await fetch(url, {
      method,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: withTimeout(signal, method === "GET" ? TIMEOUT_MS.read : TIMEOUT_MS.write),
      headers: {
        Authorization: `Bearer ${key}`,
        Accept: accept,
        ...(body ? { "Content-Type": "application/json" } : {}),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    return { response, content: await response.blob() };
  } catch (error) {
    if (signal?.aborted) throw error;
    onUnreachable();
    throw new Unreachable(String(error));
  }
}

/**
 * Uploads a form, and tells how far it is. Throws as `ask` does. `fetch` does not tell of progress.
 *
 * @param {string} path
 * @param {FormData} form
 * @param {(share: number) => void} onProgress of what is sent, from 0 to 1
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export async function upload(path, form, onProgress, signal) {
  const usedKey = key;
  const request = new XMLHttpRequest();
  signal.addEventListener("abort", () => request.abort());
  const isAnswered = await new Promise((done) => {
    request.open("POST", new URL(path, ROOT));
    request.setRequestHeader("Authorization", `Bearer ${key}`);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => done(true);
    request.onerror = request.onabort = request.ontimeout = () => done(false);
    request.timeout = UPLOAD_TIMEOUT_MS;
    request.send(form);
  });
  signal.throwIfAborted();
  if (!isAnswered) {
    onUnreachable();
    throw new Unreachable("upload");
  }
  const answer = parsed(request.responseText);
  if (request.status < 300) {
    onReached();
    return answer;
  }
  const problem = new Problem(request.status, answer, Number(request.getResponseHeader("retry-after")) || null);
  observeProblem(problem, "POST", usedKey);
  throw problem;
}

/**
 * @param {Problem} problem
 * @param {string} method
 * @param {string | null} usedKey
 */
function observeProblem(problem, method, usedKey) {
  // A 403 without a code comes from API Gateway's authorizer; one with a code is the gate's, about one contact.
  const isUnexplained = problem.status === 403 && problem.code === null;
  if (problem.status === 401 || (isUnexplained && method === "GET")) {
    if (usedKey === key) onRevoked();
  } else if (isUnexplained) {
    // The key is either revoked or read-only: a read request shows which.
    ask("GET", "me").catch(() => {});
  } else if (problem.isOutOfOrder) {
    onUnreachable();
  } else {
    onReached();
  }
}

/**
 * @param {AbortSignal | undefined} signal
 * @param {number} timeout
 */
function withTimeout(signal, timeout) {
  const limit = AbortSignal.timeout(timeout);
  return signal ? AbortSignal.any([signal, limit]) : limit;
}

/** @param {string} text */
function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
