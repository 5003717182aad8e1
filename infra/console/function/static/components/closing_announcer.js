// @ts-check
// Says once of each contact of the list that its last minute has begun.

import { contactStateOf, isOpen } from "../data/window_state.js";
import { t } from "../language/i18n.js";
import { nameOf } from "../language/names.js";
import { announce } from "./announcer.js";

const LAST_MINUTE_MS = 60_000;
const WATCHED = 200;

export function closingAnnouncer() {
  /** Contacts in their last minute; null before the first look, which announces nobody. @type {Set<string> | null} */
  let known = null;

  return {
    /**
     * @param {readonly Console.Contact[]} shown
     * @param {number} now
     */
    look(shown, now) {
      const closing = shown.slice(0, WATCHED).filter((contact) => {
        const { state, left } = contactStateOf(contact, now);
        return isOpen(state) && left < LAST_MINUTE_MS;
      });
      for (const contact of closing) {
        if (known && !known.has(contact.phone)) announce(t("live.closing", { name: nameOf(contact) }));
      }
      known = new Set(closing.map((contact) => contact.phone));
    },
  };
}
