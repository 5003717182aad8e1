// @ts-check
// A form that sends a file: of this device, which is uploaded, or by its address, from which WhatsApp fetches it.

import { t } from "../language/i18n.js";
import { addressField } from "./address_field.js";
import { attachment } from "./attachment.js";
import { catchFocus, freshId, h, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { priceCheck } from "./price_check.js";

/** @typedef {"caption" | "filename"} Detail */

// What each kind may have beside the file (Meta, media messages, read 2026-11).
/** @type {Record<Api.MediaKind, Detail[]>} */
const KINDS = { image: ["caption"], document: ["caption", "filename"], video: ["caption"], audio: [], sticker: [] };

/**
 * @param {object} options
 * @param {() => string | null} options.channel
 * @param {(file: Api.Media) => Api.SendRequest} options.requestOf
 * @param {(request: Api.SendRequest) => Promise<unknown>} options.onSend
 * @param {(answer: Api.Refusal) => void} options.onRefused the dry run says no
 * @returns {Console.PartForm & { attach(file: File): void, choose(): void }}
 */
export function fileForm({ channel, requestOf, onSend, onRefused }) {
  const own = attachment({ channel, onChange: onAttach });
  const kinds = Object.keys(KINDS).map((name) => h("option", { value: name, text: t(`media.${name}`) }));
  const kind = h("select", { onchange: onKind }, kinds);
  const url = addressField(t("media.address"));
  /** @type {Record<Detail, HTMLInputElement>} */
  const details = {
    caption: h("input", {
      type: "text",
      maxlength: 1024,
      dir: "auto",
      autocomplete: "off",
      "aria-describedby": own.shown.id,
    }),
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
  const byAddress = h(
    "details",
    { class: "by-address" },
    h("summary", { text: t("attach.by_address") }),
    h("div", { class: "part-fields" }, field("kind", kind), url.element, field("size", size)),
    h("p", { class: "hint", text: t("media.hint") }),
  );
  const form = h(
    "form",
    { class: "part-form", novalidate: true, "aria-label": t("media.form"), onsubmit: onSubmit, oninput: onChange },
    own.element,
    byAddress,
    h("div", { class: "part-fields" }, Object.values(detailFields)),
    h("div", { class: "send-line" }, price.element, submit),
  );
  let isSending = false;
  let hadFile = false;

  const chosenKind = () => own.kind() ?? /** @type {Api.MediaKind} */ (kind.value);
  const isComplete = () => (own.kind() === null ? url.isComplete() : own.media() !== null);

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
    const isOwn = own.kind() !== null;
    const isNamed = isOwn || byAddress.open;
    setAttribute(byAddress, "hidden", isOwn);
    setAttribute(detailFields.caption, "hidden", !isNamed || !KINDS[chosenKind()].includes("caption"));
    // A file of this device has its own name.
    setAttribute(detailFields.filename, "hidden", !isNamed || isOwn || !KINDS[chosenKind()].includes("filename"));
    onChange();
  }

  function onAttach() {
    price.forget();
    onKind();
    const hasFile = own.kind() !== null;
    if (hasFile !== hadFile) catchFocus(hasFile ? beside() : own.picker);
    hadFile = hasFile;
  }

  /** Where one goes on once there is a file. On a phone no keyboard comes up by itself. */
  const beside = () =>
    detailFields.caption.hidden || matchMedia("(pointer: coarse)").matches ? own.shown : details.caption;

  /** @returns {Api.Media} */
  function file() {
    const bytes = Math.round(Number(size.value) * 1024);
    const filled = KINDS[chosenKind()].map((name) => [name, details[name].value.trim()]).filter(([, text]) => text);
    const uploaded = own.media();
    if (uploaded) return { ...Object.fromEntries(filled), ...uploaded };
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
      if (answer === undefined) return;
      if (answer?.decision === "refuse") onRefused(answer);
      else await onSend(requestOf(file()));
    } finally {
      setSending(false);
      catchFocus(submit);
    }
  }

  /** @param {boolean} value */
  function setSending(value) {
    isSending = value;
    setAttribute(form, "aria-busy", value);
    onChange();
  }

  byAddress.addEventListener("toggle", onKind);
  onKind();
  return {
    element: form,
    focus: () => (own.kind() === null ? own.picker : beside()).focus(),
    attach: own.attach,
    choose: own.choose,
    reload() {
      price.forget();
      onChange();
    },
    rechannel: own.reload,
    leave() {
      price.leave();
      own.leave();
    },
  };
}
