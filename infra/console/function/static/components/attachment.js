// @ts-check
// A file of this device: chosen, photographed, dropped or pasted, shown, and uploaded before it is sent. Nothing of it can
// run: a picture is drawn, of anything else the name and size are told.

import { Problem } from "../data/api.js";
import { ACCEPTED, LARGEST_BYTES, sendable } from "../data/attachments.js";
import { uploadMedia } from "../data/routes.js";
import { number, t } from "../language/i18n.js";
import { faultWords, refusalWords } from "../language/problem_words.js";
import { announce } from "./announcer.js";
import { foreignText, freshId, h, replaceContent, setAttribute } from "./dom.js";
import { fileIcon, icon } from "./icons.js";

const KB = 1024;

/**
 * @param {object} options
 * @param {() => string | null} options.channel
 * @param {() => void} options.onChange
 */
export function attachment({ channel, onChange }) {
  /** @type {{ file: File, kind: Api.MediaKind } | null} */
  let chosen = null;
  /** What the server knows it by. @type {string | null} */
  let id = null;
  /** @type {AbortController | null} */
  let uploading = null;
  /** Counts what was attached, so that the latest stands there, whichever is ready first. */
  let attached = 0;

  const choose = picker("attach.choose", "file", { accept: ACCEPTED });
  const photo = picker("attach.photo", "image", { accept: "image/*", capture: "environment" });
  photo.label.classList.add("photo");
  const shown = h("div", { id: freshId("attached"), class: "attached", role: "group", tabindex: "-1", hidden: true });
  const fault = h("p", { class: "trouble", role: "alert" });
  const hint = h(
    "p",
    { class: "hint" },
    h("span", { class: "drop-words", text: t("attach.drop") }),
    " ",
    t("attach.hint", { mb: LARGEST_BYTES / KB / KB }),
  );
  const pickers = h("div", { class: "pickers" }, choose.label, photo.label);
  const element = h("div", { class: "attachment" }, pickers, shown, fault, hint);

  /**
   * @param {string} words
   * @param {import("./icons.js").IconName} picture
   * @param {Record<string, Dom.Property>} attributes
   */
  function picker(words, picture, attributes) {
    const input = h("input", { type: "file", class: "unseen", ...attributes, onchange: onPick });
    async function onPick() {
      const [file] = input.files ?? [];
      input.value = "";
      if (file) await attach(file);
    }
    const label = h("label", { class: "secondary" }, icon(picture), h("span", { text: t(words) }), input);
    return { label, input };
  }

  /** @param {File} file */
  async function attach(file) {
    clear();
    const own = attached;
    const found = await sendable(file);
    if (own !== attached) return;
    if ("fault" in found) {
      const mb = number(file.size / KB / KB, { maximumFractionDigits: 1 });
      return refuse(t(`attach.${found.fault}`, { size: mb, mb: LARGEST_BYTES / KB / KB }));
    }
    chosen = found;
    await send();
  }

  async function send() {
    if (!chosen) return;
    const own = new AbortController();
    uploading?.abort();
    uploading = own;
    id = null;
    const bar = h("progress", { max: 1, value: 0, "aria-label": t("attach.uploading") });
    const state = h("span", { class: "upload-state", text: t("attach.uploading") });
    draw(chosen, bar, state);
    onChange();
    try {
      const answer = await uploadMedia(chosen.file, channel(), (share) => (bar.value = share), own.signal);
      id = answer.id;
      bar.remove();
      state.textContent = t("attach.ready");
      announce(t("attach.ready"));
    } catch (error) {
      if (own.signal.aborted) return;
      const { body } = error instanceof Problem ? error : { body: null };
      clear();
      refuse(body ? [refusalWords(body), ...faultWords(body)].join(" ") : t("attach.failed"));
    }
    onChange();
  }

  /**
   * @param {{ file: File, kind: Api.MediaKind }} of
   * @param {HTMLElement[]} progress
   */
  function draw({ file, kind }, ...progress) {
    const words = t("attach.remove");
    const drop = { type: "button", class: "icon-button", "aria-label": words, title: words, onclick: onDrop };
    const preview = h("span", { class: "thumb" }, fileIcon(kind));
    const size = h("span", { class: "size", text: sizeWords(file.size) });
    replaceContent(
      shown,
      preview,
      h("div", { class: "about" }, foreignText("bdi", file.name), size, progress),
      h("button", drop, icon("close")),
    );
    setAttribute(shown, "aria-label", `${file.name}, ${sizeWords(file.size)}`);
    setAttribute(shown, "hidden", null);
    setAttribute(pickers, "hidden", true);
    setAttribute(hint, "hidden", true);
    if (kind !== "image") return;
    const reader = new FileReader();
    reader.onload = () => replaceContent(preview, h("img", { src: String(reader.result), alt: "" }));
    reader.readAsDataURL(file);
  }

  /** @param {string} words */
  function refuse(words) {
    replaceContent(fault, words);
    onChange();
  }

  /** What is being made ready is no longer wanted. */
  function leave() {
    attached += 1;
    uploading?.abort();
  }

  function onDrop() {
    clear();
    onChange();
  }

  function clear() {
    leave();
    chosen = null;
    id = null;
    replaceContent(fault);
    replaceContent(shown);
    setAttribute(shown, "hidden", true);
    setAttribute(pickers, "hidden", null);
    setAttribute(hint, "hidden", null);
  }

  return {
    element,
    attach,
    picker: choose.input,
    /** What is shown of the file. */
    shown,
    /** Opens the device's own dialog, which browsers do only upon a click or a key. */
    choose: () => choose.input.click(),
    kind: () => chosen?.kind ?? null,
    /**
     * The file as a message names it; null while there is none, or it is on its way.
     *
     * @returns {Api.Media | null}
     */
    media() {
      if (!chosen || !id) return null;
      const { file, kind } = chosen;
      return { kind, id, size_bytes: file.size, ...(kind === "document" ? { filename: file.name } : {}) };
    },
    /** Another channel: a file is one channel's. */
    reload: send,
    leave,
  };
}

/** @param {number} bytes */
const sizeWords = (bytes) =>
  bytes < KB * KB
    ? t("media.kb", { kb: Math.max(1, Math.round(bytes / KB)) })
    : t("media.mb", { mb: number(bytes / KB / KB, { maximumFractionDigits: 1 }) });
