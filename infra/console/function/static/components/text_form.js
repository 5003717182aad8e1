// @ts-check
// A form that sends text, with draft, length and price.

import { draftOf, keepDraft, storedDraft, withoutDraft } from "../data/drafts.js";
import { number, t } from "../language/i18n.js";
import { announceNow } from "./announcer.js";
import { catchFocus, freshId, h, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { priceCheck } from "./price_check.js";

const LONGEST = 4096;
const SHOW_LENGTH_FROM = LONGEST - 500;
/** So long nobody asks what becomes of it. */
const SLOW_MS = 700;

/**
 * @param {object} options
 * @param {string} options.phone
 * @param {string} options.aboutId of the element that shows what is replied to
 * @param {HTMLElement[]} options.tools buttons beside that for sending
 * @param {(body: string) => Api.SendRequest} options.requestOf
 * @param {(request: Api.SendRequest) => Promise<boolean>} options.onSend resolves to true once the text is no longer needed
 * @param {(answer: Api.Refusal) => void} options.onRefused the dry run says no
 * @param {(isAsking: boolean) => void} options.onAsking the gate is asked, and that takes a while; or it has answered
 * @param {() => void} options.onType
 * @param {(files: File[]) => void} options.onFiles pasted
 */
export function textForm({ phone, aboutId, tools, requestOf, onSend, onRefused, onAsking, onType, onFiles }) {
  const input = h("textarea", {
    id: freshId("message"),
    rows: 2,
    dir: "auto",
    placeholder: t("composer.write"),
    "aria-label": t("composer.label"),
    "aria-describedby": aboutId,
    value: draftOf(phone),
    oninput: onInput,
    onkeydown: onKeyDown,
    onpaste: onPaste,
  });
  const length = h("span", { class: "length" });
  const submit = h(
    "button",
    { type: "submit", class: "primary" },
    icon("send"),
    h("span", { text: t("composer.send") }),
  );
  const price = priceCheck(() => (isOpen && text() ? requestOf(text()) : null), refreshSubmit);
  const form = h(
    "form",
    { class: "text-form", onsubmit: onSubmit },
    input,
    h("div", { class: "send-line" }, h("div", { class: "parts" }, tools), price.element, length, submit),
  );
  let isOpen = false;
  let isAside = false;
  let isSending = false;

  const text = () => input.value.trim();

  function onInput() {
    keepDraft(phone, input.value);
    onType();
    refresh();
  }

  /** @param {ClipboardEvent} event */
  function onPaste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    onFiles(files);
  }

  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    // Whoever holds the key chose something else with it.
    if (!event.repeat) form.requestSubmit();
  }

  function refresh() {
    const count = [...text()].length;
    setText(length, count > SHOW_LENGTH_FROM ? `${number(count)} / ${number(LONGEST)}` : "");
    setAttribute(length, "data-over", count > LONGEST);
    setAttribute(input, "readonly", !isOpen || isSending);
    setAttribute(form, "aria-busy", isSending);
    setAttribute(form, "hidden", !isOpen && !text());
    setAttribute(submit, "hidden", !isOpen || isAside);
    for (const part of [input, price.element, length]) setAttribute(part, "hidden", isOpen && isAside);
    refreshSubmit();
    price.later();
  }

  function refreshSubmit() {
    const count = [...text()].length;
    setAttribute(submit, "disabled", !isOpen || !count || count > LONGEST || isSending || price.isRefused());
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    if (submit.disabled) return sayWhyNot();
    const request = requestOf(text());
    const hadFocus = form.contains(document.activeElement);
    setSending(true);
    const slow = setTimeout(() => onAsking(true), SLOW_MS);
    try {
      const answer = await price.now().finally(() => clearTimeout(slow));
      onAsking(false);
      if (answer === undefined) return;
      if (answer?.decision === "refuse") onRefused(answer);
      else if (await withoutDraft(phone, () => onSend(request))) clear();
    } finally {
      setSending(false);
      // The button that was pressed is disabled.
      if (hadFocus) catchFocus(input);
    }
  }

  /** Why Enter does nothing, where that is only seen beside the button. */
  function sayWhyNot() {
    if (length.hasAttribute("data-over")) announceNow(length.textContent ?? "");
    else if (price.isRefused()) announceNow(price.element.textContent ?? "");
  }

  /** @param {boolean} value */
  function setSending(value) {
    isSending = value;
    refresh();
  }

  function clear() {
    input.value = "";
    price.forget();
  }

  async function restore() {
    const stored = await storedDraft(phone);
    if (!stored || input.value || draftOf(phone)) return;
    input.value = stored;
    refresh();
  }

  if (!input.value) restore();
  return {
    element: form,
    hasDraft: () => text() !== "",
    focus: () => input.focus(),
    /**
     * Closed, it still shows the draft, but nothing can be typed or sent.
     *
     * @param {boolean} value
     */
    setOpen(value) {
      isOpen = value;
      refresh();
    },
    /**
     * Put aside for a template or a file, so that there is one button that sends. A draft that cannot be sent stays.
     *
     * @param {boolean} value
     */
    setAside(value) {
      isAside = value;
      refresh();
    },
    /** The channel has changed, or what may be sent. */
    reload() {
      price.forget();
      refresh();
    },
    leave: price.leave,
  };
}
