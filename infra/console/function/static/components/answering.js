// @ts-check
// Tells colleagues that an answer is being written here, shows that they write one, and asks before two are sent.

import { Problem } from "../data/api.js";
import { epochMs, serverNow } from "../data/clock.js";
import { endAnswering, putAnswering } from "../data/inbox_routes.js";
import { answeredBy } from "../data/members.js";
import { signedInAs } from "../data/session.js";
import { clockTime, t } from "../language/i18n.js";
import { announce } from "./announcer.js";
import { confirm } from "./dialog.js";
import { h, replaceContent, setAttribute } from "./dom.js";
import { icon } from "./icons.js";

// It lasts 20 seconds on the server.
const AGAIN_AFTER_MS = 10_000;
// It may not be told at all; anything else is tried again with the next letters.
const FINAL = [403, 404];

/**
 * @param {object} options
 * @param {() => Console.Contact} options.contact
 * @param {HTMLElement} options.composer
 * @param {(answer: Api.Contact) => void} options.take
 */
export function answeringPart({ contact, composer, take }) {
  const { phone } = contact();
  const ended = new AbortController();
  const element = h("p", { class: "answering-note", hidden: true });
  let toldAt = -Infinity;
  /** When somebody began to write here; null where nothing is written. @type {number | null} */
  let since = isWritten() ? serverNow() : null;
  /** When the latest message was sent that was answered all the same: nobody is asked about it twice. */
  let toldOf = -Infinity;
  /** Whether somebody was asked already, and sends. */
  let isMeantSo = false;
  let mayTell = true;
  /** What is told to the server, one after the other: the end may not overtake what it ends. */
  let telling = Promise.resolve();
  let shown = "";

  /** Whether there is something in the composer that could be sent. */
  function isWritten() {
    return [...composer.querySelectorAll("textarea, .part-form input")].some(
      (field) => /** @type {HTMLInputElement} */ (field).value.trim() !== "",
    );
  }

  async function onInput() {
    if (!isWritten()) return end();
    since ??= serverNow();
    if (performance.now() - toldAt < AGAIN_AFTER_MS || !mayTell) return;
    toldAt = performance.now();
    telling = telling.then(tell);
    await telling;
  }

  async function tell() {
    try {
      const answer = await putAnswering(phone);
      if (!ended.signal.aborted && isWritten()) take(answer);
    } catch (error) {
      mayTell = !(error instanceof Problem && FINAL.includes(error.status));
    }
  }

  function end() {
    since = null;
    if (toldAt === -Infinity) return;
    toldAt = -Infinity;
    telling = telling.then(() => endAnswering(phone)).catch(() => {});
  }

  const others = () => answeredBy(contact(), serverNow());

  function update() {
    // Nothing tells that a message was sent but that the composer is empty again.
    if (since !== null && !isWritten()) end();
    const words = others()
      .map((name) => t("answering.by", { name }))
      .join(" ");
    setAttribute(element, "hidden", !words);
    if (words === shown) return;
    shown = words;
    replaceContent(element, words && [icon("warning"), h("span", { text: words })]);
    if (words) announce(words);
  }

  /** What a colleague did that whoever sends now may not know of; null where there is nothing. */
  function surprise() {
    const [name] = others();
    if (name) return { at: null, title: t("answering.by", { name }), explanation: t("answering.explained", { name }) };
    const last = contact().last_message;
    const at = epochMs(last?.at);
    if (last?.direction !== "outbound" || at === null || since === null) return null;
    if (at <= Math.max(since, toldOf)) return null;
    const { author } = last;
    if (author && author.name === signedInAs().name) return null;
    const by = author?.name ?? t("answering.somebody");
    return {
      at,
      title: t("answering.answered", { name: by, at: clockTime(at) }),
      explanation: last.preview ? t("answering.answered_with", { text: last.preview }) : t("answering.look"),
    };
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    const form = event.target;
    if (isMeantSo || !(form instanceof HTMLFormElement)) return;
    const found = surprise();
    if (!found) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { title, explanation, at } = found;
    const isMeant = await confirm({
      title,
      explanation,
      action: t("answering.send_anyway"),
      act: () => Promise.resolve(),
    });
    if (!isMeant) return composer.querySelector("textarea")?.focus();
    toldOf = at ?? toldOf;
    isMeantSo = true;
    form.requestSubmit();
    isMeantSo = false;
  }

  composer.addEventListener("input", onInput, { signal: ended.signal });
  composer.addEventListener("submit", onSubmit, { capture: true, signal: ended.signal });
  return {
    element,
    update,
    stop() {
      ended.abort();
      end();
    },
  };
}
