// The way in: an API key, for this tab only.

import { h, mark, say } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { languagePicker } from "./shell.js";
import { signIn } from "./session.js";

/** `message` says why one is here again; `onSignedIn()` follows. */
export function signInView({ message, onSignedIn, onLanguage }) {
  const trouble = h("p", { id: "trouble", class: "trouble", role: "alert", text: message ?? "" });
  const key = h("input", { id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": "trouble key-hint", dir: "ltr" });
  const submit = h("button", { type: "submit", class: "primary", text: t("signin.go") });
  const form = h("form", { class: "signin", onsubmit: submitted },
    h("p", { class: "brand" }, h("span", { class: "logo", "aria-hidden": "true" }), h("span", { text: "gate24" })),
    h("h1", { text: t("signin.title") }), h("p", { class: "hint", text: t("signin.about") }),
    h("div", { class: "field" }, h("label", { for: "key", text: t("signin.key") }), key, h("p", { id: "key-hint", class: "hint" }, icon("lock"), t("signin.kept"))),
    trouble, submit, languagePicker(onLanguage));

  async function submitted(event) {
    event.preventDefault();
    const value = key.value.trim();
    if (!value || submit.hasAttribute("disabled")) return;
    if (!/^[\x21-\x7e]+$/.test(value)) return say(trouble, t("signin.wrong"));
    mark(submit, "disabled", true);
    say(trouble, "");
    say(submit, t("signin.going"));
    try {
      await signIn(value);
      onSignedIn();
    } catch (error) {
      say(trouble, t(error.status === 401 || error.status === 403 ? "signin.wrong" : "problem.unreachable"));
      mark(submit, "disabled", null);
      say(submit, t("signin.go"));
      key.focus();
    }
  }

  const element = h("main", { class: "signin-page" }, form);
  return { element, focus: () => key.focus() };
}
