// @ts-check
// A row of the contact list: ring, name, state and the time of the last activity.

import { epochMs, serverNow } from "../data/clock.js";
import { contactStateOf } from "../data/window_state.js";
import { clockTime, dayName, localDay, t } from "../language/i18n.js";
import { nameOf } from "../language/names.js";
import { h, setAttribute, setText } from "./dom.js";
import { ring, stateWords } from "./ring.js";

const UNREACHABLE_GOES_WITHOUT_SAYING = new Set(["unreachable", "blocked", "number_changed"]);

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
  const state = h("span", { class: "state" });
  const tag = h("span", { class: "tag" });
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
    h("span", { class: "who" }, h("span", { class: "over" }, name, time), h("span", { class: "under" }, state, tag)),
  );

  /**
   * @param {Console.Contact} next
   * @param {number} place
   */
  function update(next, place) {
    contact = next;
    index = place;
    const activity = epochMs(next.last_activity_at);
    setText(name, nameOf(next));
    setText(time, activity === null ? "" : dayOrTime(activity));
    setAttribute(time, "datetime", next.last_activity_at);
    setAttribute(button, "data-contact", next.phone);
    setAttribute(button, "aria-current", isCurrent(next) ? "true" : null);
    setAttribute(button, "tabindex", isTabStop(place) ? null : -1);
    tick(serverNow());
  }

  /**
   * Updates what depends on the time. Null before there is a contact.
   *
   * @param {number | null} now
   */
  function tick(now) {
    if (!contact) return null;
    const status = contactStateOf(contact, now);
    drawn.paint(status, contact.name ?? "");
    setAttribute(button, "data-state", status.state);
    setText(state, stateWords(status));
    setText(tag, tagWords(contact, status));
    return status;
  }

  return {
    element: h("li", {}, button),
    update,
    tick,
    /** The state shown now. */
    state: () => button.dataset.state ?? null,
    focus: () => button.focus({ preventScroll: true }),
  };
}

/**
 * A second state worth showing.
 *
 * @param {Console.Contact} contact
 * @param {Console.ContactState} status
 */
function tagWords({ unreachable }, { state, may }) {
  if (may.freeform && may.code === "opted_out") return t("state.opted_out");
  return unreachable && !UNREACHABLE_GOES_WITHOUT_SAYING.has(state) ? t("state.unreachable") : "";
}

/**
 * The time if it is today, otherwise the day.
 *
 * @param {number} at
 */
const dayOrTime = (at) => (localDay(at) === localDay(serverNow() ?? 0) ? clockTime(at) : dayName(at));
