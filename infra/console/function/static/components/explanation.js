// @ts-check
// Explains above the composer why a contact cannot be written to, since when, and what would change it.

import { epochMs } from "../data/clock.js";
import { hasRole } from "../data/session.js";
import { fullTime, hasWords, t, wordsFor } from "../language/i18n.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { marginWords } from "./margin.js";

/**
 * Null where there is nothing to explain.
 *
 * @param {Console.ComposerMode} mode
 * @param {Console.Contact} contact
 * @param {Console.ContactState} status
 * @param {Api.ConsentEntry | null} block the entry of the history that tells of the block, once it is known
 * @param {string | null} channel
 * @returns {Dom.Children}
 */
export function explanation(mode, contact, status, block, channel) {
  if (mode === "open") {
    const isReplyOnly = status.may.code === "opted_out";
    return isReplyOnly ? [icon("warning"), h("p", { text: t("why.opted_out_replies") })] : null;
  }
  const lines = reasons(mode, contact, status, block).map((text) => h("p", { text }));
  const isLapsed = mode === "shut" && status.closesAt !== null && status.window?.closed_by !== "provider";
  const margin = isLapsed ? marginWords(channel) : "";
  const change = hasWords(`change.${mode}`) ? h("p", { class: "change", text: changeWords(mode) }) : null;
  return [
    icon(mode === "reader" ? "contact" : "lock"),
    h("div", {}, lines, change, margin && h("p", { class: "aside", text: margin })),
  ];
}

/**
 * @param {Exclude<Console.ComposerMode, "open">} mode
 * @param {Console.Contact} contact
 * @param {Console.ContactState} status
 * @param {Api.ConsentEntry | null} block
 */
function reasons(mode, { consent, unreachable, number_changed_at: leftAt }, status, block) {
  if (mode === "reader") return [t("why.reader")];
  const lines = {
    numberless: () => [t("why.numberless")],
    blocked: () => blockWords(block),
    number_changed: () => numberChangeWords(leftAt),
    opted_out: () => [optOutWords(consent)],
    shut: () => [closedWords(status)],
    no_consent: () => [t(status.state === "never" ? "why.never_no_consent" : "why.closed_no_consent")],
  }[mode]();
  return unreachable ? [...lines, t("why.unreachable")] : lines;
}

/**
 * Whoever may not do it is told who may.
 *
 * @param {Exclude<Console.ComposerMode, "open">} mode
 */
function changeWords(mode) {
  const takesMore = (mode === "blocked" || mode === "no_consent") && !hasRole("supervisor");
  return takesMore ? `${t(`change.${mode}`)} ${t("why.agent")}` : t(`change.${mode}`);
}

/** @param {Api.ConsentEntry | null} block */
function blockWords(block) {
  const at = epochMs(block?.at);
  if (!block || at === null) return [t("why.blocked")];
  const since = t("why.blocked_since", { at: fullTime(at) });
  return block.evidence ? [since, t("why.blocked_because", { reason: block.evidence })] : [since];
}

/** @param {string | null} time when the person left the number */
export function numberChangeWords(time) {
  const at = epochMs(time);
  const since = at === null ? t("why.number_changed") : t("why.number_changed_since", { at: fullTime(at) });
  return [since, t("why.number_changed_goes_on")];
}

/** @param {Api.Consent} consent */
function optOutWords({ at: time, source }) {
  const at = epochMs(time);
  return at === null
    ? t("why.opted_out")
    : t("why.opted_out_since", { at: fullTime(at), how: wordsFor("source", source) });
}

/** @param {Console.ContactState} status */
function closedWords({ closesAt, window }) {
  if (closesAt === null) return t("why.never");
  if (window?.closed_by === "provider") return t("why.closed_by_provider");
  return t("why.closed_at", { at: fullTime(closesAt) });
}
