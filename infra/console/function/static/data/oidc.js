// @ts-check
// Signing in at the organization's issuer: the code flow with PKCE (OpenID Connect Core 1.0; RFC 7636), for this tab only.

const { oidcIssuer: ISSUER = "", oidcClient: CLIENT_ID = "" } = document.documentElement.dataset;
const BEGUN = "gate24.signin";
const TOKENS = "gate24.tokens";
const LEFT = "gate24.left";
const TIMEOUT_MS = 15_000;
/** So long before its end a token is renewed, or after half its time. */
const RENEWED_BEFORE_MS = 120_000;

// This file is served as <prefix>/console/<version>/data/oidc.js. The issuer knows the console by this address.
const HOME = new URL("../../", import.meta.url).href.replace(/\/$/, "");

/** The issuer or the person said no, or what came back is not what was asked for. */
class SignInFailed extends Error {}

export const hasIssuer = () => ISSUER !== "";

/** Leaves the page for the issuer's. Throws where it cannot be asked. */
export async function beginSignIn() {
  const issuer = await asJson(`${ISSUER.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const verifier = random();
  const state = random();
  sessionStorage.setItem(BEGUN, JSON.stringify({ state, verifier, endpoint: issuer.token_endpoint }));
  const address = new URL(issuer.authorization_endpoint);
  const offline = issuer.scopes_supported?.includes("offline_access") ? " offline_access" : "";
  const asked = {
    client_id: CLIENT_ID,
    redirect_uri: HOME,
    response_type: "code",
    scope: `openid email profile${offline}`,
    state,
    code_challenge: encoded(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))),
    code_challenge_method: "S256",
    // Whoever signed out here is asked again, since the next one at this computer may be somebody else.
    ...(sessionStorage.getItem(LEFT) ? { prompt: "login" } : {}),
  };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  location.assign(address);
}

/** What the issuer sent back with, taken out of the address; null where it did not. */
export function takeAnswer() {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("error") && !(answer.has("code") && answer.has("state"))) return null;
  history.replaceState(null, "", location.pathname);
  return answer;
}

/**
 * The ID token. Throws SignInFailed.
 *
 * @param {URLSearchParams} answer
 * @returns {Promise<string>}
 */
export async function finishSignIn(answer) {
  const begun = JSON.parse(sessionStorage.getItem(BEGUN) ?? "{}");
  sessionStorage.removeItem(BEGUN);
  const code = answer.get("code");
  if (!code || !begun.state || answer.get("state") !== begun.state) throw new SignInFailed("state");
  const token = await exchange(begun.endpoint, {
    grant_type: "authorization_code",
    code,
    redirect_uri: HOME,
    code_verifier: begun.verifier,
  });
  sessionStorage.removeItem(LEFT);
  return token;
}

/**
 * The address for which a token speaks, to say whom gate24 does not know.
 *
 * @param {string} token
 * @returns {string}
 */
export const emailOf = (token) => claimsOf(token).email ?? "";

/** Whether the token's time is over, so that signing in again is all there is to do. */
export const hasExpired = () => (kept()?.endsAt ?? Infinity) <= Date.now();

export function forgetTokens() {
  // With an API key nobody has signed in at the issuer, and nothing stays in the tab.
  if (sessionStorage.getItem(TOKENS)) sessionStorage.setItem(LEFT, "1");
  sessionStorage.removeItem(TOKENS);
}

/**
 * Renews the token before its time is over, where the issuer gives out what that takes, and tells when it is over.
 *
 * @param {{ onRenewed(token: string): void, onExpired(): void }} observers
 * @returns {() => void} ends it
 */
export function keepSignedIn({ onRenewed, onExpired }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isOver = false;

  function wait() {
    const tokens = kept();
    if (!tokens || isOver) return;
    const left = tokens.endsAt - Date.now();
    const before = Math.min(RENEWED_BEFORE_MS, tokens.lasts / 2);
    if (tokens.refresh && left > before) timer = setTimeout(renew, left - before);
    else timer = setTimeout(onExpired, Math.max(left, 0));
  }

  async function renew() {
    const tokens = kept();
    if (!tokens?.refresh) return;
    try {
      const token = await exchange(tokens.endpoint, { grant_type: "refresh_token", refresh_token: tokens.refresh });
      if (!isOver) onRenewed(token);
    } catch {
      sessionStorage.setItem(TOKENS, JSON.stringify({ ...tokens, refresh: null }));
    }
    wait();
  }

  wait();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** @returns {{ endsAt: number, lasts: number, refresh: string | null, endpoint: string } | null} times in ms */
const kept = () => JSON.parse(sessionStorage.getItem(TOKENS) ?? "null");

/**
 * @param {string} endpoint
 * @param {Record<string, string>} fields
 * @returns {Promise<string>}
 */
async function exchange(endpoint, fields) {
  const body = new URLSearchParams({ ...fields, client_id: CLIENT_ID });
  const answer = await asJson(endpoint, { method: "POST", body });
  if (!answer.id_token) throw new SignInFailed("no token");
  const { exp, iat } = claimsOf(answer.id_token);
  const lasts = (exp - iat) * 1000; // by the issuer's clock alone: this one may be wrong
  const refresh = answer.refresh_token ?? fields.refresh_token ?? null;
  sessionStorage.setItem(TOKENS, JSON.stringify({ endsAt: Date.now() + lasts, lasts, refresh, endpoint }));
  return answer.id_token;
}

/**
 * @param {string} address
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
async function asJson(address, options = {}) {
  const limited = { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(TIMEOUT_MS), ...options };
  const response = await fetch(address, /** @type {RequestInit} */ (limited));
  if (!response.ok) throw new SignInFailed(String(response.status));
  return response.json();
}

/** @param {string} token */
function claimsOf(token) {
  const text = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
}

const random = () => encoded(crypto.getRandomValues(new Uint8Array(32)).buffer);

/** @param {ArrayBuffer} bytes */
const encoded = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
