// @ts-check
// What is said when something fails.

import { Problem } from "../data/api.js";
import { t } from "../language/i18n.js";
import { problemWords } from "../language/problem_words.js";
import { h } from "./dom.js";

/** @param {unknown} error */
function words(error) {
  if (!(error instanceof Problem)) return t("problem.unreachable");
  if (error.code === "payload_invalid") return wrongWords(error);
  return error.code === null ? t("problem.unavailable") : problemWords(error.code);
}

/**
 * What the server found wrong, in its own words.
 *
 * @param {Problem} error
 */
function wrongWords({ code, body: { detail, errors = [] } }) {
  const found = [detail, ...errors.map((each) => `${each.pointer.slice(1)} ${each.detail}.`)];
  return found.filter(Boolean).join(" ") || problemWords(code);
}

/** @param {unknown} error */
export const problemNote = (error) => h("p", { class: "list-note trouble", role: "alert", text: words(error) });
