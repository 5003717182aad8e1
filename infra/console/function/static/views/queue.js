// @ts-check
// Who waits for an answer that can be given for less than an hour: how many, one click away, and told of on the desktop.

import { h, replaceContent, setAttribute, setText } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { chooseNotifications } from "../components/notify_form.js";
import { onTick, serverNow } from "../data/clock.js";
import { isDue } from "../data/contact_filters.js";
import { identified } from "../data/contact_store.js";
import { notifications } from "../data/notifications.js";
import { maysNotify } from "../data/notify_choice.js";
import { poll } from "../data/poll.js";
import { isChosenHere, renewPush } from "../data/push.js";
import { fetchContacts } from "../data/routes.js";
import { number, t } from "../language/i18n.js";

const EVERY_MS = 10_000;
// The urgent ones come first: one page has them.
const PAGE = 50;

/**
 * @param {object} options
 * @param {HTMLElement} options.place
 * @param {HTMLElement} options.bellPlace
 * @param {() => void} options.onShow the list is to show the queue
 * @param {() => void} options.onHide
 * @param {(count: string) => void} options.onWaiting how many need an answer, as a number or "3+"; empty for nobody
 * @param {(phone: string) => void} options.onOpen
 */
export function queue({ place, bellPlace, onShow, onHide, onWaiting, onOpen }) {
  /** @type {Console.Contact[]} */
  let waiting = [];
  let isPressed = false;
  const words = h("span");
  const button = h(
    "button",
    { type: "button", class: "queue", "aria-pressed": "false", hidden: true, onclick },
    icon("warning"),
    words,
  );
  const bell = h(
    "button",
    {
      type: "button",
      class: "icon-button bell",
      "aria-label": t("notify.title"),
      title: t("notify.title"),
      onclick: onBell,
    },
    icon("bell"),
  );
  const told = notifications({ onOpen, onQueue: onShow });
  replaceContent(place, button);
  replaceContent(bellPlace, bell);

  function onclick() {
    if (isPressed) onHide();
    else onShow();
  }

  async function onBell() {
    if (await chooseNotifications()) told.look(waiting);
    drawBell();
  }

  async function drawBell() {
    setAttribute(bell, "data-on", maysNotify() || (await isChosenHere()));
  }

  /** @param {AbortSignal} signal */
  async function load(signal) {
    const answer = await fetchContacts({ filter: "needs_answer", limit: PAGE }, signal);
    waiting = answer.data.map(identified);
    const more = answer.next_cursor === null ? "" : "+";
    onWaiting(waiting.length ? `${number(waiting.length)}${more}` : "");
    told.look(waiting);
    draw(serverNow());
  }

  /** @param {number | null} now */
  function draw(now) {
    const count = waiting.filter((contact) => isDue(contact, now)).length;
    const more = count === PAGE ? "+" : "";
    setAttribute(button, "hidden", !count && !isPressed);
    setAttribute(button, "aria-pressed", String(isPressed));
    setText(words, t("queue.count", { count, shown: `${number(count)}${more}` }));
    return undefined;
  }

  // What cannot be renewed now is tried with the next sign-in.
  renewPush().catch(() => {});
  const polling = poll(EVERY_MS, load);
  const stopTicking = onTick(draw);
  drawBell();
  return {
    /** @param {boolean} value */
    press(value) {
      isPressed = value;
      draw(serverNow());
    },
    /** @param {Iterable<Console.Contact>} contacts as the list was told */
    heard: (contacts) => told.heard(contacts),
    stop() {
      polling.stop();
      stopTicking();
    },
  };
}
