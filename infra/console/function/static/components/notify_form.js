// @ts-check
// A dialog: what to be told of, on this device and by mail. The browser is asked for its permission by the click alone.

import { NotPushed } from "../data/push.js";
import { canNotify, keepNotifyChoice, notifyChoice } from "../data/notify_choice.js";
import { t, timeLeft } from "../language/i18n.js";
import { announce } from "./announcer.js";
import { closingForm } from "./closing_form.js";
import { confirm } from "./dialog.js";
import { freshId, h } from "./dom.js";

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
  const closing = closingForm();
  const ofMessages = checkbox(messages);
  const withWords = checkbox(words);
  const isDone = await confirm({
    title: t("notify.title"),
    explanation: t("notify.about"),
    action: t("notify.save"),
    mayLeave: true, // until the browser was answered, which asks for its permission
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
        closing.here,
      ),
      closing.elsewhere,
    ],
    act: async () => {
      if (canNotify()) await chooseDesktop();
      await closing.save();
    },
    troubleOf: (error) => {
      if (error instanceof NotAllowed) return t("notify.denied");
      return error instanceof NotPushed ? t("notify.push_failed") : null;
    },
  });
  if (isDone) announce(t("notify.saved"));
  return isDone;

  async function chooseDesktop() {
    const chosen = { lead: Number(leads.value), messages: ofMessages.checked, words: withWords.checked };
    const isWanted = chosen.lead > 0 || chosen.messages || closing.wantsPush();
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
