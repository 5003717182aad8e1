// @ts-check
// A dialog: what to be told of, on the desktop and by mail. The browser is asked for its permission by the click alone.

import { canNotify, keepNotifyChoice, notifyChoice } from "../data/notify_choice.js";
import { t, timeLeft } from "../language/i18n.js";
import { announce } from "./announcer.js";
import { confirm } from "./dialog.js";
import { freshId, h } from "./dom.js";
import { mailForm } from "./mail_form.js";

const LEADS = [15, 30, 60, 120];

/** Resolves to true where something was chosen. */
export async function chooseNotifications() {
  const { lead, messages, words } = notifyChoice();
  const leads = h(
    "select",
    { id: freshId("lead") },
    h("option", { value: "0", text: t("notify.never") }),
    LEADS.map((minutes) => h("option", { value: String(minutes), text: timeLeft(minutes * 60_000) })),
  );
  leads.value = String(lead || (canNotify() && Notification.permission === "default" ? 30 : 0));
  const mails = mailForm();
  const ofMessages = checkbox(messages);
  const withWords = checkbox(words);
  const isDone = await confirm({
    title: t("notify.title"),
    explanation: t("notify.about"),
    action: t("notify.save"),
    fields: [
      h(
        "fieldset",
        { class: "notify-choices" },
        h("legend", { text: t("notify.desktop_title") }),
        h("p", { class: "hint", text: t(canNotify() ? "notify.explained" : "notify.none") }),
        canNotify() && [
          h("div", { class: "field" }, h("label", { for: leads.id, text: t("notify.lead") }), leads),
          choice(ofMessages, t("notify.messages")),
          choice(withWords, t("notify.words")),
        ],
      ),
      mails.element,
    ],
    act: async () => {
      if (canNotify()) await chooseDesktop();
      await mails.save();
    },
    troubleOf: (error) => (error instanceof NotAllowed ? t("notify.denied") : null),
  });
  if (isDone) announce(t("notify.saved"));
  return isDone;

  async function chooseDesktop() {
    const chosen = { lead: Number(leads.value), messages: ofMessages.checked, words: withWords.checked };
    const isWanted = chosen.lead > 0 || chosen.messages;
    if (isWanted && (await Notification.requestPermission()) !== "granted") throw new NotAllowed();
    keepNotifyChoice(chosen);
  }
}

class NotAllowed extends Error {}

/** @param {boolean} isChecked */
const checkbox = (isChecked) => h("input", { id: freshId("notify"), type: "checkbox", checked: isChecked });

/**
 * @param {HTMLInputElement} box
 * @param {string} words
 */
const choice = (box, words) => h("div", { class: "choice-line" }, box, h("label", { for: box.id, text: words }));
