// @ts-check
// How, when and by what evidence people agreed to be written to.

import { serverNow } from "../data/clock.js";
import { localDay, t } from "../language/i18n.js";
import { freshId, h } from "./dom.js";

const METHODS = ["form", "website", "spoken", "call", "other"];
const LONGEST_EVIDENCE = 2000;
const SECOND_MS = 1000;

export function consentFields() {
  const now = serverNow() ?? Date.now();
  const today = localDay(now);
  const method = h(
    "select",
    { id: freshId("method"), "aria-required": true },
    h("option", { value: "", text: t("agreed.choose") }),
    METHODS.map((name) => h("option", { value: name, text: t(`agreed.${name}`) })),
  );
  const day = h("input", {
    id: freshId("day"),
    type: "date",
    value: today,
    "aria-required": true,
    max: today,
    min: "2009-01-01",
  });
  const evidence = h("textarea", {
    id: freshId("evidence"),
    rows: 2,
    maxlength: LONGEST_EVIDENCE,
    dir: "auto",
    "aria-required": true,
    placeholder: t("agreed.evidence_hint"),
  });
  const element = h(
    "div",
    { class: "consent-fields" },
    field(t("agreed.how"), method),
    field(t("agreed.when"), day),
    field(t("agreed.evidence"), evidence),
  );

  const all = [method, day, evidence];
  return {
    element,
    focus: () => (all.find(({ value }) => value === "") ?? evidence).focus(),
    /** As they are filled in so far; a day that is today's is not: tomorrow it would be another. */
    filled: () => all.map(({ value }) => (value === today ? "" : value)),
    /** @param {string[]} values as `filled` told them */
    fill(values) {
      all.forEach((each, index) => (each.value = values[index] || each.value));
    },
    isComplete: () => method.value !== "" && day.value !== "" && evidence.value.trim() !== "",
    /** As `where_not_said` of an import has them. What is of today is of this moment. */
    value: () => ({
      consent_source: method.value,
      consent_at: day.value === today ? new Date(now - SECOND_MS).toISOString() : day.value,
      consent_evidence: evidence.value.trim(),
    }),
  };
}

/**
 * @param {string} label
 * @param {HTMLElement} control
 */
export const field = (label, control) =>
  h("div", { class: "field" }, h("label", { for: control.id, text: label }), control);
