// @ts-check
// The button that begins a new chat. Its code is fetched when it is pressed.

import { announceNow } from "../components/announcer.js";
import { h, setAttribute } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { isFullNumber } from "../data/new_number.js";
import { hasScope } from "../data/session.js";
import { t } from "../language/i18n.js";
import { spacedNumber } from "../language/names.js";
import { loadLater } from "./later.js";

const NEW_CHAT_MODULES = [
  "components/consent_fields",
  "components/first_template",
  "data/people_routes",
  "language/reason_words",
  "views/new_chat",
];

/** Null for who may send nothing. */
export const newChatButton = () =>
  hasScope("send")
    ? h(
        "button",
        { type: "button", class: "new-chat-button", title: t("newchat.title"), onclick: (event) => open(event, "") },
        icon("plus"),
        h("span", { text: t("newchat.button") }),
      )
    : null;

/** @param {string} sought by a search that found nobody */
export const mayWriteTo = (sought) => hasScope("send") && isFullNumber(sought);

/** @param {string} number that nobody has */
export const writeToButton = (number) =>
  h("button", {
    type: "button",
    class: "secondary",
    text: t("newchat.write_to", { number: spacedNumber(number) }),
    onclick: (event) => open(event, number),
  });

/**
 * @param {MouseEvent} event
 * @param {string} number
 */
async function open({ currentTarget }, number) {
  const button = /** @type {HTMLElement} */ (currentTarget);
  // It stays enabled: a button that is disabled loses the focus, which the dialog gives back to it.
  if (button.hasAttribute("aria-busy")) return;
  setAttribute(button, "aria-busy", true);
  const of = {
    style: "new_chat",
    modules: NEW_CHAT_MODULES,
    load: () => import("./new_chat.js").then(({ newChat }) => newChat),
  };
  try {
    const begin = await loadLater(of);
    begin(number);
  } catch (error) {
    console.error(error);
    announceNow(t("problem.unreachable"));
  } finally {
    setAttribute(button, "aria-busy", null);
  }
}
