// The conversation: newest at the bottom, older pages on demand, each message drawn once and again only if it changed.

import { ask, contactPath } from "./api.js";
import { instant } from "./clock.js";
import { h, mark, show } from "./dom.js";
import { dayName, localDay, t } from "./i18n.js";
import { icon } from "./icons.js";
import { tell } from "./live.js";
import { messageElement, signature } from "./message.js";
import { bodiesLoaded, bodyOf } from "./template.js";

const PAGE = 40;
const NEAR = 80;

/** The conversation with one number. Gives `{ element, refresh(signal), add(message), attempts }`. */
export function conversation(contact) {
  const messages = new Map();
  const drawn = new Map();
  let cursor;
  let loadingOlder = false;

  const list = h("ol", { class: "messages", "aria-label": t("chat.messages") });
  const attempts = h("ol", { class: "messages attempts", "aria-label": t("chat.attempts") });
  const older = h("button", { type: "button", class: "quiet", hidden: true, text: t("chat.older"), onclick: loadOlder });
  const note = h("p", { class: "list-note", text: t("loading") });
  const scroller = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": t("chat.messages") }, older, note, list, attempts);
  const newest = h("button", { type: "button", class: "newest", hidden: true, "aria-label": t("chat.newest"), onclick: toEnd }, icon("down"));
  const element = h("div", { class: "conversation" }, scroller, newest);

  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
  function toEnd() {
    scroller.scrollTop = scroller.scrollHeight;
    mark(newest, "hidden", true);
  }
  scroller.addEventListener("scroll", () => atEnd() && mark(newest, "hidden", true), { passive: true });
  new ResizeObserver(() => stuck && toEnd()).observe(scroller);
  let stuck = true;
  scroller.addEventListener("scroll", () => (stuck = atEnd()), { passive: true });

  const path = contactPath(contact.phone, "/messages");

  async function refresh(signal) {
    const [answer] = await Promise.all([ask("GET", path, { query: { limit: PAGE }, signal }), bodiesLoaded()]);
    const first = cursor === undefined;
    if (first) cursor = answer.next_cursor;
    const news = answer.data.filter((message) => !messages.has(message.id));
    if (!first && news.length === answer.data.length && news.length === PAGE) {
      // A whole page that we do not have: there may be more between it and what we have. Start anew.
      messages.clear();
      cursor = answer.next_cursor;
    }
    const end = stuck;
    for (const message of answer.data) messages.set(message.id, message);
    draw();
    if (first || end) toEnd();
    else if (news.length) mark(newest, "hidden", null);
    const inbound = news.filter((message) => message.direction === "inbound").length;
    if (!first && inbound) tell(t("live.inbound", { count: inbound, name: contact.name || contact.phone }));
  }

  async function loadOlder() {
    if (loadingOlder || !cursor) return;
    loadingOlder = true;
    mark(older, "aria-busy", true);
    try {
      const answer = await ask("GET", path, { query: { limit: PAGE, cursor } });
      cursor = answer.next_cursor;
      const from = scroller.scrollHeight - scroller.scrollTop;
      for (const message of answer.data) messages.set(message.id, message);
      draw();
      scroller.scrollTop = scroller.scrollHeight - from;
    } catch {
      // The banner says that the server cannot be reached; the button is still there.
    } finally {
      loadingOlder = false;
      mark(older, "aria-busy", null);
    }
  }

  function draw() {
    const ordered = [...messages.values()].sort((a, b) => instant(a.at) - instant(b.at) || (a.id < b.id ? -1 : 1));
    const wanted = [];
    let day = null;
    for (const message of ordered) {
      const itsDay = localDay(instant(message.at) ?? 0);
      if (itsDay !== day) wanted.push(daySeparator(itsDay, message.at));
      day = itsDay;
      wanted.push(elementOf(message));
    }
    // Only what is out of its place is moved, so the reader's place and the focus stay.
    wanted.forEach((node, index) => {
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
    });
    while (list.children.length > wanted.length) list.lastChild.remove();
    mark(older, "hidden", cursor ? null : true);
    show(note, cursor !== undefined && !ordered.length ? t("chat.empty") : "");
  }

  function elementOf(stored) {
    const message = stored.template ? { ...stored, template: { body: bodyOf(stored.channel, stored.template), ...stored.template } } : stored;
    const now = signature(message);
    const before = drawn.get(message.id);
    if (before?.signature === now) return before.element;
    const element_ = messageElement(message);
    if (before) before.element.replaceWith(element_);
    drawn.set(message.id, { element: element_, signature: now });
    return element_;
  }

  const days = new Map();
  function daySeparator(day, at) {
    if (!days.has(day)) days.set(day, h("li", { class: "day" }, h("span", { text: dayName(instant(at)) })));
    return days.get(day);
  }

  return {
    element, refresh, attempts, toEnd,
    fail: (words) => cursor === undefined && show(note, words),
    add(message) {
      if (!messages.has(message.id)) messages.set(message.id, message);
      draw();
      toEnd();
    },
  };
}
