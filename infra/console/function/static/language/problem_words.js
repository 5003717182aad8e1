// @ts-check
// Texts for refusals.

import { hasWords, t, wordsFor } from "./i18n.js";

/** @param {string | null | undefined} code a code of the gate's */
export function problemWords(code) {
  if (!code) return t("problem.none");
  return hasWords(`problem.${code}`) ? t(`problem.${code}`) : t("problem.other", { code });
}

/**
 * The text for a refusal; its own detail where its code has no text.
 *
 * @param {Api.Refusal} refusal
 */
export function refusalWords({ code, detail, suggestion }) {
  if (suggestion) return t("problem.suggestion", { number: suggestion });
  return hasWords(`problem.${code}`) ? t(`problem.${code}`) : (detail ?? problemWords(code));
}

/**
 * What would work instead.
 *
 * @param {Api.Refusal} refusal
 */
export const actionWords = ({ allowed_actions: actions = [] }) =>
  actions.filter((action) => hasWords(`action.${action}`)).map((action) => t(`action.${action}`));

/**
 * What the provider said, for staff and to quote in a support request.
 *
 * @param {Api.Refusal} refusal
 */
export function providerWords({ provider }) {
  if (!provider || (!provider.details && !provider.code)) return [];
  const { name, code = "", details = "" } = provider;
  const said = code ? (details ? "said_with_code" : "said_code") : "said";
  return [t(`provider.${said}`, { name: wordsFor("provider", name), words: details, code })];
}

/**
 * What is wrong with which field of a message.
 *
 * @param {Api.Refusal} refusal
 */
export const faultWords = ({ errors = [] }) =>
  errors.map(({ pointer, detail }) => `${wordsFor("field", pointer.split("/").at(-1) ?? "")}: \u2068${detail}\u2069`);
