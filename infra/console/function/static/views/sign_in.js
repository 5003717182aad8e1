// @ts-check
// Signing in at the issuer, or with an API key, for this tab only.

import { h, setAttribute, setText } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { languagePicker } from "../components/language_picker.js";
import { Problem } from "../data/api.js";
import { hasIssuer } from "../data/oidc.js";
import { signIn } from "../data/session.js";
import { t } from "../language/i18n.js";

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * @param {object} options
 * @param {string} [options.message] why signing in is needed again
 * @param {() => void} options.onSignedIn
 * @param {() => Promise<void>} options.onIssuer leaves for the issuer's page
 * @param {(name: string) => void} options.onLanguage
 */
export function signInView({ message = "", onSignedIn, onIssuer, onLanguage }) {
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
  key.addEventListener("input", () => setAttribute(key, "aria-invalid", null));
  const keyField = h(
    "div",
    { class: "field" },
    h("label", { for: "key", text: t("signin.key") }),
    key,
    h("p", { id: "key-hint", class: "hint" }, icon("lock"), t("signin.kept")),
  );
  const goWords = t(hasIssuer() ? "signin.go_with_key" : "signin.go");
  const submit = h("button", { type: "submit", class: hasIssuer() ? "secondary" : "primary", text: goWords });
  const withKey = h("form", { class: "with-key", onsubmit: onSubmit }, keyField, hasIssuer() ? null : trouble, submit);
  const atIssuer = h("button", { type: "button", class: "primary", text: t("signin.go"), onclick: onAtIssuer });
  const form = h(
    "div",
    { class: "signin" },
    h("p", { class: "brand" }, h("span", { class: "logo", "aria-hidden": "true" }), h("span", { text: "gate24" })),
    h("h1", { text: t("signin.title") }),
    h("p", { class: "hint", text: t("signin.about") }),
    hasIssuer()
      ? [atIssuer, trouble, h("details", {}, h("summary", { text: t("signin.with_key") }), withKey)]
      : withKey,
    languagePicker(onLanguage),
  );

  async function onAtIssuer() {
    setAttribute(atIssuer, "disabled", true);
    setText(trouble, "");
    try {
      await onIssuer();
    } catch {
      setText(trouble, t("signin.no_issuer"));
      setAttribute(atIssuer, "disabled", null);
      atIssuer.focus();
    }
  }

  /** @param {string} words their key */
  function tell(words) {
    setText(trouble, t(words));
    setAttribute(key, "aria-invalid", words === "signin.wrong");
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    const value = key.value.trim();
    if (!value || submit.disabled) return;
    if (!PRINTABLE_ASCII.test(value)) return tell("signin.wrong");
    setAttribute(submit, "disabled", true);
    setText(trouble, "");
    setText(submit, t("signin.going"));
    try {
      await signIn(value);
      onSignedIn();
    } catch (error) {
      tell(troubleWords(error));
      setAttribute(submit, "disabled", null);
      setText(submit, goWords);
      key.focus();
    }
  }

  return { element: h("main", { class: "signin-page" }, form), focus: () => (hasIssuer() ? atIssuer : key).focus() };
}

/** The key of the words. @param {unknown} error */
function troubleWords(error) {
  if (!(error instanceof Problem)) return "problem.unreachable";
  return error.isUnauthorized ? "signin.wrong" : "problem.unavailable";
}
