// The gate's answer before anything is sent: what it would cost, or why not. Asked when the typing rests.

import { h, show } from "./dom.js";
import { known, t } from "./i18n.js";
import { icon } from "./icons.js";
import { problemWords } from "./message.js";
import { money } from "./money.js";
import { check } from "./sending.js";

const REST = 700;
const FRESH = 15_000;

/** `bodyOf()` gives the request, or null when there is nothing to ask. Shows the answer in `element`. */
export function dryRun(bodyOf) {
  const element = h("p", { class: "hint" });
  let timer = null;
  let asking = null;
  let asked = null;

  /** What is being typed changes the price only by its kind, and the refusal only by its length. */
  function later() {
    clearTimeout(timer);
    const body = bodyOf();
    if (!body) return forget();
    if (asked?.fingerprint !== JSON.stringify(body)) timer = setTimeout(() => now().catch(() => {}), REST);
  }

  /** The answer for what would be sent now, or null if it cannot be had. */
  async function now() {
    clearTimeout(timer);
    const body = bodyOf();
    if (!body) return null;
    const fingerprint = JSON.stringify(body);
    if (asked?.fingerprint === fingerprint && performance.now() - asked.at < FRESH) return asked.answer;
    asking?.abort();
    asking = new AbortController();
    const answer = await check(body, asking.signal);
    asked = { fingerprint, answer, at: performance.now() };
    show(element, ...wordsOf(answer));
    return answer;
  }

  function forget() {
    clearTimeout(timer);
    asking?.abort();
    asked = null;
    show(element);
  }

  return { element, later, now, forget };
}

function wordsOf(answer) {
  if (!answer) return [];
  if (answer.decision === "refuse") return [icon("refused"), h("span", { class: "refusal", text: problemWords(answer.code) })];
  if (!answer.cost) return [];
  const lines = (answer.cost.lines ?? []).filter((line) => Number(line.amount) > 0)
    .map((line) => `${known(`fee.${line.fee}`) ? t(`fee.${line.fee}`) : line.fee} ${money(line.amount, answer.cost.currency)}`);
  const price = money(answer.cost.amount, answer.cost.currency);
  return [h("span", { text: t("price.estimate", { price }), title: lines.join(" + ") || null })];
}

/** What the gate says would work instead, in words. */
export function actionsOf(answer) {
  return (answer?.allowed_actions ?? []).map((action) => `action.${action}`).filter(known).map((key) => t(key));
}
