// What is around every view: the name, the way between views, the language, signing out, and whether all this is fresh.

import { onConnection } from "./connection.js";
import { freshId, h, mark, show } from "./dom.js";
import { clockSeconds, currentLanguage, LANGUAGES, t } from "./i18n.js";
import { icon } from "./icons.js";
import { tell } from "./live.js";
import { go } from "./router.js";
import { may, organization } from "./session.js";

const PATIENCE = 1500;

export function languagePicker(onLanguage) {
  const id = freshId("language");
  const select = h("select", { id, onchange: () => onLanguage(select.value) },
    Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, lang: code, text: name, selected: code === currentLanguage() })));
  return h("div", { class: "language" }, h("label", { for: id, class: "unseen", text: t("language") }), select);
}

/** The frame. `main` is where a view goes. */
export function shell({ onLanguage, onSignOut }) {
  const links = ["chats", "costs"].map((view) =>
    h("a", { href: `#${view}`, text: t(`nav.${view}`), onclick: (event) => (event.preventDefault(), go({ view, phone: null, panel: false })) }));
  const banner = h("div", { class: "banner", role: "status", hidden: true });
  const main = h("main", { id: "main", class: "main", tabindex: "-1" });
  const skip = h("button", { type: "button", class: "skip", text: t("skip"), onclick: () => (main.querySelector("[data-skip-to], button, input") ?? main).focus() });
  const element = h("div", { class: "shell" }, skip,
    h("header", { class: "top" },
      h("p", { class: "brand" }, h("span", { class: "logo", "aria-hidden": "true" }), h("span", { class: "product", text: "gate24" }),
        organization().name ? h("bdi", { class: "organization", text: organization().name }) : null,
        may("send") ? null : h("span", { class: "badge", text: t("role.reader") })),
      h("nav", { "aria-label": t("nav.label") }, links),
      h("div", { class: "top-end" }, languagePicker(onLanguage), h("button", { type: "button", class: "quiet", text: t("signout"), onclick: onSignOut }))),
    banner, main);

  // A single failure that heals at once is not worth a word.
  let waiting = null;
  const stopConnection = onConnection((stale, reachedAt) => {
    clearTimeout(waiting);
    if (stale) waiting = setTimeout(() => warn(reachedAt), PATIENCE);
    else if (!banner.hidden) {
      mark(banner, "hidden", true);
      tell(t("stale.over"));
    }
  });

  function warn(reachedAt) {
    const words = reachedAt === null ? t("stale.never") : t("stale.since", { at: clockSeconds(reachedAt) });
    show(banner, icon("warning"), h("span", { text: words }));
    mark(banner, "hidden", null);
  }

  return {
    element, main,
    current(view) {
      ["chats", "costs"].forEach((name, index) => mark(links[index], "aria-current", name === view ? "page" : null));
    },
    stop: () => (clearTimeout(waiting), stopConnection()),
  };
}
