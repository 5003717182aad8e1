// @ts-check
// Web Push: the browser's own service tells a worker that chats wait and close soon, also while gate24 is closed.

import { t } from "../language/i18n.js";
import { fetchMyNotifications, putMyPush } from "./notification_routes.js";
import { endPush, keepPushedFor, pushedFor, subscription, WORKER } from "./push_choice.js";
import { signedInAs } from "./session.js";

const NAME_DIGITS = 32;
const ICON = new URL("../icon.svg", import.meta.url).href;

/** The browser's push service could not be asked, or said no. */
export class NotPushed extends Error {}

/** Whether the browser knows it at all; without https none does. */
export const canPush = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/**
 * Whether the caller is told in this browser.
 *
 * @param {Api.MyNotifications} my
 */
export async function isPushedHere(my) {
  if (!canPush()) return false;
  const endpoint = (await subscription())?.endpoint;
  return endpoint !== undefined && my.push_devices.includes(await digest(endpoint));
}

/**
 * From now on the caller is told here. The browser has given its permission. Throws NotPushed, or as `ask` does.
 *
 * @param {string} key what the API's pushes are signed with
 */
export async function pushHere(key) {
  const who = await digest(signedInAs().email ?? "");
  // What another one had chosen here would be told on.
  if (pushedFor() !== who) await endPush();
  await putMyPush(await subscribe(key), true);
  keepPushedFor(who);
}

export async function pushHereNoMore() {
  const endpoint = (await subscription())?.endpoint;
  if (endpoint !== undefined) await putMyPush(endpoint, false);
  await endPush();
}

/** Whether it is the caller who has chosen to be told here. */
export const isChosenHere = async () =>
  pushedFor() !== null && canPush() && pushedFor() === (await digest(signedInAs().email ?? ""));

/** What the caller has chosen here goes on: browsers change their address, and people their language. */
export async function renewPush() {
  if (!(await isChosenHere()) || Notification.permission !== "granted") return;
  const my = await fetchMyNotifications();
  if (my.push_key === null) return;
  const isSaid = (await navigator.serviceWorker.getRegistration(WORKER))?.active?.scriptURL === worker();
  const isSigned = keyOf(await subscription()) === my.push_key;
  if (!isSaid || !isSigned || !(await isPushedHere(my))) await pushHere(my.push_key);
}

/** @param {string} key */
async function subscribe(key) {
  try {
    const registration = await navigator.serviceWorker.register(worker());
    await active(registration);
    const before = await registration.pushManager.getSubscription();
    if (before && keyOf(before) !== key) await before.unsubscribe();
    const asked = { userVisibleOnly: true, applicationServerKey: key };
    return (await registration.pushManager.subscribe(asked)).endpoint;
  } catch {
    throw new NotPushed();
  }
}

/** @param {ServiceWorkerRegistration} registration */
function active(registration) {
  const starting = registration.installing ?? registration.waiting;
  if (!starting) return undefined;
  return new Promise((done) => {
    starting.addEventListener("statechange", () => {
      if (starting.state === "activated" || starting.state === "redundant") done(undefined);
    });
  });
}

/** The worker with the words that it shows: it has no others. */
function worker() {
  const address = new URL(WORKER);
  address.search = new URLSearchParams({ title: t("push.title"), body: t("push.body"), icon: ICON }).toString();
  return address.href;
}

/** @param {PushSubscription | null} found */
function keyOf(found) {
  const key = found?.options.applicationServerKey;
  if (!key) return null;
  const text = btoa(String.fromCharCode(...new Uint8Array(key)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text */
async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .slice(0, NAME_DIGITS);
}
