// @ts-check
// Notes of the organization's people about a contact: they never leave gate24, and do not look like messages.

import { epochMs } from "../data/clock.js";
import { draftName, draftOf, keepDraft, storedDraft, withoutDraft } from "../data/drafts.js";
import { clockTime, fullTime, t } from "../language/i18n.js";
import { foreignText, freshId, h, onEscape, setAttribute } from "./dom.js";
import { icon } from "./icons.js";

const LONGEST = 4096;

/** @param {Api.Note} note */
export function noteItem({ id, text, author, at: time }) {
  const at = epochMs(time) ?? 0;
  return h(
    "li",
    { class: "note-item", "data-note": id },
    h(
      "p",
      { class: "note-head" },
      icon("lock"),
      h("span", { class: "note-by" }, h("span", { text: t("note.by") }), " ", h("bdi", { text: author?.name ?? "" })),
      h("time", { datetime: time, title: fullTime(at), text: clockTime(at) }),
    ),
    foreignText("p", text, { class: "text" }),
  );
}

/**
 * @param {object} options
 * @param {string} options.phone
 * @param {(text: string) => Promise<boolean>} options.onSave resolves to true once the note is kept
 * @param {() => void} options.onClose
 */
export function noteForm({ phone, onSave, onClose }) {
  const draft = draftName("note", phone);
  const input = h("textarea", {
    id: freshId("note"),
    rows: 3,
    maxlength: LONGEST,
    dir: "auto",
    "aria-label": t("note.write"),
    placeholder: t("note.write"),
    value: draftOf(draft),
    oninput: onInput,
    onkeydown: onKeyDown,
  });
  const onBack = onEscape(onClose);
  let isSaving = false;
  const save = h("button", { type: "submit", class: "primary", disabled: true, text: t("note.save") });
  const element = h(
    "form",
    { class: "note-form", hidden: true, "aria-label": t("team.note"), onsubmit: onSubmit },
    h("p", { class: "note-hint" }, icon("lock"), h("span", { text: t("note.hint") })),
    input,
    h(
      "div",
      { class: "note-line" },
      h("button", { type: "button", class: "secondary", text: t("note.back"), onclick: onClose }),
      save,
    ),
  );

  function onInput() {
    keepDraft(draft, input.value);
    refresh();
  }

  async function restore() {
    const stored = await storedDraft(draft);
    if (!input.value) input.value = stored;
    refresh();
  }

  function refresh() {
    setAttribute(save, "disabled", isSaving || !input.value.trim());
    setAttribute(input, "readonly", isSaving);
  }

  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    onBack(event);
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    element.requestSubmit();
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text || save.disabled) return;
    isSaving = true;
    refresh();
    const isSaved = await withoutDraft(draft, () => onSave(text));
    isSaving = false;
    if (isSaved) {
      input.value = "";
      onClose();
    }
    refresh();
  }

  restore();
  return { element, focus: () => input.focus() };
}
