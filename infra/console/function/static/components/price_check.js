// @ts-check
// Asks the gate, when typing pauses, what a message would cost or why it would be refused.

import { dryRun } from "../data/sending.js";
import { t, wordsFor } from "../language/i18n.js";
import { money } from "../language/money.js";
import { actionWords, refusalWords } from "../language/problem_words.js";
import { announce } from "./announcer.js";
import { h, replaceContent } from "./dom.js";
import { icon } from "./icons.js";

const REST_MS = 700;
const FRESH_MS = 15_000;

/**
 * `element` shows the answer. A refusal is asked for again while it is shown: it may have come to an end.
 *
 * @param {() => Api.SendRequest | null} requestOf null when there is nothing to ask
 * @param {() => void} [onAnswer] called whenever `isRefused` may have changed
 */
export function priceCheck(requestOf, onAnswer = () => {}) {
  const element = h("p", { class: "hint" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {{ fingerprint: string, control: AbortController, answer: ReturnType<typeof answerTo> } | null} */
  let asking = null;
  /** @type {{ fingerprint: string, answer: Api.CheckAnswer | null, at: number } | null} */
  let asked = null;
  let hasLeft = false;

  async function look() {
    const before = element.textContent;
    await asks();
    if (isRefused() && element.textContent !== before) announce(element.textContent ?? "");
  }

  /** Asks once typing has paused; a no is said to screen readers, too. */
  function later() {
    clearTimeout(timer);
    const request = hasLeft ? null : requestOf();
    if (!request) forget();
    else if (asked?.fingerprint !== JSON.stringify(request)) timer = setTimeout(look, REST_MS);
  }

  /**
   * What the gate says at this moment, to whoever sends; null if it does not answer. Undefined where what it was asked
   * about is no longer what would be sent: then nothing is.
   */
  async function now() {
    const wanted = JSON.stringify(requestOf());
    for (;;) {
      const answer = await asks();
      if (hasLeft || JSON.stringify(requestOf()) !== wanted) return undefined;
      if (answer !== undefined) return answer;
    }
  }

  /** Undefined where the question was given up, as another one was asked or what may be sent has changed. */
  async function asks() {
    clearTimeout(timer);
    const request = hasLeft ? null : requestOf();
    if (!request) return null;
    const fingerprint = JSON.stringify(request);
    if (asked?.fingerprint === fingerprint && performance.now() - asked.at < FRESH_MS) return asked.answer;
    // Whoever asks the same waits for the same answer: two of them would give up each other's question for ever.
    if (asking?.fingerprint !== fingerprint) {
      asking?.control.abort();
      const control = new AbortController();
      asking = { fingerprint, control, answer: answerTo(request, fingerprint, control.signal) };
    }
    return asking.answer;
  }

  /**
   * @param {Api.SendRequest} request
   * @param {string} fingerprint
   * @param {AbortSignal} signal
   * @returns {Promise<Api.CheckAnswer | null | undefined>}
   */
  async function answerTo(request, fingerprint, signal) {
    const answer = await dryRun(request, signal);
    if (signal.aborted) return undefined;
    asking = null;
    asked = { fingerprint, answer, at: performance.now() };
    replaceContent(element, contentOf(answer));
    if (isRefused()) timer = setTimeout(asks, FRESH_MS);
    onAnswer();
    return answer;
  }

  function forget() {
    clearTimeout(timer);
    asking?.control.abort();
    asking = null;
    const wasRefused = isRefused();
    asked = null;
    replaceContent(element);
    if (wasRefused) onAnswer();
  }

  /** The form is gone: nothing is asked any more. */
  function leave() {
    hasLeft = true;
    forget();
  }

  /** Whether the gate said no when it was last asked; `element` says why. */
  const isRefused = () => asked?.answer?.decision === "refuse";

  return { element, later, now, forget, leave, isRefused };
}

/**
 * @param {Api.CheckAnswer | null} answer
 * @returns {Dom.Children}
 */
function contentOf(answer) {
  if (answer?.decision === "refuse") {
    const actions = actionWords(answer).map((action) => h("span", { class: "action", text: action }));
    return [icon("refused"), h("span", {}, h("span", { class: "refusal", text: refusalWords(answer) }), " ", actions)];
  }
  if (!answer?.cost) return null;
  const { amount, currency, lines } = answer.cost;
  const fees = lines
    .filter((line) => Number(line.amount) > 0)
    .map((line) => `${wordsFor("fee", line.fee)} ${money(line.amount, currency)}`);
  return h("span", { text: t("price.estimate", { price: money(amount, currency) }), title: fees.join(" + ") || null });
}
