// @ts-check
// Marks a chat as read: while it is looked at, and only at its end.

import { markRead } from "../data/inbox_routes.js";

const NEAR_END_PX = 80;

/**
 * @param {object} options
 * @param {() => Console.Contact} options.contact
 * @param {(answer: Api.Contact) => void} options.take
 * @param {HTMLElement} options.scroller of the messages
 */
export function readMark({ contact, take, scroller }) {
  const ended = new AbortController();
  /** What was marked last: it is not asked for again. @type {string | null} */
  let marked = null;
  /** A list that was asked for meanwhile may have it as unread still. */
  let isUnderWay = false;

  const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;

  async function look() {
    const { phone, unread = 0, last_message: last } = contact();
    const state = `${unread} ${last?.at}`;
    if (!unread && !isUnderWay) marked = null;
    if (!unread || marked === state || document.hidden || !scroller.querySelector(".message") || !isAtEnd()) return;
    marked = state;
    isUnderWay = true;
    // The list is not to wait for the answer.
    take({ ...contact(), phone: contact().number, unread: 0 });
    try {
      const answer = await markRead(phone);
      if (!ended.signal.aborted) take(answer);
    } catch {
      marked = null;
    } finally {
      isUnderWay = false;
    }
  }

  document.addEventListener("visibilitychange", look, { signal: ended.signal });
  scroller.addEventListener("scroll", look, { signal: ended.signal, passive: true });
  return { look, stop: () => ended.abort() };
}
