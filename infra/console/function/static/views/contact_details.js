// @ts-check
// The details of a contact: windows, consent with its history, and the actions on them.

import { announce } from "../components/announcer.js";
import { consentHistory } from "../components/consent_history.js";
import { confirm } from "../components/dialog.js";
import { catchFocus, freshId, h, replaceContent, setText } from "../components/dom.js";
import { numberChangeWords } from "../components/explanation.js";
import { icon } from "../components/icons.js";
import { marginWords } from "../components/margin.js";
import { marketingStopWords } from "../components/marketing_stop.js";
import { ring, stateWords } from "../components/ring.js";
import { trail } from "../components/trail.js";
import { epochMs, onTick, serverNow } from "../data/clock.js";
import { blockContact, eraseContact, recordConsent, unblockContact } from "../data/routes.js";
import { channelName, hasRole, hasScope } from "../data/session.js";
import { windowStateOf } from "../data/window_state.js";
import { fullTime, listed, t, wordsFor } from "../language/i18n.js";
import { nameOf } from "../language/names.js";

const LONGEST_REASON = 500;

/**
 * @param {Console.Contact} start
 * @param {object} options
 * @param {() => void} options.onChanged the contact should be loaded again
 * @param {(phone: string) => void} options.onGone after an erasure
 * @param {() => void} options.onClose
 */
export function contactDetails(start, { onChanged, onGone, onClose }) {
  let contact = start;
  const title = h("h2", { id: freshId("contact"), tabindex: "-1", text: t("chat.details") });
  const person = h("p", { class: "person", dir: "auto" });
  const facts = h("dl", { class: "facts" });
  const windows = h("ul", { class: "windows", role: "list" });
  const history = consentHistory(start.phone);
  const actions = h("div", { class: "actions" });
  // An API from before the inbox has none.
  const done = start.state === undefined ? null : trail(start.phone);
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": t("close"), onclick: onClose },
    icon("close"),
  );
  const element = h(
    "aside",
    { class: "pane details", "aria-labelledby": title.id },
    h("header", { class: "details-head" }, title, close),
    h(
      "div",
      { class: "scroller", tabindex: "0", role: "region", "aria-labelledby": title.id },
      person,
      facts,
      h("h3", { text: t("contact.windows") }),
      windows,
      h("h3", { text: t("contact.history") }),
      history.element,
      done && [h("h3", { text: t("contact.trail") }), done.element],
      actions,
    ),
  );
  /** @type {((now: number | null) => void)[]} */
  let windowTicks = [];

  function draw() {
    const { number, phone, blocked, unreachable, number_changed_at: leftAt } = contact;
    const stopped = marketingStops(contact);
    const activity = epochMs(contact.last_activity_at);
    setText(person, nameOf(contact));
    replaceContent(
      facts,
      number !== null && fact(t("contact.phone"), h("span", { dir: "ltr", text: number })),
      number === null && fact(t("contact.user_id"), h("span", { dir: "ltr", text: phone })),
      fact(t("contact.consent"), consentWords(contact.consent)),
      blocked && fact(t("contact.blocked"), t("why.blocked")),
      leftAt !== null && fact(t("contact.number_changed"), numberChangeWords(leftAt).join(" ")),
      unreachable && fact(t("contact.reach"), t("why.unreachable")),
      stopped.length > 0 && fact(t("contact.marketing"), marketingStopWords(stopped)),
      activity !== null && fact(t("contact.activity"), fullTime(activity)),
    );
    windowTicks = [];
    replaceContent(
      windows,
      contact.windows.length ? contact.windows.map(windowItem) : h("li", { class: "none", text: t("state.never") }),
    );
    tick(serverNow());
    const focused = [...actions.children].indexOf(/** @type {Element} */ (document.activeElement));
    replaceContent(actions, buttons());
    if (focused >= 0) catchFocus(actions.children[Math.min(focused, actions.children.length - 1)]);
  }

  /** @param {Api.ChannelWindow} entry */
  function windowItem(entry) {
    const drawn = ring();
    const words = h("span", { class: "state" });
    windowTicks.push((now) => {
      const status = windowStateOf(entry, now);
      const state = stateWords(status);
      drawn.paint(status, null);
      setText(words, status.closesAt === null ? state : `${state} · ${fullTime(status.closesAt)}`);
    });
    const name = h("span", { dir: "ltr", text: channelName(entry.channel) });
    const margin = marginWords(entry.channel);
    const why = entry.may.open && margin ? h("span", { class: "aside", text: margin }) : null;
    return h("li", {}, drawn.element, h("span", { class: "who" }, name, words, why));
  }

  /** @param {number | null} now */
  function tick(now) {
    for (const windowTick of windowTicks) windowTick(now);
    return undefined;
  }

  function buttons() {
    const { consent, blocked } = contact;
    const mayErase = hasScope("erase");
    const erase = mayErase ? button("erase", onErase, "danger") : null;
    const maySayYes = hasScope("consent");
    if (!hasRole("supervisor") || (!maySayYes && !hasScope("send")))
      return erase ?? h("p", { class: "hint", text: t(hasRole("supervisor") ? "why.reader" : "why.agent") });
    return [
      maySayYes && consent.status !== "opted_in" && button("opt_in", () => onConsent("opt_in")),
      consent.status !== "opted_out" && button("opt_out", () => onConsent("opt_out")),
      blocked ? maySayYes && button("unblock", onUnblock) : button("block", onBlock),
      erase,
    ];
  }

  /**
   * @param {string} question
   * @param {() => void} onclick
   * @param {string} [style]
   */
  const button = (question, onclick, style = "secondary") =>
    h("button", { type: "button", class: style, text: t(`contact.${question}`), onclick });

  /**
   * Asks for confirmation, acts, and announces the result.
   *
   * @param {string} question the middle of the words' keys
   * @param {Partial<Parameters<typeof confirm>[0]> & { act(): Promise<unknown> }} options
   */
  async function confirmed(question, options) {
    const isDone = await confirm({
      title: t(`contact.${question}`),
      explanation: t(`contact.${question}_explained`),
      action: t(`contact.${question}`),
      ...options,
    });
    if (isDone) announce(t(`contact.${question}_done`));
    catchFocus(actions.querySelector("button"));
    return isDone;
  }

  function reload() {
    onChanged();
    history.load();
  }

  /** @param {"opt_in" | "opt_out"} action */
  async function onConsent(action) {
    const reason = reasonField({ required: true });
    const isDone = await confirmed(action, {
      action: t("contact.record"),
      fields: field(t("contact.reason"), reason),
      ready: () => reason.value.trim() !== "",
      act: () => recordConsent(contact.phone, action, reason.value.trim()),
    });
    if (isDone) reload();
  }

  async function onBlock() {
    const reason = reasonField({ required: false });
    const isDone = await confirmed("block", {
      danger: true,
      fields: field(t("contact.block_reason"), reason),
      act: () => blockContact(contact.phone, reason.value.trim()),
    });
    if (isDone) reload();
  }

  async function onUnblock() {
    if (await confirmed("unblock", { act: () => unblockContact(contact.phone) })) reload();
  }

  async function onErase() {
    const { phone, number } = contact;
    const typed = h("input", {
      id: freshId("typed"),
      type: "text",
      inputmode: number === null ? "text" : "tel",
      autocomplete: "off",
      dir: "ltr",
    });
    const isErased = await confirmed("erase", {
      action: t("contact.erase_now"),
      danger: true,
      fields: [h("p", { text: keptWords(contact) }), field(t("contact.erase_type", { phone: number ?? phone }), typed)],
      ready: () => (number === null ? typed.value.trim() === phone : digitsOf(typed.value) === digitsOf(number)),
      act: () => eraseContact(phone),
    });
    if (isErased) onGone(phone);
  }

  draw();
  const stopTicking = onTick(tick);
  return {
    element,
    phone: start.phone,
    focus: () => title.focus(),
    loadTrail: () => done?.load(),
    /** @param {Console.Contact} next */
    update(next) {
      const hasNewEntry = historySignature(next) !== historySignature(contact);
      if (trailSignature(next) !== trailSignature(contact)) done?.load();
      contact = next;
      draw();
      if (hasNewEntry) history.load();
    },
    stop: stopTicking,
  };
}

/**
 * The channels from whose numbers the contact stopped marketing.
 *
 * @param {Api.Contact} contact
 */
const marketingStops = ({ windows }) =>
  windows.filter((entry) => entry.marketing_stopped).map((entry) => entry.channel);

/**
 * What of the contact outlives an erasure.
 *
 * @param {Api.Contact} contact
 */
function keptWords(contact) {
  const kept = [
    contact.consent.status === "opted_out" && t("kept.opt_out"),
    marketingStops(contact).length > 0 && t("kept.marketing_stop"),
    contact.blocked && t("kept.block"),
  ].filter((words) => words !== false);
  return kept.length ? t("contact.erase_keeps", { kept: listed(kept) }) : t("contact.erase_keeps_nothing");
}

/**
 * Differs where the history has another entry, or is another person's.
 *
 * @param {Api.Contact} contact
 */
const historySignature = (contact) =>
  JSON.stringify([contact.consent.at, contact.blocked, contact.number_changed_at, marketingStops(contact)]);

/** @param {Api.Contact} contact */
const trailSignature = ({ assignee, labels, state }) => JSON.stringify([assignee, labels, state]);

/**
 * @param {string} term
 * @param {Dom.Children} value
 */
const fact = (term, value) => h("div", {}, h("dt", { text: term }), h("dd", {}, value));

/**
 * @param {string} label
 * @param {HTMLElement} control
 */
const field = (label, control) => h("div", { class: "field" }, h("label", { for: control.id, text: label }), control);

/** @param {{ required: boolean }} options */
const reasonField = ({ required }) =>
  h("textarea", { id: freshId("reason"), rows: 2, maxlength: LONGEST_REASON, required, dir: "auto" });

/** @param {string} text */
const digitsOf = (text) => text.replace(/\D/g, "");

/** @param {Api.Consent} consent */
function consentWords({ status, at: time, source }) {
  const at = epochMs(time);
  if (status === "none" || at === null) return t(`consent.${status}`);
  return t(`consent.${status}_since`, { at: fullTime(at), how: wordsFor("source", source) });
}
