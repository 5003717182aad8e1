// @ts-check
// A chat with somebody who has not written: the number, what the person agreed to, and the first template.

import { announce } from "../components/announcer.js";
import { consentFields, field } from "../components/consent_fields.js";
import { freshId, h, replaceContent, setAttribute } from "../components/dom.js";
import { firstTemplate } from "../components/first_template.js";
import { icon } from "../components/icons.js";
import { Problem } from "../data/api.js";
import { draftName, keepDraft, storedDraft } from "../data/drafts.js";
import { loadMembers } from "../data/members.js";
import { lookUp } from "../data/new_number.js";
import { importPeople } from "../data/people_routes.js";
import { channels, hasRole, hasScope } from "../data/session.js";
import { listed, t } from "../language/i18n.js";
import { spacedNumber } from "../language/names.js";
import { actionWords, problemWords, refusalWords } from "../language/problem_words.js";
import { reasonWords } from "../language/reason_words.js";
import { go } from "./router.js";

const LONGEST_NAME = 200;
const MOST_NAMES = 6;

/**
 * Opens the dialog.
 *
 * @param {string} start the number that was searched for, or empty
 */
export function newChat(start) {
  const ours = channels();
  /** The person's number, once the server has read it. */
  let phone = "";
  let isBusy = false;

  const title = h("h2", { id: freshId("title"), text: t("newchat.title") });
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": t("close"), onclick: leave },
    icon("close"),
  );
  const trouble = h("div", { id: freshId("trouble"), class: "trouble", role: "alert" });
  const place = h("div", { class: "new-chat-step" });
  /** @type {HTMLDialogElement} */
  const dialog = h(
    "dialog",
    { class: "new-chat", "aria-labelledby": title.id, oncancel: onCancel, onclose: onClose },
    h("header", {}, title, close),
    place,
    trouble,
  );

  const number = h("input", {
    id: freshId("number"),
    type: "tel",
    dir: "ltr",
    autocomplete: "off",
    maxlength: 40,
    value: start,
    placeholder: "+91 98765 43210",
    "aria-describedby": trouble.id,
  });
  const channel = h(
    "select",
    { id: freshId("channel") },
    ours.map((each) => h("option", { value: each.id, text: spacedNumber(each.business_number) })),
  );
  const channelField = ours.length > 1 ? field(t("newchat.channel"), channel) : null;

  /** @type {ReturnType<typeof firstTemplate> | null} */
  let first = null;

  function onClose() {
    first?.leave();
    dialog.remove();
  }

  function leave() {
    if (!isBusy) dialog.close();
  }

  /** @param {Event} event */
  function onCancel(event) {
    if (isBusy) event.preventDefault();
  }

  /**
   * @param {readonly string[]} lines
   * @param {string | null} [code] of the API
   */
  function complain(lines, code = null) {
    setAttribute(number, "aria-invalid", code === "recipient_invalid" || null);
    replaceContent(
      trouble,
      lines.map((text) => h("p", { text })),
    );
  }

  /**
   * Does what a button asks for, and says why it could not.
   *
   * @param {HTMLElement} form
   * @param {() => Promise<unknown>} work
   */
  async function busy(form, work) {
    if (isBusy) return;
    isBusy = true;
    setAttribute(number, "aria-invalid", null);
    setAttribute(form, "aria-busy", true);
    replaceContent(trouble);
    try {
      await work();
    } catch (error) {
      const code = error instanceof Problem ? error.code : null;
      complain([code ? problemWords(code) : t("problem.unreachable")], code);
    } finally {
      isBusy = false;
      setAttribute(form, "aria-busy", null);
    }
  }

  /** @param {string} words */
  const heading = (words) => h("p", { class: "step-words", text: words });

  /**
   * The person, with the way back to the first step.
   *
   * @param {boolean} mayChange
   */
  function who(mayChange = true) {
    const again = h("button", { type: "button", class: "quiet", text: t("newchat.change"), onclick: showNumber });
    return h(
      "p",
      { class: "new-chat-who" },
      icon("contact"),
      h("strong", { dir: "ltr", text: spacedNumber(phone) }),
      mayChange && again,
    );
  }

  function showNumber() {
    replaceContent(trouble);
    const next = h("button", { type: "submit", class: "primary", text: t("newchat.next") });
    const form = h(
      "form",
      { onsubmit, oninput: refresh },
      heading(t("newchat.number_words")),
      field(t("newchat.number"), number),
      channelField,
      h("div", { class: "dialog-actions" }, next),
    );

    function refresh() {
      setAttribute(next, "disabled", number.value.trim() === "");
    }

    /** @param {SubmitEvent} event */
    function onsubmit(event) {
      event.preventDefault();
      if (number.value.trim()) busy(form, find);
    }
    refresh();
    replaceContent(place, form);
    number.focus();
  }

  async function find() {
    const found = await lookUp(number.value.trim(), channel.value || undefined);
    if (found.is === "known") {
      announce(t("newchat.known"));
      return openChat(found.phone);
    }
    if (found.is === "refused") {
      const { code } = found.refusal;
      const words = code === "recipient_invalid" ? t("newchat.no_number") : refusalWords(found.refusal);
      const more = code === "recipient_invalid" ? [] : actionWords(found.refusal);
      return complain([words, ...more], code);
    }
    ({ phone } = found);
    if (hasScope("consent") && hasRole("supervisor")) await showConsent();
    else await showWhoCan();
  }

  /** Whoever may not record a consent is told who may. */
  async function showWhoCan() {
    const able = (await loadMembers()).filter(({ role }) => role !== "agent").map(({ name }) => name);
    const some = able.slice(0, MOST_NAMES);
    replaceContent(
      place,
      who(),
      h("p", { text: t("newchat.not_agreed") }),
      h("p", { text: some.length ? t("newchat.who_can", { names: listed(some) }) : t("newchat.who_can_role") }),
      h(
        "div",
        { class: "dialog-actions" },
        h("button", { type: "button", class: "primary", text: t("close"), onclick: leave }),
      ),
    );
    place.querySelector("button")?.focus();
  }

  async function showConsent() {
    const name = h("input", {
      id: freshId("name"),
      type: "text",
      maxlength: LONGEST_NAME,
      autocomplete: "off",
      dir: "auto",
    });
    const next = h("button", { type: "submit", class: "primary", text: t("newchat.record") });
    const agreed = consentFields();
    const draft = draftName("consent", phone);
    const [kept, ...filled] = JSON.parse((await storedDraft(draft)) || "[]");
    if (filled.length) agreed.fill(filled);
    name.value = kept ?? "";
    const form = h(
      "form",
      { onsubmit, oninput: onFill, onchange: onFill },
      who(),
      heading(t("newchat.consent_words")),
      agreed.element,
      field(t("newchat.name"), name),
      h("div", { class: "dialog-actions" }, next),
    );

    function refresh() {
      setAttribute(next, "disabled", !agreed.isComplete());
    }

    /** Whoever closes the dialog by mistake finds it as it was. */
    function onFill() {
      refresh();
      const values = [name.value, ...agreed.filled()];
      keepDraft(draft, values.some(Boolean) ? JSON.stringify(values) : "");
    }

    /** @param {SubmitEvent} event */
    function onsubmit(event) {
      event.preventDefault();
      if (agreed.isComplete()) busy(form, () => record(name.value.trim(), agreed.value()));
    }
    refresh();
    replaceContent(place, form);
    agreed.focus();
  }

  /**
   * By the import's own rules: a later opt-out stays, and the same consent again is the same.
   *
   * @param {string} name
   * @param {{ consent_source: string, consent_at: string, consent_evidence: string }} agreed
   */
  async function record(name, agreed) {
    const said = { consent: "opt_in", ...agreed };
    const report = await importPeople({
      columns: ["phone", "name", ...Object.keys(said)],
      rows: [{ row: 1, cells: [phone, name, ...Object.values(said)] }],
    });
    const { outcome, reasons } = report.rows[0];
    if (outcome === "outdated" || outcome === "rejected") return complain(reasons.map(reasonWords));
    keepDraft(draftName("consent", phone), "");
    announce(t("newchat.recorded"));
    showTemplate();
  }

  function showTemplate() {
    first = firstTemplate({
      phone,
      channel: channel.value,
      onBusy: (value) => (isBusy = value),
      onOpen: () => openChat(phone),
    });
    replaceContent(place, who(false), heading(t("newchat.template_words")), first.element);
    first.focus();
  }

  /** @param {string} of */
  function openChat(of) {
    isBusy = false;
    dialog.close();
    go({ view: "chats", phone: of, details: false });
  }

  document.body.append(dialog);
  dialog.showModal();
  showNumber();
  if (start) busy(/** @type {HTMLElement} */ (place.firstElementChild), find);
}
