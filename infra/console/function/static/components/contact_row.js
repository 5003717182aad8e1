// @ts-check
// A row of the contact list: ring, name, last message, what can still be sent, who waits and who answers.

import { epochMs, serverNow } from "../data/clock.js";
import { answerableUntil, isShut, needsAnswer } from "../data/contact_filters.js";
import { answeredBy, memberName } from "../data/members.js";
import { signedInAs } from "../data/session.js";
import { contactStateOf, isOpen } from "../data/window_state.js";
import { clockTime, dayName, localDay, number, t, timeLeft } from "../language/i18n.js";
import { initialsOf, nameOf } from "../language/names.js";
import { h, replaceContent, setAttribute, setForeignText, setText } from "./dom.js";
import { previewLine } from "./preview.js";
import { ring, stateWords } from "./ring.js";

const UNREACHABLE_GOES_WITHOUT_SAYING = new Set(["unreachable", "blocked", "number_changed"]);
const MOST_LABELS = 2;

/**
 * @param {object} options
 * @param {(contact: Console.Contact) => void} options.onOpen
 * @param {(event: KeyboardEvent, index: number) => void} options.onKey
 * @param {(contact: Console.Contact) => boolean} options.isCurrent whether the contact's conversation is open
 * @param {(index: number) => boolean} options.isTabStop only one row can be reached by Tab
 */
export function contactRow({ onOpen, onKey, isCurrent, isTabStop }) {
  const drawn = ring();
  const name = h("span", { class: "name", dir: "auto" });
  const time = h("time", { class: "when" });
  const preview = previewLine();
  const answering = h("span", { class: "answering", hidden: true });
  const unread = h("span", { class: "unread", "aria-hidden": "true" });
  const state = h("span", { class: "state" });
  const waits = h("span", { class: "waits" });
  const tag = h("span", { class: "tag" });
  const labels = h("span", { class: "row-labels" });
  const assignee = h("span", { class: "assignee", "aria-hidden": "true" });
  const said = h("span", { class: "unseen" });
  /** @type {Console.Contact | null} */
  let contact = null;
  let index = 0;

  const button = h(
    "button",
    {
      type: "button",
      class: "row",
      onclick: () => contact && onOpen(contact),
      onkeydown: (event) => onKey(event, index),
    },
    drawn.element,
    h(
      "span",
      { class: "who" },
      h("span", { class: "over" }, name, time),
      h("span", { class: "between" }, preview.element, answering, unread),
      h("span", { class: "under" }, state, waits, tag, labels, assignee, said),
    ),
  );

  /**
   * @param {Console.Contact} next
   * @param {number} place
   */
  function update(next, place) {
    if (contact !== next) draw(next);
    contact = next;
    index = place;
    setAttribute(button, "aria-current", isCurrent(next) ? "true" : null);
    setAttribute(button, "tabindex", isTabStop(place) ? null : -1);
    tick(serverNow());
  }

  /** @param {Console.Contact} next */
  function draw(next) {
    const shownAt = next.last_message?.at ?? next.last_activity_at;
    const at = epochMs(shownAt);
    const count = next.unread ?? 0;
    setForeignText(name, nameOf(next));
    setText(time, at === null ? "" : dayOrTime(at));
    setAttribute(time, "datetime", shownAt);
    preview.paint(next.last_message, signedInAs().name ?? null);
    setText(unread, count ? number(count) : "");
    setAttribute(button, "data-contact", next.phone);
    setAttribute(button, "data-unread", count > 0);
    drawLabels(next.labels ?? []);
    const owner = next.assignee ? memberName(next.assignee) : "";
    setText(assignee, owner && initialsOf(owner));
    setAttribute(assignee, "title", owner || null);
    const words = [
      count > 0 && t("row.unread", { count }),
      owner && t("row.assigned", { name: owner }),
      next.state === "done" && t("row.done"),
    ];
    setText(said, words.filter(Boolean).join(". "));
  }

  /** @param {string[]} all */
  function drawLabels(all) {
    const shown = all.slice(0, MOST_LABELS).map((label) => h("bdi", { class: "label-chip", text: label }));
    const rest = all.length - MOST_LABELS;
    replaceContent(labels, shown, rest > 0 && h("span", { class: "more-labels", text: `+${number(rest)}` }));
  }

  /**
   * Updates what depends on the time. Null before there is a contact.
   *
   * @param {number | null} now
   */
  function tick(now) {
    if (!contact) return null;
    const status = contactStateOf(contact, now);
    const [by = null] = answeredBy(contact, now);
    drawn.paint(status, contact.name ?? "");
    setAttribute(button, "data-state", status.state);
    setText(state, stateWords(status));
    setText(waits, waitWords(contact, now));
    setText(tag, tagWords(contact, status, now));
    setText(answering, by === null ? "" : t("answering.by", { name: by }));
    setAttribute(answering, "hidden", by === null);
    setAttribute(preview.element, "hidden", by !== null);
    return status;
  }

  return {
    element: h("li", {}, button),
    update,
    tick,
    /** The names of members have become known. */
    redraw: () => contact && draw(contact),
    /** The state shown now. */
    state: () => button.dataset.state ?? null,
    focus: () => button.focus({ preventScroll: true }),
  };
}

/**
 * For how long the contact has waited for an answer.
 *
 * @param {Console.Contact} contact
 * @param {number | null} now
 */
function waitWords(contact, now) {
  const since = needsAnswer(contact) && !isShut(contact, now) ? epochMs(contact.waiting_since) : null;
  if (since === null || now === null) return "";
  const waited = Math.floor((now - since) / 60_000) * 60_000;
  if (waited >= 48 * 3_600_000) return t("row.waits_days", { count: Math.floor(waited / 86_400_000) });
  return waited < 60_000 ? t("row.waits_now") : t("row.waits", { time: timeLeft(waited) });
}

/**
 * A second state worth showing: why less can be sent than the first one says.
 *
 * @param {Console.Contact} contact
 * @param {Console.ContactState} status
 * @param {number | null} now
 */
function tagWords(contact, { state, may }, now) {
  if (may.freeform && may.code === "opted_out") return t("state.opted_out");
  if (contact.unreachable && !UNREACHABLE_GOES_WITHOUT_SAYING.has(state)) return t("state.unreachable");
  if (isOpen(state) && answerableUntil(contact, now) === null) return t("row.cannot_answer");
  const isShut = (state === "closed" || state === "never") && !may.template;
  return isShut && may.code === "not_opted_in" ? t("row.no_opt_in") : "";
}

/**
 * The time if it is today, otherwise the day.
 *
 * @param {number} at
 */
const dayOrTime = (at) => (localDay(at) === localDay(serverNow() ?? 0) ? clockTime(at) : dayName(at));
