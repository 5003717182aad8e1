// @ts-check
// The parts of the bell's dialog that the API knows of: who is told of chats that close soon while gate24 is closed, by
// mail and in this browser, and how long before. What they say comes a moment after the dialog has opened.

import { fetchMyNotifications, putDigestMinutes, putMyNotifications } from "../data/notification_routes.js";
import { canPush, isPushedHere, pushHere, pushHereNoMore } from "../data/push.js";
import { hasRole, hasScope } from "../data/session.js";
import { t, timeLeft, writtenLanguage } from "../language/i18n.js";
import { freshId, h, replaceContent, setAttribute } from "./dom.js";

const LEADS = [15, 30, 60, 120, 240, 480];

/**
 * `here` belongs to what is chosen for this device; `elsewhere` stands by itself. `wantsPush`: whether the browser's
 * permission is needed. `save` throws as `ask` does, and NotPushed; it changes nothing where nothing was chosen.
 *
 * @returns {{ here: HTMLElement, elsewhere: HTMLElement, wantsPush(): boolean, save(): Promise<void> }}
 */
export function closingForm() {
  const push = toldLine(t("notify.push"));
  const mail = toldLine(t("notify.mail"));
  const leads = h("select", { id: freshId("digest"), onchange: explain });
  const here = h("div", { class: "told-here" }, push.note);
  const elsewhere = h("div", { class: "told-elsewhere" }, h("p", { class: "hint", text: t("loading") }));
  /** @type {Api.MyNotifications | null} */
  let before = null;
  let wasPushed = false;

  const minutes = () => Number(leads.value) || null;
  const left = () => timeLeft((minutes() ?? 0) * 60_000);

  /**
   * An admin may be about to switch them on, or off.
   *
   * @param {string | null} because
   */
  const whyNot = (because) => (because === "off" || !because ? (minutes() ? null : "off") : because);

  function explain() {
    if (!before) return;
    const noMail = whyNot(before.no_mail_because);
    const noPush = canPush() ? whyNot(before.no_push_because) : "browser";
    const to = { email: before.email ?? "", left: left() };
    mail.explain(noMail && t(`no_mail.${noMail}`), t("notify.mail_explained", to));
    push.explain(noPush && t(`no_push.${noPush}`), t("notify.push_explained", { left: left() }));
  }

  async function load() {
    try {
      const found = await fetchMyNotifications();
      wasPushed = await isPushedHere(found);
      before = found;
    } catch {
      replaceContent(elsewhere, h("p", { class: "hint", text: t("notify.unknown") }));
      return;
    }
    const { closing_digest_minutes: set, no_mail_because: noMail, no_push_because: noPush } = before;
    mail.want(before.mail);
    push.want(wasPushed);
    const offered = [...new Set([...LEADS, ...(set ? [set] : [])])].sort((a, b) => a - b);
    replaceContent(
      leads,
      h("option", { value: "0", text: t("notify.never") }),
      offered.map((each) => h("option", { value: String(each), text: timeLeft(each * 60_000) })),
    );
    leads.value = String(set ?? 0);
    setAttribute(leads, "disabled", noMail === "mail_not_set_up" && noPush === "push_not_set_up");
    const isMember = noMail !== "no_member";
    const isAdmin = hasScope("admin") && hasRole("admin");
    replaceContent(here, isMember && canPush() && push.line, push.note);
    replaceContent(
      elsewhere,
      fieldset(t("notify.mail_title"), isMember && mail.line, mail.note),
      isAdmin && fieldset(t("notify.lead_title"), field(t("notify.lead_all"), leads)),
    );
    explain();
  }

  async function save() {
    if (!before) return;
    const { mail: hadMail, closing_digest_minutes: set, no_mail_because: because, language } = before;
    if (minutes() !== set) await putDigestMinutes(minutes());
    const isOwn = because !== "no_member" && because !== "mail_not_set_up";
    const isOther = mail.isChosen() !== hadMail || (hadMail && language !== writtenLanguage());
    if (isOwn && mail.canChoose() && isOther) {
      await putMyNotifications({ mail: mail.isChosen(), language: writtenLanguage() });
    }
    const { push_key: key } = before;
    if (!push.canChoose()) return;
    if (push.isChosen() && key && !wasPushed) await pushHere(key);
    if (wasPushed && !push.isChosen()) await pushHereNoMore();
    wasPushed = push.isChosen();
  }

  load();
  return { here, elsewhere, wantsPush: push.isChosen, save };
}

/**
 * A box to be checked, and what is said of it. What cannot be chosen is not checked.
 *
 * @param {string} words
 */
function toldLine(words) {
  let isWanted = false;
  const note = h("p", { id: freshId("hint"), class: "hint" });
  const box = h("input", { id: freshId("told"), type: "checkbox", disabled: true, "aria-describedby": note.id });
  box.addEventListener("change", () => (isWanted = box.checked));
  const line = h("div", { class: "choice-line" }, box, h("label", { for: box.id, text: words }));
  /**
   * @param {string | null} whyNot
   * @param {string} what
   */
  function explain(whyNot, what) {
    box.checked = isWanted && whyNot === null;
    setAttribute(box, "disabled", whyNot !== null);
    note.textContent = whyNot ?? what;
  }
  return {
    /** @param {boolean} value */
    want(value) {
      isWanted = value;
    },
    isChosen: () => box.checked,
    canChoose: () => !box.disabled,
    line,
    note,
    explain,
  };
}

/**
 * @param {string} title
 * @param {Dom.Children[]} content
 */
const fieldset = (title, ...content) =>
  h("fieldset", { class: "notify-choices" }, h("legend", { text: title }), content);

/**
 * @param {string} words
 * @param {HTMLElement} control
 */
const field = (words, control) => h("div", { class: "field" }, h("label", { for: control.id, text: words }), control);
