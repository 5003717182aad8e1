// @ts-check
// Shows that chats wait for an answer and close soon. A push has no content; the words are in this worker's address.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const words = new URL(worker.location.href).searchParams;
const CONSOLE = new URL("../console", worker.location.href).href;

worker.addEventListener("install", () => worker.skipWaiting());

worker.addEventListener("push", (event) => {
  const shown = { body: words.get("body") ?? "", icon: words.get("icon") ?? "", tag: "gate24-due" };
  event.waitUntil(worker.registration.showNotification(words.get("title") ?? "gate24", shown));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openWaiting());
});

/** A tab that is open shows those who wait; else a new one does. */
async function openWaiting() {
  const tabs = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const tab = tabs.find(({ url }) => url.startsWith(CONSOLE));
  if (!tab) return worker.clients.openWindow(`${CONSOLE}#waiting`);
  tab.postMessage("waiting");
  return tab.focus();
}
