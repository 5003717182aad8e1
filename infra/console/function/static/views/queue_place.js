// @ts-check
// The place of the queue, below the list: where somebody is in it no row moves. Its code is fetched some seconds after
// the first view.

import { h } from "../components/dom.js";
import { loadPatiently } from "./later.js";

// What is shown first does not wait for it.
const FIRST_AFTER_MS = 4000;
const QUEUE_MODULES = [
  "components/closing_form",
  "components/notify_form",
  "data/notification_routes",
  "data/notifications",
  "data/notify_choice",
  "data/push",
  "views/queue",
];

/**
 * @param {Omit<Parameters<import("./queue.js")["queue"]>[0], "place" | "bellPlace">} options
 */
export function queuePlace(options) {
  const place = h("div", { class: "queue-place" });
  const bellPlace = h("div", { class: "bell-place" });
  let isAllowed = true;
  /** @type {ReturnType<import("./queue.js")["queue"]> | null} */
  let part = null;
  const ended = new AbortController();
  let isPressed = false;

  async function start() {
    if (!isAllowed) return;
    const of = {
      style: "queue",
      modules: QUEUE_MODULES,
      load: () => import("./queue.js").then(({ queue }) => queue),
    };
    const make = await loadPatiently(of, ended.signal);
    if (!make || ended.signal.aborted) return;
    part = make({ ...options, place, bellPlace });
    part.press(isPressed);
  }

  const starting = setTimeout(start, FIRST_AFTER_MS);
  return {
    element: place,
    bell: bellPlace,
    /** @param {boolean} hasInbox an API from before it knows no queue */
    allow(hasInbox) {
      isAllowed = hasInbox;
    },
    /** @param {boolean} value whether the list shows the queue */
    press(value) {
      isPressed = value;
      part?.press(value);
    },
    /** @param {Iterable<Console.Contact>} contacts as the list was told */
    heard: (contacts) => part?.heard(contacts),
    stop() {
      ended.abort();
      clearTimeout(starting);
      part?.stop();
    },
  };
}
