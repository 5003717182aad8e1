// @ts-check
// The chats: list, conversation and contact details, one at a time on a narrow screen.

import { h, setAttribute } from "../components/dom.js";
import { identified } from "../data/contact_store.js";
import { dropDrafts } from "../data/drafts.js";
import { fetchContact } from "../data/routes.js";
import { t } from "../language/i18n.js";
import { contactDetails } from "./contact_details.js";
import { contactListPane } from "./contact_list.js";
import { conversationPane } from "./conversation.js";
import { currentPlace, go, onPlaceChange } from "./router.js";

// The details stand beside the conversation, unless somebody closed them.
const WIDE = "(min-width: 1200px)";
let isClosedByHand = false;

/** @returns {Console.View} */
export function workspaceView() {
  const wide = matchMedia(WIDE);
  const empty = h(
    "section",
    { class: "pane conversation nothing", "aria-label": t("chat.none") },
    h("p", { text: t("chat.none") }),
  );
  const list = contactListPane();
  const element = h(
    "div",
    { class: "workspace", onkeydown: onKeyDown },
    h("h1", { class: "unseen", text: t("nav.chats") }),
    list.element,
    empty,
  );
  /** @type {ReturnType<typeof conversationPane> | null} */
  let conversation = null;
  /** @type {ReturnType<typeof contactDetails> | null} */
  let details = null;
  /** The number whose conversation is being loaded. @type {string | null} */
  let opening = null;

  let wantedDetails = false;

  async function follow() {
    const { view, phone, details: wantsDetails } = currentPlace();
    if (view !== "chats") return;
    if (wantsDetails) isClosedByHand = false;
    arrange();
    if ((conversation?.phone ?? null) !== phone) await changeConversation(phone);
    arrange();
    if (wantsDetails) details?.focus();
    else if (wantedDetails) conversation?.focus();
    wantedDetails = wantsDetails;
  }

  /** Shows the panes that the place and the width of the window ask for. */
  function arrange() {
    const { phone, details: wantsDetails } = currentPlace();
    const showsDetails = wantsDetails || (wide.matches && !isClosedByHand);
    setAttribute(element, "data-showing", phone ? (showsDetails ? "details" : "conversation") : "list");
    if (!showsDetails) closeDetails();
    else if (conversation && conversation.phone === phone && !details) openDetails(conversation);
  }

  function onDetailsClosed() {
    isClosedByHand = true;
    if (currentPlace().details) return go({ details: false });
    arrange();
    conversation?.focus();
  }

  /** @param {string | null} phone */
  async function changeConversation(phone) {
    const before = conversation?.phone;
    closeDetails();
    closeConversation();
    if (phone) await openConversation(phone);
    else if (before) list.focusOn(before);
  }

  /** @param {string} phone */
  async function openConversation(phone) {
    opening = phone;
    const contact = list.find(phone) ?? (await fetchContact(phone).then(identified, () => null));
    if (opening !== phone || currentPlace().phone !== phone) return;
    opening = null;
    if (!contact) return go({ phone: null, details: false }, { replace: true });
    conversation = conversationPane(
      { ...contact, phone },
      {
        onContact,
        onGone,
        labels: list.labels,
        onActed: () => details?.loadTrail(),
        opensAt: currentPlace().message ?? null,
      },
    );
    empty.replaceWith(conversation.element);
    conversation.focus();
  }

  function closeConversation() {
    opening = null;
    if (!conversation) return;
    conversation.stop();
    conversation.element.replaceWith(empty);
    conversation = null;
  }

  /** @param {NonNullable<typeof conversation>} of */
  function openDetails(of) {
    details = contactDetails(of.contact(), { onChanged: of.refresh, onGone, onClose: onDetailsClosed });
    element.append(details.element);
  }

  function closeDetails() {
    details?.stop();
    details?.element.remove();
    details = null;
  }

  /** @param {Console.Contact} contact */
  function onContact(contact) {
    list.set(contact);
    if (details?.phone === contact.phone) details.update(contact);
  }

  /** @param {string} phone */
  function onGone(phone) {
    dropDrafts(phone);
    list.forget(phone);
    if (currentPlace().phone === phone) go({ phone: null, details: false }, { replace: true });
  }

  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const { phone, details: wantsDetails } = currentPlace();
    const usesEscape = event.target instanceof Element && event.target.matches("select, [type=search]");
    if (wantsDetails) go({ details: false });
    else if (phone && !usesEscape) go({ phone: null });
  }

  const stopFollowing = onPlaceChange(follow);
  wide.addEventListener("change", arrange);
  follow();
  return {
    element,
    stop() {
      stopFollowing();
      wide.removeEventListener("change", arrange);
      closeDetails();
      closeConversation();
      list.stop();
    },
  };
}
