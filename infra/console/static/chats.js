// The list of chats: whom we can still answer, and for how long.

import { instant, now, onBeat } from "./clock.js";
import { contactList } from "./contacts.js";
import { freshId, h, mark, say } from "./dom.js";
import { expiryOf, FILTERS, stateOf } from "./gate.js";
import { clockTime, dayName, localDay, number, t } from "./i18n.js";
import { icon } from "./icons.js";
import { tell } from "./live.js";
import { poll } from "./poll.js";
import { inWords, paint, ring } from "./ring.js";
import { go, onPlace, place } from "./router.js";
import { virtualList } from "./virtual.js";

const EVERY = 3000;
const TYPING = 300;
const ROW = 68;

// Only who has time left can be put in the order of it: to ask for that order is to ask for those.
const TIMED = new Set(["open", "closing"]);

/** The pane. Gives `{ element, changed(contact), erased(phone), stop() }`. */
export function chatsPane() {
  let question = { window: "all", sort: "recent", q: "" };
  let list;
  let polling;
  let shown = [];

  const search = h("input", {
    type: "search", id: freshId("search"), maxlength: 100, autocomplete: "off", spellcheck: "false",
    placeholder: t("chats.search"), "aria-label": t("chats.search"), dir: "auto",
  });
  const filters = Object.keys(FILTERS).map((name) => {
    const count = h("span", { class: "count" });
    const button = h("button", { type: "button", class: "chip", "aria-pressed": String(name === "all"), onclick: () => ask(TIMED.has(name) ? { window: name } : { window: name, sort: "recent" }) },
      h("span", { text: t(`filter.${name}`) }), count);
    return { name, button, count };
  });
  const sort = h("select", { id: freshId("sort"), onchange: () => ask({ sort: sort.value, ...(sort.value === "expires_at" && !TIMED.has(question.window) ? { window: "open" } : {}) }) },
    h("option", { value: "recent", text: t("sort.recent") }),
    h("option", { value: "expires_at", text: t("sort.expires_at") }));
  const note = h("p", { class: "list-note", role: "status" });
  const rows = virtualList({
    label: t("chats.list"), rowHeight: ROW, makeRow, keyOf: (contact) => contact.phone,
    onEnd: () => !list?.failed() && list?.started() && list.more(),
  });

  const element = h("section", { class: "pane chats", "aria-label": t("nav.chats") },
    h("div", { class: "tools" },
      h("div", { class: "search" }, icon("search"), search),
      h("div", { class: "filters", role: "group", "aria-label": t("chats.filters") }, filters.map(({ button }) => button)),
      h("div", { class: "sort" }, h("label", { for: sort.id, text: t("sort.label") }), sort)),
    rows.element, note);

  function ask(change) {
    question = { ...question, ...change };
    sort.value = question.sort;
    for (const { name, button } of filters) mark(button, "aria-pressed", String(name === question.window));
    list?.stop();
    polling?.stop();
    list = contactList(question, render);
    rows.toTop();
    mark(element, "aria-busy", true);
    polling = poll(EVERY, list.refresh);
  }

  function render() {
    shown = list.items();
    rows.render(shown, list.total(shown.length));
    const counts = list.counts();
    for (const { name, count } of filters) say(count, counts?.[name] === undefined ? "" : number(counts[name]));
    if (list.started()) mark(element, "aria-busy", null);
    say(note, list.started() && !shown.length ? t(question.q ? "chats.none_found" : "chats.none") : list.failed() && !shown.length ? t("chats.unreachable") : "");
  }

  function makeRow() {
    const drawn = ring();
    const name = h("span", { class: "name", dir: "auto" });
    const time = h("time", { class: "when" });
    const state = h("span", { class: "state" });
    const tag = h("span", { class: "tag" });
    let contact = null;
    const button = h("button", { type: "button", class: "row", onclick: () => open(contact), onkeydown: move },
      drawn.element, h("span", { class: "who" }, h("span", { class: "over" }, name, time), h("span", { class: "under" }, state, tag)));
    const row = { element: h("li", {}, button), button, update, focus: () => button.focus({ preventScroll: true }) };
    function update(next, index) {
      contact = next;
      row.at = index;
      say(name, contact.name || contact.phone);
      const activity = instant(contact.last_activity_at);
      say(time, activity === null ? "" : whenOf(activity));
      mark(time, "datetime", contact.last_activity_at);
      mark(button, "data-contact", contact.phone);
      mark(button, "aria-current", contact.phone === place().phone ? "true" : null);
      mark(button, "tabindex", index === focusable() ? null : -1);
      row.beat(lastBeat);
    }
    row.beat = (time_) => {
      const status = stateOf(contact, time_);
      paint(drawn, status, contact.name);
      mark(button, "data-state", status.state);
      say(state, inWords(status));
      say(tag, contact.consent?.status === "opted_out" && status.mayReply ? t("state.opted_out") : contact.unreachable && status.state !== "unreachable" && status.state !== "blocked" ? t("state.unreachable") : "");
      return status;
    };
    return row;
  }

  /** One row takes part in the order of tabs; the arrows go from row to row. */
  const focusable = () => Math.max(0, focus ?? shown.findIndex((contact) => contact.phone === place().phone));
  let focus = null;
  function move(event) {
    const from = shown.findIndex((_, index) => index === [...rows.visible()].find((row) => row.button === event.currentTarget)?.at);
    const page = Math.floor(rows.element.clientHeight / ROW);
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: shown.length - 1, PageDown: from + page, PageUp: from - page }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    focusAt(to);
  }

  function focusAt(index) {
    if (!shown.length) return;
    focus = Math.max(0, Math.min(shown.length - 1, index));
    rows.reveal(focus)?.focus();
  }

  function open(contact) {
    focus = null;
    go({ phone: contact.phone });
  }

  let lastBeat = null;
  let lately = new Set();
  const stopBeat = onBeat((time) => {
    lastBeat = time;
    let deadline = Infinity;
    let turned = false;
    for (const row of rows.visible()) {
      const before = row.button.dataset.state;
      const { state, expiresAt } = row.beat(time);
      turned ||= before !== undefined && before !== state;
      if (expiresAt > time) deadline = Math.min(deadline, expiresAt);
    }
    // A row that has just closed may no longer belong here, or not at this place.
    if (turned && (question.window !== "all" || question.sort === "expires_at")) render();
    announceClosing(time);
    return deadline;
  });

  /** Says once who has just come to the last minutes or has just been lost, and says nothing at the start. */
  function announceClosing(time) {
    const closing = new Set();
    for (const contact of shown.slice(0, 200)) {
      const expiresAt = expiryOf(contact);
      if (expiresAt > time && expiresAt - time < 60_000) closing.add(contact);
    }
    for (const contact of closing) {
      if (lately.size && !lately.has(contact.phone)) tell(t("live.closing", { name: contact.name || contact.phone }));
    }
    lately = new Set([...closing].map((contact) => contact.phone).concat("started"));
  }

  let typing = null;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => ask({ q: search.value.trim() }), TYPING);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !shown.length) return;
    event.preventDefault();
    focusAt(0);
  });
  const stopPlace = onPlace(() => list && render());
  ask({});

  return {
    element,
    changed: (contact) => list.set(contact),
    erased: (phone) => list.forget(phone),
    find: (phone) => list.find(phone),
    focusOn: (phone) => focusAt(shown.findIndex((contact) => contact.phone === phone)),
    stop: () => (list.stop(), polling.stop(), stopBeat(), stopPlace(), rows.stop(), clearTimeout(typing)),
  };
}

/** The time of today, the day of before. */
function whenOf(at) {
  const today = localDay(now() ?? 0);
  return localDay(at) === today ? clockTime(at) : dayName(at);
}



