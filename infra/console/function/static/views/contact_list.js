// @ts-check
// The list of contacts, with filters, search and sorting.

import { announce } from "../components/announcer.js";
import { contactRow } from "../components/contact_row.js";
import { freshId, h, setAttribute, setText } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { virtualList } from "../components/virtual_list.js";
import { onTick } from "../data/clock.js";
import { contactStore, isNamed } from "../data/contact_store.js";
import { poll } from "../data/poll.js";
import { contactStateOf, FILTERS, isOpen } from "../data/window_state.js";
import { number, t } from "../language/i18n.js";
import { currentPlace, go, onPlaceChange } from "./router.js";

const EVERY_MS = 3000;
const TYPING_MS = 300;
const ROW_PX = 68;
const LAST_MINUTE_MS = 60_000;
const WATCHED_FOR_CLOSING = 200;

const FILTER_NAMES = /** @type {Api.ContactFilter[]} */ (Object.keys(FILTERS));

/**
 * Contacts can be sorted by the time left only if their window is open.
 *
 * @param {Api.ContactFilter} filter
 */
const isTimed = (filter) => filter === "open" || filter === "closing";

export function contactListPane() {
  /** @type {Console.Question} */
  let question = { window: "all", sort: "recent", q: "" };
  /** @type {Console.Contact[]} */
  let shown = [];
  /** The index reached with the arrow keys; null means the open conversation's. @type {number | null} */
  let focused = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;

  const search = h("input", {
    type: "search",
    id: freshId("search"),
    maxlength: 100,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: t("chats.search"),
    "aria-label": t("chats.search"),
    dir: "auto",
    oninput: onSearch,
    onkeydown: onSearchKey,
  });
  const filters = FILTER_NAMES.map((name) => {
    const count = h("span", { class: "count" });
    const button = h(
      "button",
      { type: "button", class: "chip", "aria-pressed": String(name === "all"), onclick: () => filterBy(name) },
      h("span", { text: t(`filter.${name}`) }),
      count,
    );
    return { name, button, count };
  });
  const sort = h(
    "select",
    { id: freshId("sort"), onchange: onSort },
    h("option", { value: "recent", text: t("sort.recent") }),
    h("option", { value: "expires_at", text: t("sort.expires_at") }),
  );
  const note = h("p", { class: "list-note", role: "status" });
  const rows = virtualList({
    label: t("chats.list"),
    rowHeight: ROW_PX,
    makeRow: () =>
      contactRow({
        onOpen: open,
        onKey: onRowKey,
        isCurrent: (contact) => isNamed(contact, currentPlace().phone),
        isTabStop: (index) => index === tabStop(),
      }),
    keyOf: (contact) => contact.phone,
    onEnd() {
      if (store.isStarted() && !store.hasFailed()) store.more();
    },
  });
  const element = h(
    "section",
    { class: "pane contact-list", "aria-label": t("nav.chats"), "aria-busy": true },
    h(
      "div",
      { class: "tools" },
      h("div", { class: "search" }, icon("search"), search),
      h(
        "div",
        { class: "filters", role: "group", "aria-label": t("chats.filters") },
        filters.map(({ button }) => button),
      ),
      h("div", { class: "sort" }, h("label", { for: sort.id, text: t("sort.label") }), sort),
    ),
    rows.element,
    note,
  );

  /** @param {Partial<Console.Question>} change */
  function ask(change) {
    question = { ...question, ...change };
    sort.value = question.sort;
    for (const { name, button } of filters) setAttribute(button, "aria-pressed", String(name === question.window));
    store.stop();
    polling.stop();
    rows.toTop();
    setAttribute(element, "aria-busy", true);
    store = contactStore(question, render);
    polling = poll(EVERY_MS, store.refresh);
  }

  /** @param {Api.ContactFilter} window */
  function filterBy(window) {
    ask(isTimed(window) ? { window } : { window, sort: "recent" });
  }

  function onSort() {
    const order = /** @type {Api.ContactSort} */ (sort.value);
    ask(order === "expires_at" && !isTimed(question.window) ? { sort: order, window: "open" } : { sort: order });
  }

  function onSearch() {
    clearTimeout(typing);
    typing = setTimeout(() => ask({ q: search.value.trim() }), TYPING_MS);
  }

  function render() {
    shown = store.items();
    rows.render(shown, store.total(shown.length));
    const counts = store.counts();
    for (const { name, count } of filters) setText(count, counts ? number(counts[name]) : "");
    if (store.isStarted()) setAttribute(element, "aria-busy", null);
    setText(note, shown.length ? "" : emptyWords());
  }

  function emptyWords() {
    if (store.isStarted()) return t(question.q ? "chats.none_found" : "chats.none");
    return store.hasFailed() ? t("chats.unreachable") : "";
  }

  /** Only one row can be reached by Tab; the arrow keys move between rows. */
  const tabStop = () => Math.max(0, focused ?? shown.findIndex((contact) => isNamed(contact, currentPlace().phone)));

  /**
   * @param {KeyboardEvent} event
   * @param {number} from
   */
  function onRowKey(event, from) {
    const page = Math.floor(rows.element.clientHeight / ROW_PX);
    /** @type {Record<string, number>} */
    const targets = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      Home: 0,
      End: shown.length - 1,
      PageDown: from + page,
      PageUp: from - page,
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    focusAt(targets[event.key]);
  }

  /** @param {KeyboardEvent} event */
  function onSearchKey(event) {
    if (event.key !== "ArrowDown" || !shown.length) return;
    event.preventDefault();
    focusAt(0);
  }

  /** @param {number} index */
  function focusAt(index) {
    if (!shown.length) return;
    focused = Math.max(0, Math.min(shown.length - 1, index));
    rows.reveal(focused)?.focus();
  }

  /** @param {Console.Contact} contact */
  function open({ phone }) {
    focused = null;
    go({ phone });
  }

  /** @param {number} now */
  function tick(now) {
    let deadline = Infinity;
    let hasChanged = false;
    for (const row of rows.rows()) {
      const before = row.state();
      const status = row.tick(now);
      if (!status) continue;
      hasChanged ||= before !== null && before !== status.state;
      if (status.closesAt !== null && status.closesAt > now) deadline = Math.min(deadline, status.closesAt);
    }
    // A row that has just closed may belong elsewhere, or not in this filter.
    if (hasChanged && (question.window !== "all" || question.sort === "expires_at")) render();
    announceClosing(now);
    return deadline;
  }

  /** Contacts in their last minute; null before the first check, which announces nobody. @type {Set<string> | null} */
  let inLastMinute = null;

  /**
   * Announces once when a contact enters the last minute.
   *
   * @param {number} now
   */
  function announceClosing(now) {
    if (!store.isStarted()) return;
    const closing = shown.slice(0, WATCHED_FOR_CLOSING).filter((contact) => {
      const { state, left } = contactStateOf(contact, now);
      return isOpen(state) && left < LAST_MINUTE_MS;
    });
    for (const { phone, name } of closing) {
      if (inLastMinute && !inLastMinute.has(phone)) announce(t("live.closing", { name: name || phone }));
    }
    inLastMinute = new Set(closing.map((contact) => contact.phone));
  }

  let store = contactStore(question, render);
  let polling = poll(EVERY_MS, store.refresh);
  const stopTicking = onTick(tick);
  const stopFollowing = onPlaceChange(render);

  return {
    element,
    /** @param {Console.Contact} contact */
    set: (contact) => store.set(contact),
    /** @param {string} phone */
    forget: (phone) => store.forget(phone),
    /** @param {string} phone */
    find: (phone) => store.find(phone),
    /** @param {string} phone */
    focusOn: (phone) => focusAt(shown.findIndex((contact) => isNamed(contact, phone))),
    stop() {
      clearTimeout(typing);
      store.stop();
      polling.stop();
      stopTicking();
      stopFollowing();
      rows.stop();
    },
  };
}
