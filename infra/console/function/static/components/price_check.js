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
  /** @type {AbortController | null} */
  let asking = null;
  /** @type {{ fingerprint: string, answer: Api.CheckAnswer | null, at: number } | null} */
  let asked = null;

  async function look() {
    const before = element.textContent;
    await asks();
    if (isRefused() && element.textContent !== before) announce(element.textContent ?? "");
  }

  /** Asks once typing has paused; a no is said to screen readers, too. */
  function later() {
    clearTimeout(timer);
    const request = requestOf();
    if (!request) forget();
    else if (asked?.fingerprint !== JSON.stringify(request)) timer = setTimeout(look, REST_MS);
  }

  /**
   * What the gate says at this moment, to whoever sends. What has changed meanwhile is asked anew: nothing goes out on a
   * question that was given up. Null if there is nothing to send or no answer.
   */
  async function now() {
    for (;;) {
      const answer = await asks();
      if (answer !== undefined) return answer;
    }
  }

  /** Undefined where the question was given up. */
  async function asks() {
    clearTimeout(timer);
    const request = requestOf();
    if (!request) return null;
    const fingerprint = JSON.stringify(request);
    if (asked?.fingerprint === fingerprint && performance.now() - asked.at < FRESH_MS) return asked.answer;
    asking?.abort();
    const own = new AbortController();
    asking = own;
    const answer = await dryRun(request, own.signal);
    if (own.signal.aborted) return undefined;
    asked = { fingerprint, answer, at: performance.now() };
    replaceContent(element, contentOf(answer));
    if (isRefused()) timer = setTimeout(asks, FRESH_MS);
    onAnswer();
    return answer;
  }

  function forget() {
    clearTimeout(timer);
    asking?.abort();
    const wasRefused = isRefused();
    asked = null;
    replaceContent(element);
    if (wasRefused) onAnswer();
  }

  /** Whether the gate said no when it was last asked; `element` says why. */
  const isRefused = () => asked?.answer?.decision === "refuse";

  return { element, later, now, forget, isRefused };
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
