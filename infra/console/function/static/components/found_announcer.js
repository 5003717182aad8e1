// @ts-check
// Says how many chats there are, to whoever does not see the list, each time something was asked for.

import { t } from "../language/i18n.js";
import { announce } from "./announcer.js";

export function foundAnnouncer() {
  /** Whether something was asked for whose answer nobody has been told of. */
  let isAsked = false;
  return {
    ask() {
      isAsked = true;
    },
    /**
     * Of nobody tells what stands in their place.
     *
     * @param {number} shown
     * @param {number | null} total null where it is not known yet
     */
    answer(shown, total) {
      if (isAsked && shown) announce(t(total === null ? "live.chats_more" : "live.chats", { count: total ?? shown }));
      isAsked = false;
    },
  };
}
