// @ts-check
// Signing in with an API key, for this tab only.

import { h, setAttribute, setText } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { languagePicker } from "../components/language_picker.js";
import { Problem } from "../data/api.js";
import { signIn } from "../data/session.js";
import { t } from "../language/i18n.js";

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * @param {object} options
 * @param {string} [options.message] why signing in is needed again
 * @param {() => void} options.onSignedIn
 * @param {(name: string) => void} options.onLanguage
 */
export function signInView({ message = "", onSignedIn, onLanguage }) {
  const trouble = h("p", { id: "trouble", class: "trouble", role: "alert", text: message });
  const key = h("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "trouble key-hint",
    dir: "ltr",
  });
  const keyField = h(
    "div",
    { class: "field" },
    h("label", { for: "key", text: t("signin.key") }),
    key,
    h("p", { id: "key-hint", class: "hint" }, icon("lock"), t("signin.kept")),
  );
  const submit = h("button", { type: "submit", class: "primary", text: t("signin.go") });
  const form = h(
    "form",
    { class: "signin", onsubmit: onSubmit },
    h("p", { class: "brand" }, h("span", { class: "logo", "aria-hidden": "true" }), h("span", { text: "gate24" })),
    h("h1", { text: t("signin.title") }),
    h("p", { class: "hint", text: t("signin.about") }),
    keyField,
    trouble,
    submit,
    languagePicker(onLanguage),
  );

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    const value = key.value.trim();
    if (!value || submit.disabled) return;
    if (!PRINTABLE_ASCII.test(value)) return setText(trouble, t("signin.wrong"));
    setAttribute(submit, "disabled", true);
    setText(trouble, "");
    setText(submit, t("signin.going"));
    try {
      await signIn(value);
      onSignedIn();
    } catch (error) {
      setText(trouble, troubleWords(error));
      setAttribute(submit, "disabled", null);
      setText(submit, t("signin.go"));
      key.focus();
    }
  }

  return { element: h("main", { class: "signin-page" }, form), focus: () => key.focus() };
}

/** @param {unknown} error */
function troubleWords(error) {
  if (!(error instanceof Problem)) return t("problem.unreachable");
  return t(error.isUnauthorized ? "signin.wrong" : "problem.unavailable");
}
