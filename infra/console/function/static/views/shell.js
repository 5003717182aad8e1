// @ts-check
// The frame around every view: organization, navigation, language, signing out, a banner while offline, and the notice of failing endpoints.

import { announce } from "../components/announcer.js";
import { h, replaceContent, setAttribute } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { languagePicker } from "../components/language_picker.js";
import { onConnectionChange } from "../data/connection.js";
import { hasScope, organization, signedInAs } from "../data/session.js";
import { clockSeconds, t } from "../language/i18n.js";
import { endpointNotice } from "./endpoint_notice.js";
import { currentPlace, go } from "./router.js";
import { openViews } from "./views.js";

const PATIENCE_MS = 1500;

/**
 * `main` holds the view.
 *
 * @param {{ onLanguage(name: string): void, onSignOut(): void }} options
 */
export function shell({ onLanguage, onSignOut }) {
  const views = openViews();
  const links = views.map((view) => {
    /** @param {MouseEvent} event */
    function onclick(event) {
      event.preventDefault();
      const isHere = currentPlace().view === view;
      const anew = isHere ? { day: null, of: {}, message: null } : {};
      go({ view, phone: null, details: false, page: undefined, ...anew });
    }
    const words = h("span", { text: t(`nav.${view}`) });
    return h("a", { href: `#${view}`, "data-view": view, onclick }, view === "admin" ? icon("settings") : null, words);
  });
  const banner = h("div", { class: "banner", role: "status", hidden: true });
  const notice = endpointNotice();
  const main = h("main", { id: "main", class: "main", tabindex: "-1" });
  const skip = h("button", { type: "button", class: "skip", text: t("skip"), onclick: skipToContent });
  const brand = h(
    "p",
    { class: "brand" },
    h("span", { class: "logo", "aria-hidden": "true" }),
    h("span", { class: "product", text: "gate24" }),
    h("bdi", { class: "organization", text: organization().name }),
    hasScope("send") ? null : h("span", { class: "badge", text: t("role.reader") }),
  );
  const { kind, name } = signedInAs();
  // On a phone there is no room for the name, nor for words on the button.
  const title = kind === "member" ? t("signedin", { name }) : null;
  const signOut = h(
    "button",
    { type: "button", class: "quiet sign-out", title, onclick: onSignOut },
    icon("leave"),
    h("span", { text: t("signout") }),
  );
  const who = kind === "member" ? h("bdi", { class: "me", title, text: name }) : null;
  const header = h(
    "header",
    { class: "top" },
    brand,
    h("nav", { "aria-label": t("nav.label") }, links),
    h("div", { class: "top-end" }, languagePicker(onLanguage), who, signOut),
  );

  function skipToContent() {
    const first = main.querySelector("button, input");
    (first instanceof HTMLElement ? first : main).focus();
  }

  // A failure that the next request resolves is not shown.
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const stopConnection = onConnectionChange((isStale, reachedAt) => {
    clearTimeout(waiting);
    if (isStale) waiting = setTimeout(() => warn(reachedAt), PATIENCE_MS);
    else if (!banner.hidden) {
      setAttribute(banner, "hidden", true);
      announce(t("stale.over"));
    }
  });

  /** @param {number | null} reachedAt */
  function warn(reachedAt) {
    const words = reachedAt === null ? t("stale.never") : t("stale.since", { at: clockSeconds(reachedAt) });
    replaceContent(banner, icon("warning"), h("span", { text: words }));
    setAttribute(banner, "hidden", null);
  }

  return {
    element: h("div", { class: "shell" }, skip, header, banner, notice.element, main),
    main,
    /** @param {Console.Place["view"]} view */
    setCurrent(view) {
      setAttribute(main, "aria-label", t(`nav.${view}`));
      views.forEach((name, index) => setAttribute(links[index], "aria-current", name === view ? "page" : null));
    },
    stop() {
      clearTimeout(waiting);
      stopConnection();
      notice.stop();
    },
  };
}
