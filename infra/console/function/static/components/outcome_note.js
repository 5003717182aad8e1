// @ts-check
// What became of a message that was sent, above the composer: underway, refused and why, or not known.

import { fetchMessage } from "../data/routes.js";
import { hasWords, t } from "../language/i18n.js";
import { actionWords, faultWords, providerWords, refusalWords } from "../language/problem_words.js";
import { announce, announceNow } from "./announcer.js";
import { h, replaceContent } from "./dom.js";
import { icon } from "./icons.js";

export function outcomeNote() {
  const element = h("div", { class: "outcome" });
  let isRefusal = false;

  /**
   * @param {string | null} kind
   * @param {import("./icons.js").IconName} picture
   * @param {Dom.Children} content
   */
  function show(kind, picture, content) {
    isRefusal = kind === "refused";
    replaceContent(element, h("div", { class: "note", "data-kind": kind }, icon(picture), h("div", {}, content)));
  }

  /**
   * @param {Api.Refusal} refusal
   * @param {number | null} [retryAfter] seconds
   */
  function refuse(refusal, retryAfter) {
    const isThrottled = refusal.code === "throttled" && retryAfter;
    const words = isThrottled ? t("problem.throttled_for", { count: retryAfter }) : refusalWords(refusal);
    const more = [...providerWords(refusal), ...faultWords(refusal), ...actionWords(refusal)];
    show("refused", "refused", [h("p", { text: words }), more.map((text) => h("p", { class: "action", text }))]);
    announceNow([words, ...more].join(" "));
    if (refusal.code === "bsp_rejected") explain(refusal);
  }

  /**
   * What the provider's code means and what to do next, by the stored message.
   *
   * @param {Api.Refusal} rejection
   */
  async function explain({ id }) {
    const shown = element.firstElementChild;
    const stored = id ? await fetchMessage(id).catch(() => null) : null;
    if (shown === null || element.firstElementChild !== shown) return;
    const kind = stored?.failure?.kind ?? "unknown";
    const words = [`failure.${kind}`, hasWords(`next.${kind}`) ? `next.${kind}` : "next.unknown"];
    const lines = words.filter(hasWords).map((key) => h("p", { class: "action", text: t(key) }));
    shown.lastElementChild?.append(...lines);
    announce(lines.map((line) => line.textContent).join(" "));
  }

  return {
    element,
    show,
    refuse,
    isRefusal: () => isRefusal,
    clear() {
      isRefusal = false;
      replaceContent(element);
    },
  };
}
