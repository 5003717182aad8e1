// @ts-check
// The list of contacts, with filters, search and sorting.

import { closingAnnouncer } from "../components/closing_announcer.js";
import { contactRow } from "../components/contact_row.js";
import { catchFocus, freshId, h, replaceContent, setAttribute } from "../components/dom.js";
import { foundAnnouncer } from "../components/found_announcer.js";
import { icon } from "../components/icons.js";
import { listFilters } from "../components/list_filters.js";
import { titleCount } from "../components/page_title.js";
import { virtualList } from "../components/virtual_list.js";
import { onTick } from "../data/clock.js";
import { contactStore, isNamed } from "../data/contact_store.js";
import { poll } from "../data/poll.js";
import { t } from "../language/i18n.js";
import { mayWriteTo, newChatButton, writeToButton } from "./new_chat_place.js";
import { queuePlace } from "./queue_place.js";
import { currentPlace, go, onPlaceChange, takeWaiting } from "./router.js";

const EVERY_MS = 3000;
const TYPING_MS = 300;
const ROW_PX = 64;

/** @type {Console.Question} */
const EVERYBODY = { filter: "all", sort: "recent", q: "", assignee: "", label: "" };

/** @type {Console.Question} */
const WHO_WAITS = { ...EVERYBODY, filter: "needs_answer", sort: "expires_at" };

export function contactListPane() {
  let question = takeWaiting() ? WHO_WAITS : EVERYBODY;
  /** @type {Console.Contact[]} */
  let shown = [];
  /** The index reached with the arrow keys; null means the open conversation's. @type {number | null} */
  let focused = null;
  /** Where the row stood whose chat was opened: what stands there now is next when that row has left. */
  let openedAt = 0;
  /** Until a search is asked for, nothing is shown. @type {ReturnType<typeof setTimeout> | undefined} */
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
  });
  const filters = listFilters({
    onChange: ask,
    onNames: () => {
      for (const row of rows.rows()) row.redraw();
    },
  });
  const queue = queuePlace({
    onShow: () => ask({ filter: "queue", sort: "expires_at" }),
    onHide: () => ask({ filter: "all", sort: "recent" }),
    onWaiting(count) {
      waiting = count;
      render();
    },
    onOpen: (phone) => go({ phone }),
  });
  /** How many need an answer; the API's counts do not say so. */
  let waiting = "";
  const closing = closingAnnouncer();
  const found = foundAnnouncer();
  const words = h("p", { class: "list-note", role: "status" });
  const push = h("div", { class: "list-push" });
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
      { class: "tools", onkeydown: onToolsKey },
      h(
        "div",
        { class: "search-line" },
        h("div", { class: "search" }, icon("search"), search),
        queue.bell,
        newChatButton(),
      ),
      filters.element,
    ),
    rows.element,
    words,
    push,
    queue.element,
  );

  /** @param {Partial<Console.Question>} change */
  function ask(change) {
    clearTimeout(typing);
    typing = undefined;
    if (change.q !== undefined) search.value = change.q;
    const next = { ...question, q: search.value.trim(), ...change };
    store.stop();
    polling.stop();
    question = next;
    filters.show(question);
    queue.press(question.filter === "queue");
    rows.toTop();
    store = contactStore(question, render);
    found.ask();
    render();
    polling = poll(EVERY_MS, store.refresh);
  }

  /** The answer to what was asked before does not stand under what is being typed. */
  function onSearch() {
    if (search.value.trim() === question.q && typing === undefined) return;
    clearTimeout(typing);
    typing = setTimeout(() => ask({}), TYPING_MS);
    store.stop();
    polling.stop();
    render();
  }

  function render() {
    const isStarted = store.isStarted() && typing === undefined;
    shown = isStarted ? store.items() : [];
    setAttribute(element, "aria-busy", !isStarted);
    setAttribute(rows.element, "hidden", !shown.length);
    rows.render(shown, isStarted ? store.total(shown.length) : null);
    say(isStarted);
    if (isStarted) found.answer(shown.length, store.total(shown.length));
    const counts = store.counts();
    if (counts) filters.count(counts, waiting);
    titleCount(waiting);
    queue.heard(store.held());
    filters.learn(store.held());
    for (const { state } of store.held()) {
      filters.allow(state !== undefined);
      queue.allow(state !== undefined);
      break;
    }
  }

  /**
   * What stands in place of rows, or below them: nobody is told to be nowhere while there may be more.
   *
   * @param {boolean} isStarted
   */
  function say(isStarted) {
    const isResting = isStarted && store.isResting();
    const wanted = shown.length && !isResting ? "" : noteWords(isStarted, isResting);
    if (words.textContent !== wanted) words.textContent = wanted;
    const isNobody = isStarted && !store.hasMore() && !shown.length;
    const action = isResting
      ? "further"
      : isNobody && mayWiden()
        ? "widen"
        : isNobody && mayWriteTo(question.q)
          ? "write"
          : "";
    const drawn = action === "write" ? `write ${question.q}` : action;
    if (push.dataset.action === drawn) return;
    push.dataset.action = drawn;
    const buttons = { further, widen, write: () => writeToButton(question.q), "": () => null };
    replaceContent(push, buttons[action]());
  }

  const further = () => button("chats.further", () => store.further());
  const widen = () => button("chats.search_all", () => ask({ ...EVERYBODY, q: question.q }));
  const mayWiden = () => question.q !== "" && (question.filter !== "all" || question.assignee || question.label);

  /**
   * @param {boolean} isStarted
   * @param {boolean} isResting
   */
  function noteWords(isStarted, isResting) {
    const isSearch = search.value.trim() !== "";
    if (isResting) return t("chats.nobody_yet");
    if (isStarted && !store.hasMore()) return t(isSearch ? "chats.none_found" : "chats.none");
    if (store.hasFailed() && typing === undefined) return t("chats.unreachable");
    return t(isSearch ? "chats.searching" : "loading");
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

  /** From what narrows the list into it. @param {KeyboardEvent} event */
  function onToolsKey(event) {
    const opensItself = event.target instanceof Element && event.target.matches("select");
    if (event.key !== "ArrowDown" || opensItself || !shown.length) return;
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
  function open(contact) {
    openedAt = Math.max(0, shown.indexOf(contact));
    focused = null;
    go({ phone: contact.phone });
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
    if (hasChanged && (question.filter !== "all" || question.sort === "expires_at")) render();
    if (store.isStarted()) closing.look(shown, now);
    return deadline;
  }

  let store = contactStore(question, render);
  filters.show(question);
  say(false);
  let polling = poll(EVERY_MS, store.refresh);
  const stopTicking = onTick(tick);
  const stopFollowing = onPlaceChange(() => (takeWaiting() ? ask(WHO_WAITS) : render()));

  return {
    element,
    /** @param {Console.Contact} contact */
    set: (contact) => store.set(contact),
    /** @param {string} phone */
    forget: (phone) => store.forget(phone),
    /** @param {string} phone */
    find: (phone) => store.find(phone),
    labels: filters.labels,
    /** @param {string} phone */
    focusOn(phone) {
      const index = shown.findIndex((contact) => isNamed(contact, phone));
      focusAt(index < 0 ? openedAt : index);
      catchFocus(filters.element.querySelector("[aria-pressed=true]") ?? search);
    },
    stop() {
      clearTimeout(typing);
      filters.stop();
      queue.stop();
      store.stop();
      polling.stop();
      stopTicking();
      stopFollowing();
      rows.stop();
    },
  };
}

/**
 * @param {string} key of its words
 * @param {() => void} onclick
 */
const button = (key, onclick) => h("button", { type: "button", class: "secondary", text: t(key), onclick });
