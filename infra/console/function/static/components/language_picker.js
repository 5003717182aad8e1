// @ts-check

import { currentLanguage, LANGUAGES, t } from "../language/i18n.js";
import { freshId, h } from "./dom.js";

/** @param {(language: string) => void} onLanguage */
export function languagePicker(onLanguage) {
  const id = freshId("language");
  const options = Object.entries(LANGUAGES).map(([code, name]) =>
    h("option", { value: code, lang: code, text: name, selected: code === currentLanguage() }),
  );
  const select = h("select", { id, onchange }, options);
  function onchange() {
    onLanguage(select.value);
  }
  return h("div", { class: "language" }, h("label", { for: id, class: "unseen", text: t("language") }), select);
}
