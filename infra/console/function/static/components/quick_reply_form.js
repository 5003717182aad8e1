// @ts-check
// A dialog in which the quick replies of the organization are edited.

import { fetchQuickReplies, putQuickReplies } from "../data/inbox_routes.js";
import { t } from "../language/i18n.js";
import { announce } from "./announcer.js";
import { confirm } from "./dialog.js";
import { freshId, h, setAttribute } from "./dom.js";
import { icon } from "./icons.js";

const LONGEST_NAME = 60;
const LONGEST_TEXT = 4096;

class ChangedMeanwhile extends Error {}

/**
 * Resolves to the replies as they are kept, or to null where nothing was changed.
 *
 * @param {Api.QuickReply[]} replies
 * @returns {Promise<Api.QuickReply[] | null>}
 */
export async function editQuickReplies(replies) {
  /** @type {{ element: HTMLElement, value(): Api.QuickReply }[]} */
  let entries = [];
  const list = h("div", { class: "reply-fields" });
  const add = h("button", { type: "button", class: "secondary", text: t("replies.add"), onclick: onAdd });
  /** @type {Api.QuickReply[] | null} */
  let kept = null;

  /** @param {Api.QuickReply} reply */
  function entry({ name, text }) {
    const named = h("input", { id: freshId("name"), type: "text", maxlength: LONGEST_NAME, value: name, dir: "auto" });
    const words = h("textarea", { id: freshId("text"), rows: 2, maxlength: LONGEST_TEXT, value: text, dir: "auto" });
    const remove = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": t("replies.remove", { name }), onclick: onRemove },
      icon("close"),
    );
    const element = h(
      "div",
      { class: "reply-entry", role: "group", "aria-label": name || t("replies.add") },
      h("div", { class: "field" }, h("label", { for: named.id, text: t("replies.name") }), named),
      h("div", { class: "field" }, h("label", { for: words.id, text: t("replies.text") }), words),
      remove,
    );
    const made = { element, value: () => ({ name: named.value.trim(), text: words.value.trim() }) };

    function onRemove() {
      entries = entries.filter((each) => each !== made);
      element.remove();
      list.dispatchEvent(new Event("input", { bubbles: true }));
      add.focus();
    }
    entries.push(made);
    list.append(element);
    return named;
  }

  function onAdd() {
    entry({ name: "", text: "" }).focus();
    list.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const [first] = replies.map(entry);
  setAttribute(first ?? add, "autofocus", true);
  const values = () => entries.map((each) => each.value());
  const isComplete = () => {
    const names = values().map(({ name }) => name.toLocaleLowerCase());
    return new Set(names).size === names.length && values().every(({ name, text }) => name && text);
  };
  const isDone = await confirm({
    title: t("replies.edit"),
    explanation: t("replies.explained"),
    action: t("replies.save"),
    fields: [list, add],
    ready: isComplete,
    missing: t("replies.missing"),
    isLong: true,
    async act() {
      // All are put at once: what somebody else has written meanwhile is not to be lost.
      const now = (await fetchQuickReplies()).data;
      if (JSON.stringify(now) !== JSON.stringify(replies)) throw new ChangedMeanwhile();
      kept = (await putQuickReplies(values())).data;
    },
    troubleOf: (error) => (error instanceof ChangedMeanwhile ? t("replies.changed") : null),
  });
  if (isDone) announce(t("replies.saved"));
  return kept;
}
