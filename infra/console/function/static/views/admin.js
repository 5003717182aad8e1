// @ts-check
// The frame of the administration: the list of its pages, and the page that is open beside it, or in its place on a phone.

import { freshId, h, replaceContent, setAttribute } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { titlePlace } from "../components/page_title.js";
import { t } from "../language/i18n.js";
import { openPages } from "./admin_pages.js";
import { laterView } from "./later.js";
import { hashOf, currentPlace, go, onPlaceChange } from "./router.js";

// On a phone the list comes first; else the first page is open beside it.
const NARROW = "(max-width: 760px)";

/** @returns {Console.View} */
export function adminView() {
  const pages = openPages();
  const narrow = matchMedia(NARROW);
  const links = pages.map(({ key }) =>
    h(
      "a",
      { href: hashOf({ view: "admin", page: key }), onclick: following({ page: key }) },
      h("span", { text: t(`admin.${key}`) }),
      icon("next"),
    ),
  );
  const list = h(
    "nav",
    { class: "admin-list", "aria-label": t("admin.label") },
    h(
      "ul",
      {},
      links.map((link) => h("li", {}, link)),
    ),
  );
  const back = h(
    "a",
    { class: "admin-back", href: hashOf({ view: "admin" }), onclick: following({ page: undefined }) },
    icon("back"),
    h("span", { text: t("nav.admin") }),
  );
  const title = h("h2", { id: freshId("page"), tabindex: "-1" });
  const place = h("div", { class: "admin-place" });
  const page = h(
    "section",
    { class: "admin-page", "aria-labelledby": title.id, tabindex: "0", hidden: true },
    back,
    title,
    place,
  );
  const element = h("div", { class: "pane admin" }, h("h1", { text: t("nav.admin") }), list, page);
  /** @type {Console.View | null} */
  let view = null;
  /** @type {string | undefined} */
  let current;

  function follow() {
    const { view: name, page: key } = currentPlace();
    if (name !== "admin") return;
    const row = pages.find((each) => each.key === key);
    if (!row && (key || !narrow.matches)) {
      return go({ page: narrow.matches ? undefined : pages[0].key }, { replace: true });
    }
    setAttribute(element, "data-open", row !== undefined);
    if (row?.key === current) return;
    const before = current;
    current = row?.key;
    view?.stop();
    view = null;
    replaceContent(place);
    pages.forEach(({ key: each }, index) => setAttribute(links[index], "aria-current", each === current && "page"));
    setAttribute(page, "hidden", row === undefined);
    titlePlace(row ? `${t(`admin.${row.key}`)} · ${t("nav.admin")}` : t("nav.admin"));
    if (!row) return links[pages.findIndex(({ key: each }) => each === before)]?.focus();
    replaceContent(title, t(`admin.${row.key}`));
    view = laterView({ style: row.style ?? "admin", modules: row.modules, load: row.load });
    replaceContent(place, view.element);
    page.scrollTop = 0;
  }

  /** @param {Partial<Console.Place>} to */
  function following(to) {
    return (/** @type {MouseEvent} */ event) => {
      event.preventDefault();
      go(to);
      // Whoever only opened the administration begins at its list.
      if (to.page) title.focus();
    };
  }

  const stopFollowing = onPlaceChange(follow);
  narrow.addEventListener("change", follow);
  follow();
  return {
    element,
    stop() {
      stopFollowing();
      narrow.removeEventListener("change", follow);
      view?.stop();
    },
  };
}
