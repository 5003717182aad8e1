// @ts-check
// The part of the bell's dialog about mails. What it says comes from the API, a moment after the dialog has opened.

import { fetchMyNotifications, putDigestMinutes, putMyNotifications } from "../data/mail_choice.js";
import { hasRole, hasScope } from "../data/session.js";
import { t, timeLeft, writtenLanguage } from "../language/i18n.js";
import { freshId, h, replaceContent, setAttribute } from "./dom.js";

const LEADS = [15, 30, 60, 120, 240, 480];

/**
 * @returns {{ element: HTMLElement, save(): Promise<void> }} `save` throws as `ask` does; it changes nothing where
 *   nothing was chosen
 */
export function mailForm() {
  const element = h("fieldset", { class: "notify-choices" }, h("legend", { text: t("notify.mail_title") }));
  const note = h("p", { class: "hint", text: t("loading") });
  element.append(note);
  const box = h("input", { id: freshId("mail"), type: "checkbox", "aria-describedby": (note.id = freshId("hint")) });
  const leads = h("select", { id: freshId("digest"), onchange: explain });
  /** @type {Api.MyNotifications | null} */
  let before = null;

  const minutes = () => Number(leads.value) || null;

  function explain() {
    if (!before) return;
    const { no_mail_because: because, email } = before;
    // An admin may be about to switch them on.
    const why = because === "off" || !because ? (minutes() ? null : "off") : because;
    setAttribute(box, "disabled", why !== null);
    const left = timeLeft((minutes() ?? 0) * 60_000);
    note.textContent = why ? t(`no_mail.${why}`) : t("notify.mail_explained", { email: email ?? "", left });
  }

  async function load() {
    try {
      before = await fetchMyNotifications();
    } catch {
      note.textContent = t("notify.mail_unknown");
      return;
    }
    const { closing_digest_minutes: set, mail } = before;
    box.checked = mail;
    const offered = [...new Set([...LEADS, ...(set ? [set] : [])])].sort((a, b) => a - b);
    replaceContent(
      leads,
      h("option", { value: "0", text: t("notify.never") }),
      offered.map((each) => h("option", { value: String(each), text: timeLeft(each * 60_000) })),
    );
    leads.value = String(set ?? 0);
    setAttribute(leads, "disabled", before.no_mail_because === "mail_not_set_up");
    const line = h("div", { class: "choice-line" }, box, h("label", { for: box.id, text: t("notify.mail") }));
    const isAdmin = hasScope("admin") && hasRole("admin");
    const forAll = h("div", { class: "field" }, h("label", { for: leads.id, text: t("notify.mail_lead") }), leads);
    replaceContent(
      element,
      h("legend", { text: t("notify.mail_title") }),
      before.no_mail_because !== "no_member" && line,
      note,
      isAdmin && forAll,
    );
    explain();
  }

  async function save() {
    if (!before) return;
    const { mail, closing_digest_minutes: set, no_mail_because: because, language } = before;
    if (minutes() !== set) await putDigestMinutes(minutes());
    const isOwn = because !== "no_member" && because !== "mail_not_set_up";
    if (isOwn && !box.disabled && (box.checked !== mail || (mail && language !== writtenLanguage()))) {
      await putMyNotifications({ mail: box.checked, language: writtenLanguage() });
    }
  }

  load();
  return { element, save };
}
