// @ts-check
// A form that sends a file. Nothing is uploaded: the BSP fetches the file from the address entered here.

import { t } from "../language/i18n.js";
import { addressField } from "./address_field.js";
import { freshId, h, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { priceCheck } from "./price_check.js";

/** @typedef {"caption" | "filename"} Detail */

// What each kind may have beside the file (Meta, media messages, read 2026-11).
/** @type {Record<Api.MediaKind, Detail[]>} */
const KINDS = { image: ["caption"], document: ["caption", "filename"], video: ["caption"], audio: [], sticker: [] };

/**
 * @param {object} options
 * @param {(file: Api.Media) => Api.SendRequest} options.requestOf
 * @param {(request: Api.SendRequest) => Promise<unknown>} options.onSend
 * @param {(answer: Api.Refusal) => void} options.onRefused the dry run says no
 * @returns {Console.PartForm}
 */
export function fileForm({ requestOf, onSend, onRefused }) {
  const kinds = Object.keys(KINDS).map((name) => h("option", { value: name, text: t(`media.${name}`) }));
  const kind = h("select", { onchange: onKind }, kinds);
  const url = addressField(t("media.address"));
  /** @type {Record<Detail, HTMLInputElement>} */
  const details = {
    caption: h("input", { type: "text", maxlength: 1024, dir: "auto", autocomplete: "off" }),
    filename: h("input", { type: "text", maxlength: 240, dir: "auto", autocomplete: "off" }),
  };
  const size = h("input", { type: "number", min: 1, step: "any", inputmode: "decimal", autocomplete: "off" });
  const detailFields = { caption: field("caption", details.caption), filename: field("filename", details.filename) };
  const price = priceCheck(() => (isComplete() ? requestOf(file()) : null), refreshSubmit);
  const submit = h(
    "button",
    { type: "submit", class: "primary", disabled: true },
    icon("send"),
    h("span", { text: t("media.send") }),
  );
  const form = h(
    "form",
    { class: "part-form", novalidate: true, "aria-label": t("media.form"), onsubmit: onSubmit, oninput: onChange },
    h(
      "div",
      { class: "part-fields" },
      field("kind", kind),
      url.element,
      Object.values(detailFields),
      field("size", size),
    ),
    h("p", { class: "hint", text: t("media.hint") }),
    h("div", { class: "send-line" }, price.element, submit),
  );
  let isSending = false;

  const chosenKind = () => /** @type {Api.MediaKind} */ (kind.value);
  const isComplete = () => url.isComplete();

  /**
   * @param {"kind" | "size" | Detail} name
   * @param {HTMLElement} control
   */
  function field(name, control) {
    control.id = freshId(name);
    const label = h("label", { for: control.id, text: t(`media.${name}`) });
    return h("div", { class: "field", "data-field": name }, label, control);
  }

  function onKind() {
    for (const name of /** @type {Detail[]} */ (Object.keys(details))) {
      setAttribute(detailFields[name], "hidden", !KINDS[chosenKind()].includes(name));
    }
    onChange();
  }

  /** @returns {Api.Media} */
  function file() {
    const bytes = Math.round(Number(size.value) * 1024);
    const filled = KINDS[chosenKind()].map((name) => [name, details[name].value.trim()]).filter(([, text]) => text);
    return {
      kind: chosenKind(),
      url: url.value(),
      ...Object.fromEntries(filled),
      ...(bytes > 0 ? { size_bytes: bytes } : {}),
    };
  }

  function onChange() {
    refreshSubmit();
    price.later();
  }

  function refreshSubmit() {
    setAttribute(submit, "disabled", !isComplete() || isSending || price.isRefused());
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    if (submit.disabled) return;
    setSending(true);
    try {
      const answer = await price.now();
      if (answer?.decision === "refuse") onRefused(answer);
      else await onSend(requestOf(file()));
    } finally {
      setSending(false);
    }
  }

  /** @param {boolean} value */
  function setSending(value) {
    isSending = value;
    setAttribute(form, "aria-busy", value);
    onChange();
  }

  onKind();
  return {
    element: form,
    focus: () => kind.focus(),
    reload() {
      price.forget();
      onChange();
    },
    leave: price.forget,
  };
}
