// @ts-check
// The messages of a conversation, newest at the bottom, older ones on demand. Only changed messages are redrawn.

import { epochMs } from "../data/clock.js";
import { canBeAnswered, isOnAnother, linksOf } from "../data/message_links.js";
import { fetchMessage, fetchMessages } from "../data/routes.js";
import { bodyOf, ensureBodies } from "../data/templates.js";
import { byTime, timeline } from "../data/timeline.js";
import { dayName, localDay, t } from "../language/i18n.js";
import { nameOf } from "../language/names.js";
import { announce } from "./announcer.js";
import { h, replaceContent, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { messageElement, signature } from "./message.js";
import { tellNews } from "./message_news.js";
import { messageTools } from "./message_tools.js";

const PAGE = 40;
const NEAR_END_PX = 80;
const FURTHEST = 25; // so many older pages are loaded to get to a message

/**
 * `attempts` is the place for sends that got no answer.
 *
 * @param {Console.Contact} start
 * @param {object} options
 * @param {(message: Api.Message) => void} options.onReply
 * @param {(message: Api.Message, emoji: string) => Api.SendRequest} options.reactionOf
 * @param {(request: Api.SendRequest, answer?: Api.CheckAnswer | null) => void} options.onReact
 * @param {string | null} options.opensAt the message that is shown first; null: the newest
 */
export function messageList(start, { onReply, reactionOf, onReact, opensAt }) {
  let contact = start;
  /** @type {Map<string, Api.Message>} */
  const messages = new Map();
  /** Messages whose whole text was asked for, in place of the cut ones. @type {Map<string, Api.Message>} */
  const whole = new Map();
  /** @type {Map<string, { element: HTMLElement, signature: string }>} */
  const drawn = new Map();
  /** @type {Map<string, HTMLElement>} */
  const separators = new Map();
  /** What stands among the messages and is none. @type {import("../data/timeline.js").Aside[]} */
  let asides = [];
  /** Undefined before the first page, null after the last. @type {string | null | undefined} */
  let cursor;
  let isLoadingOlder = false;
  let followsEnd = true;
  /** Of which channel messages can be answered now. @type {string | null} */
  let answerable = null;
  /** Oldest first, as far as they can be answered. @type {Api.Message[]} */
  let answerables = [];

  const list = h("ol", { class: "messages" });
  const attempts = h("ol", { class: "messages attempts", "aria-label": t("chat.attempts") });
  const older = h("button", {
    type: "button",
    class: "quiet",
    hidden: true,
    text: t("chat.older"),
    onclick: loadOlder,
  });
  const note = h("p", { class: "list-note", text: t("loading") });
  const tools = messageTools({ onReply, reactionOf, onReact, onStep });
  const scroller = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": t("chat.messages") }, [
    older,
    note,
    list,
    attempts,
    tools.element,
  ]);
  const newest = h(
    "button",
    { type: "button", class: "newest", hidden: true, "aria-label": t("chat.newest"), onclick: scrollToEnd },
    icon("down"),
  );
  const element = h("div", { class: "message-list" }, scroller, newest);

  scroller.addEventListener("scroll", onScroll, { passive: true });
  list.addEventListener("pointerover", onPointer);
  new ResizeObserver(() => {
    if (followsEnd) scrollToEnd();
    tools.place();
  }).observe(scroller);

  /** @param {PointerEvent} event */
  function onPointer(event) {
    const item = event.target instanceof Element ? event.target.closest(".message") : null;
    const message = answerables.find(({ id }) => item instanceof HTMLElement && id === item.dataset.id);
    if (message && !tools.isChoosing() && !tools.hasFocus()) showTools(message);
  }

  /** @param {Api.Message | undefined} message */
  function showTools(message) {
    const item = message && drawn.get(message.id)?.element;
    tools.show(message ?? null, item?.querySelector(".bubble") ?? null);
  }

  /**
   * @param {Api.Message} from
   * @param {-1 | 1} step
   */
  function onStep(from, step) {
    const next = answerables[answerables.findIndex(({ id }) => id === from.id) + step];
    if (!next) return;
    drawn.get(next.id)?.element.scrollIntoView({ block: "nearest" });
    showTools(next);
  }

  /** @param {string} id */
  function goTo(id) {
    const item = drawn.get(id)?.element;
    item?.scrollIntoView({ block: "center" });
    item?.classList.add("sought");
    item?.focus({ preventScroll: true });
  }

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
    else tellNews(nameOf(contact), messages, answer.data);
    const news = answer.data.filter((message) => !messages.has(message.id));
    if (!isFirst && answer.next_cursor && news.length === answer.data.length) {
      // The whole page is new, so messages between it and the older ones may be missing: start again.
      messages.clear();
      cursor = answer.next_cursor;
    }
    const wasAtEnd = followsEnd;
    for (const message of answer.data) messages.set(message.id, message);
    draw();
    if (isFirst && opensAt) showFirst(opensAt);
    else if (isFirst || wasAtEnd) scrollToEnd();
    else if (news.length) setAttribute(newest, "hidden", null);
  }

  /** @param {string} id */
  async function showFirst(id) {
    for (let pages = 0; pages < FURTHEST && !messages.has(id) && (await loadOlder()); pages += 1);
    if (drawn.has(id)) goTo(id);
    else if (scroller.isConnected) {
      scrollToEnd();
      announce(t("chat.not_found"));
    }
  }

  /** Where it fails the banner reports the connection, and the button stays. @returns {Promise<boolean>} */
  async function loadOlder() {
    if (isLoadingOlder || !cursor) return false;
    isLoadingOlder = true;
    setAttribute(older, "aria-busy", true);
    try {
      const answer = await fetchMessages(contact.phone, { limit: PAGE, cursor });
      cursor = answer.next_cursor;
      const fromEnd = scroller.scrollHeight - scroller.scrollTop;
      for (const message of answer.data) messages.set(message.id, message);
      draw();
      scroller.scrollTop = scroller.scrollHeight - fromEnd;
      if (scroller.isConnected) announce(t("chat.older_shown", { count: answer.data.length }));
      return scroller.isConnected;
    } catch {
      return false;
    } finally {
      isLoadingOlder = false;
      setAttribute(older, "aria-busy", null);
    }
  }

  function draw() {
    const ordered = [...messages.values()].sort(byTime);
    const links = linksOf(ordered);
    const shown = ordered.filter((message) => !isOnAnother(message, messages));
    const wanted = [];
    let day = null;
    for (const each of timeline(shown, asides, cursor ? ordered[0] : null)) {
      const at = epochMs(each.at) ?? 0;
      if (localDay(at) !== day) wanted.push(separatorOf(at));
      day = localDay(at);
      const own = links.get(each.id);
      if ("element" in each) wanted.push(each.element);
      else if (own) wanted.push(elementOf(each, own));
    }
    // Only nodes that are out of place are moved, so scroll position and focus stay.
    wanted.forEach((node, index) => {
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
    });
    while (list.children.length > wanted.length) list.lastElementChild?.remove();
    if (!cursor && older === document.activeElement) scroller.focus({ preventScroll: true });
    setAttribute(older, "hidden", cursor ? null : true);
    replaceContent(note, cursor !== undefined && !wanted.length ? t("chat.empty") : null);
    answerables = shown.filter(isAnswerable);
    const current = answerables.find(({ id }) => id === tools.current()?.id);
    showTools(current ?? answerables.at(-1));
  }

  /** @param {Api.Message} message */
  const isAnswerable = (message) =>
    answerable !== null && (message.channel ?? answerable) === answerable && canBeAnswered(message);

  /** @param {string} id */
  async function showWhole(id) {
    try {
      whole.set(id, await fetchMessage(id));
      draw();
    } catch {
      // The banner reports the connection, and the button stays for another try.
    }
  }

  /**
   * @param {Api.Message} stored
   * @param {Console.MessageLinks} links
   */
  function elementOf(stored, links) {
    const { template, channel } = stored;
    const found = whole.get(stored.id);
    const { text, media } = found ?? stored;
    const uncut = found ? { ...stored, text, media, text_cut: undefined } : stored;
    const message = template ? { ...uncut, template: { ...template, body: bodyOf(channel, template) } } : uncut;
    const mayTakeBack = isAnswerable(stored);
    const wanted = signature(message, links, mayTakeBack);
    const before = drawn.get(message.id);
    if (before?.signature === wanted) return before.element;
    const made = messageElement(message, links, {
      showWhole: () => showWhole(message.id),
      onGo: goTo,
      onTakeBack: mayTakeBack ? () => onReact(reactionOf(stored, "")) : null,
    });
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
    /** @param {string} words shown as long as no messages have been loaded */
    fail(words) {
      if (cursor === undefined) replaceContent(note, words);
    },
    /**
     * @param {string | null} channel of which messages can be answered; null where nothing can be sent
     */
    allowAnswers(channel) {
      if (channel === answerable) return;
      answerable = channel;
      draw();
    },
    leave: tools.leave,
    /**
     * What stands among the messages by its time, as far back as messages are loaded.
     *
     * @param {import("../data/timeline.js").Aside[]} all
     */
    setAsides(all) {
      asides = all;
      if (cursor === undefined) return;
      draw();
      if (followsEnd) scrollToEnd();
    },
    /** @param {Api.Message} message */
    add(message) {
      if (!messages.has(message.id)) messages.set(message.id, message);
      draw();
      if (message.type !== "reaction") scrollToEnd();
    },
  };
}
