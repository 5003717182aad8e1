// The chats view: the list, one chat, one contact. On a narrow screen one of them at a time.

import { ask, contactPath } from "./api.js";
import { chatPane } from "./chat.js";
import { chatsPane } from "./chats.js";
import { contactPanel } from "./contact.js";
import { h, mark } from "./dom.js";
import { t } from "./i18n.js";
import { go, onPlace, place } from "./router.js";

export function workspace() {
  const empty = h("section", { class: "pane chat nothing", "aria-label": t("chat.none") }, h("p", { text: t("chat.none") }));
  const list = chatsPane();
  const element = h("div", { class: "workspace" }, h("h1", { class: "unseen", text: t("nav.chats") }), list.element, empty);
  let chat = null;
  let panel = null;
  let opening = null;

  const isHere = () => place().view === "chats";

  async function follow() {
    if (!isHere()) return;
    const { phone, panel: wantsPanel } = place();
    mark(element, "data-showing", phone ? (wantsPanel ? "panel" : "chat") : "list");
    if (chat?.phone !== (phone ?? undefined)) {
      closePanel();
      const had = chat?.phone;
      closeChat();
      if (phone) await openChat(phone);
      else if (had) list.focusOn(had);
    }
    if (!chat) return;
    if (wantsPanel && !panel && !chat.contact().numberless) openPanel();
    if (!wantsPanel && panel) {
      closePanel();
      chat.focus();
    }
  }

  async function openChat(phone) {
    const mine = (opening = {});
    const contact = list.find(phone) ?? (await ask("GET", contactPath(phone)).catch(() => null));
    if (mine !== opening || place().phone !== phone) return;
    if (!contact) return go({ phone: null, panel: false }, { replace: true });
    chat = chatPane(contact, { onContact: changed, onGone: gone, latest: () => list.find(phone) });
    empty.replaceWith(chat.element);
    chat.focus();
  }

  function closeChat() {
    opening = null;
    if (!chat) return;
    chat.stop();
    chat.element.replaceWith(empty);
    chat = null;
  }

  function openPanel() {
    panel = contactPanel(chat.contact(), { onChanged: () => chat.refresh(), onGone: gone });
    element.append(panel.element);
    panel.focus();
  }

  function closePanel() {
    panel?.stop();
    panel?.element.remove();
    panel = null;
  }

  function changed(contact) {
    list.changed(contact);
    if (panel?.phone === contact.phone) panel.update(contact);
  }

  function gone(phone) {
    list.erased(phone);
    if (place().phone === phone) go({ phone: null, panel: false }, { replace: true });
  }

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const { phone, panel: wantsPanel } = place();
    if (wantsPanel) go({ panel: false });
    else if (phone && !event.target.matches("select, [type=search]")) go({ phone: null });
  });

  const stopPlace = onPlace(follow);
  follow();
  return {
    element, focus: () => list.element.querySelector("input")?.focus({ preventScroll: true }),
    stop: () => (stopPlace(), closePanel(), closeChat(), list.stop()),
  };
}
