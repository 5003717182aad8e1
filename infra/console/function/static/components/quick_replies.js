// @ts-check
// Quick replies: a text that is used often is put into the composer, by a button or "/" where it is empty.

import { Problem } from "../data/api.js";
import { fetchQuickReplies } from "../data/inbox_routes.js";
import { channelName, hasScope } from "../data/session.js";
import { t } from "../language/i18n.js";
import { problemWords } from "../language/problem_words.js";
import { catchFocus, freshId, h, onEscape, replaceContent, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { editQuickReplies } from "./quick_reply_form.js";

/**
 * @param {object} options
 * @param {() => Console.Contact} options.contact
 * @param {() => string | null} options.channel
 * @param {HTMLElement} options.composer
 */
export function quickReplies({ contact, channel, composer }) {
  const found = composer.querySelector("textarea");
  const tools = composer.querySelector(".text-form .parts");
  if (!found || !tools) return { stop() {} };
  const textarea = found;
  const ended = new AbortController();
  /** @type {Api.QuickReply[]} */
  let replies = [];
  /** Those that are shown. @type {Api.QuickReply[]} */
  let shown = [];
  let chosen = 0;
  let isEditing = false;

  const listId = freshId("replies");
  const input = h("input", {
    type: "text",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": listId,
    "aria-autocomplete": "list",
    "aria-label": t("replies.find"),
    placeholder: t("replies.find"),
    autocomplete: "off",
    dir: "auto",
    oninput: draw,
    onkeydown: onKey,
  });
  const list = h("ul", { id: listId, class: "reply-list", role: "listbox", "aria-label": t("replies.title") });
  const note = h("p", { class: "hint" });
  const edit = h("button", { type: "button", class: "quiet", text: t("replies.edit"), onclick: onEdit });
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": t("close"), onclick: () => show(false) },
    icon("close"),
  );
  const panel = h(
    "div",
    {
      class: "replies",
      role: "group",
      "aria-label": t("replies.title"),
      hidden: true,
      onkeydown: onEscape(() => show(false)),
    },
    h("div", { class: "reply-line" }, input, hasScope("send") && edit, close),
    note,
    list,
  );
  const button = h(
    "button",
    { type: "button", class: "secondary", "aria-expanded": "false", onclick: () => show(panel.hidden) },
    icon("list"),
    h("span", { text: t("replies.title") }),
  );
  tools.append(button);
  composer.prepend(panel);

  /** @param {boolean} isShown */
  function show(isShown) {
    setAttribute(panel, "hidden", !isShown);
    setAttribute(button, "aria-expanded", String(isShown));
    if (!isShown) return textarea.focus();
    input.value = "";
    input.focus();
    draw();
    load();
  }

  async function load() {
    try {
      replies = (await fetchQuickReplies()).data;
      draw();
      return true;
    } catch (error) {
      replaceContent(note, error instanceof Problem ? problemWords(error.code) : t("problem.unreachable"));
      return false;
    }
  }

  function draw() {
    const sought = input.value.trim().toLocaleLowerCase();
    shown = replies.filter(({ name, text }) => `${name} ${text}`.toLocaleLowerCase().includes(sought));
    chosen = Math.min(chosen, Math.max(0, shown.length - 1));
    replaceContent(list, shown.map(option));
    replaceContent(note, shown.length ? null : t(replies.length ? "replies.none_found" : "replies.none"));
    mark();
  }

  /**
   * @param {Api.QuickReply} reply
   * @param {number} index
   */
  const option = (reply, index) =>
    h(
      "li",
      { id: `${listId}-${index}`, role: "option", onclick: () => use(reply) },
      h("bdi", { class: "reply-name", text: reply.name }),
      h("span", { class: "reply-text", dir: "auto", text: filled(reply.text) }),
    );

  function mark() {
    [...list.children].forEach((item, index) => setAttribute(item, "aria-selected", String(index === chosen)));
    setAttribute(input, "aria-activedescendant", shown.length ? `${listId}-${chosen}` : null);
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => (chosen = Math.min(shown.length - 1, chosen + 1)),
      ArrowUp: () => (chosen = Math.max(0, chosen - 1)),
      Enter: () => shown[chosen] && use(shown[chosen]),
    };
    if (!(event.key in keys) || event.isComposing) return;
    event.preventDefault();
    keys[event.key]();
    if (!panel.hidden) mark();
  }

  /** @param {Api.QuickReply} reply */
  function use({ text }) {
    const before = textarea.value.trim();
    textarea.value = before ? `${before} ${filled(text)}` : filled(text);
    textarea.dispatchEvent(new InputEvent("input", { bubbles: true }));
    show(false);
  }

  /**
   * The text with what is known of the contact.
   *
   * @param {string} text
   */
  function filled(text) {
    const { name, number } = contact();
    const id = channel();
    /** @type {Record<string, string>} */
    const values = { name: name ?? "", phone: number ?? "", channel: id ? channelName(id) : "" };
    const words = text.replace(/\{\{(\w+)\}\}/g, (place, key) => values[key] ?? place);
    // Without a name no gap is left.
    return words
      .replace(/ {2,}/g, " ")
      .replace(/ ([,.!?])/g, "$1")
      .trim();
  }

  /** What is saved takes the place of all: those of now are edited. */
  async function onEdit() {
    if (isEditing) return;
    isEditing = true;
    const next = (await load()) && !ended.signal.aborted && !panel.hidden ? await editQuickReplies(replies) : null;
    isEditing = false;
    if (!next) return catchFocus(input);
    replies = next;
    draw();
    input.focus();
  }

  /** @param {KeyboardEvent} event */
  function onSlash(event) {
    if (event.key !== "/" || textarea.value || textarea.readOnly || event.isComposing) return;
    event.preventDefault();
    show(true);
  }

  textarea.addEventListener("keydown", onSlash, { signal: ended.signal });
  return {
    stop() {
      ended.abort();
    },
  };
}
