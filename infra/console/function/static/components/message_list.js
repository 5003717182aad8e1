// @ts-check
// The messages of a conversation, newest at the bottom, older ones on demand. Only changed messages are redrawn.

import { epochMs } from "../data/clock.js";
import { fetchMessage, fetchMessages } from "../data/routes.js";
import { bodyOf, ensureBodies } from "../data/templates.js";
import { dayName, localDay, t } from "../language/i18n.js";
import { announce } from "./announcer.js";
import { h, replaceContent, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { messageElement, signature } from "./message.js";

const PAGE = 40;
const NEAR_END_PX = 80;

/**
 * `attempts` is the place for sends that got no answer.
 *
 * @param {Console.Contact} start
 */
export function messageList(start) {
  let contact = start;
  /** @type {Map<string, Api.Message>} */
  const messages = new Map();
  /** Messages whose whole text was asked for, in place of the cut ones. @type {Map<string, Api.Message>} */
  const whole = new Map();
  /** @type {Map<string, { element: HTMLElement, signature: string }>} */
  const drawn = new Map();
  /** @type {Map<string, HTMLElement>} */
  const separators = new Map();
  /** Undefined before the first page, null after the last. @type {string | null | undefined} */
  let cursor;
  let isLoadingOlder = false;
  let followsEnd = true;

  const list = h("ol", { class: "messages", "aria-label": t("chat.messages") });
  const attempts = h("ol", { class: "messages attempts", "aria-label": t("chat.attempts") });
  const older = h("button", {
    type: "button",
    class: "quiet",
    hidden: true,
    text: t("chat.older"),
    onclick: loadOlder,
  });
  const note = h("p", { class: "list-note", text: t("loading") });
  const scroller = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": t("chat.messages") }, [
    older,
    note,
    list,
    attempts,
  ]);
  const newest = h(
    "button",
    { type: "button", class: "newest", hidden: true, "aria-label": t("chat.newest"), onclick: scrollToEnd },
    icon("down"),
  );
  const element = h("div", { class: "message-list" }, scroller, newest);

  scroller.addEventListener("scroll", onScroll, { passive: true });
  new ResizeObserver(() => {
    if (followsEnd) scrollToEnd();
  }).observe(scroller);

  function onScroll() {
    followsEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
    if (followsEnd) setAttribute(newest, "hidden", true);
  }

  function scrollToEnd() {
    scroller.scrollTop = scroller.scrollHeight;
    setAttribute(newest, "hidden", true);
  }

  /** @param {AbortSignal} signal */
  async function refresh(signal) {
    const [answer] = await Promise.all([fetchMessages(contact.phone, { limit: PAGE }, signal), ensureBodies()]);
    const isFirst = cursor === undefined;
    if (isFirst) cursor = answer.next_cursor;
    const news = answer.data.filter((message) => !messages.has(message.id));
    if (!isFirst && answer.next_cursor && news.length === answer.data.length) {
      // The whole page is new, so messages between it and the older ones may be missing: start again.
      messages.clear();
      cursor = answer.next_cursor;
    }
    const wasAtEnd = followsEnd;
    for (const message of answer.data) messages.set(message.id, message);
    draw();
    if (isFirst || wasAtEnd) scrollToEnd();
    else if (news.length) setAttribute(newest, "hidden", null);
    const inbound = news.filter((message) => message.direction === "inbound").length;
    if (!isFirst && inbound) announce(t("live.inbound", { count: inbound, name: contact.name || contact.phone }));
  }

  async function loadOlder() {
    if (isLoadingOlder || !cursor) return;
    isLoadingOlder = true;
    setAttribute(older, "aria-busy", true);
    try {
      const answer = await fetchMessages(contact.phone, { limit: PAGE, cursor });
      cursor = answer.next_cursor;
      const fromEnd = scroller.scrollHeight - scroller.scrollTop;
      for (const message of answer.data) messages.set(message.id, message);
      draw();
      scroller.scrollTop = scroller.scrollHeight - fromEnd;
    } catch {
      // The banner reports the connection, and the button stays for another try.
    } finally {
      isLoadingOlder = false;
      setAttribute(older, "aria-busy", null);
    }
  }

  function draw() {
    const ordered = [...messages.values()].sort(byTime);
    const wanted = [];
    let day = null;
    for (const message of ordered) {
      const at = epochMs(message.at) ?? 0;
      if (localDay(at) !== day) wanted.push(separatorOf(at));
      day = localDay(at);
      wanted.push(elementOf(message));
    }
    // Only nodes that are out of place are moved, so scroll position and focus stay.
    wanted.forEach((node, index) => {
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
    });
    while (list.children.length > wanted.length) list.lastElementChild?.remove();
    setAttribute(older, "hidden", cursor ? null : true);
    replaceContent(note, cursor !== undefined && !ordered.length ? t("chat.empty") : null);
  }

  /** @param {string} id */
  async function showWhole(id) {
    try {
      whole.set(id, await fetchMessage(id));
      draw();
    } catch {
      // The banner reports the connection, and the button stays for another try.
    }
  }

  /** @param {Api.Message} stored */
  function elementOf(stored) {
    const { template, channel } = stored;
    const found = whole.get(stored.id);
    const { text, media } = found ?? stored;
    const uncut = found ? { ...stored, text, media, text_cut: undefined } : stored;
    const message = template ? { ...uncut, template: { ...template, body: bodyOf(channel, template) } } : uncut;
    const wanted = signature(message);
    const before = drawn.get(message.id);
    if (before?.signature === wanted) return before.element;
    const made = messageElement(message, () => showWhole(message.id));
    before?.element.replaceWith(made);
    drawn.set(message.id, { element: made, signature: wanted });
    return made;
  }

  /** @param {number} at */
  function separatorOf(at) {
    const day = localDay(at);
    const separator = separators.get(day) ?? h("li", { class: "day" }, h("span", { text: dayName(at) }));
    separators.set(day, separator);
    return separator;
  }

  return {
    element,
    attempts,
    refresh,
    /**
     * The person left the number: what is shown is not the conversation of whoever has it now.
     *
     * @param {Console.Contact} next
     */
    startAgain(next) {
      contact = next;
      messages.clear();
      whole.clear();
      cursor = undefined;
      draw();
      replaceContent(note, t("loading"));
    },
    /**
     * Shown as long as no messages have been loaded.
     *
     * @param {string} words
     */
    fail(words) {
      if (cursor === undefined) replaceContent(note, words);
    },
    /** @param {Api.Message} message */
    add(message) {
      if (!messages.has(message.id)) messages.set(message.id, message);
      draw();
      scrollToEnd();
    },
  };
}

/**
 * @param {Api.Message} a
 * @param {Api.Message} b
 */
const byTime = (a, b) => (epochMs(a.at) ?? 0) - (epochMs(b.at) ?? 0) || (a.id < b.id ? -1 : 1);
