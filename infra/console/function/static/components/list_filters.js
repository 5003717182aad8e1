// @ts-check
// What narrows the list of chats: chips with counts, whose chats, which label, and the order.

import { FILTERS } from "../data/contact_filters.js";
import { loadMembers } from "../data/members.js";
import { signedInAs } from "../data/session.js";
import { number, t } from "../language/i18n.js";
import { freshId, h, replaceContent, setAttribute, setText } from "./dom.js";

const CHIPS = /** @type {Console.FilterName[]} */ (Object.keys(FILTERS).filter((name) => name !== "queue"));
// An API from before the inbox has no others.
const OLD_CHIPS = new Set(["all", "open", "closing", "closed"]);

// What is shown first does not wait for who the members are.
const MEMBERS_AFTER_MS = 4000;

/**
 * @param {object} options
 * @param {(change: Partial<Console.Question>) => void} options.onChange
 * @param {() => void} options.onNames the members' names are known
 */
export function listFilters({ onChange, onNames }) {
  const chips = CHIPS.map((name) => {
    const count = h("span", { class: "count" });
    const onclick = () => onChange({ filter: name, sort: FILTERS[name].sort });
    const button = h(
      "button",
      { type: "button", class: "chip", onclick },
      h("span", { text: t(`filter.${name}`) }),
      count,
    );
    return { name, button, count };
  });
  const strip = h(
    "div",
    { class: "filters", role: "group", "aria-label": t("chats.filters"), onwheel, onfocusin: onFocus },
    chips.map(({ button }) => button),
  );
  const assignee = select("assignee", "list.assignee", () => onChange({ assignee: assignee.value }));
  const label = select("label", "list.label", () => onChange({ label: label.value }));
  const sort = select("sort", "sort.label", () => onChange({ sort: /** @type {Api.ContactSort} */ (sort.value) }));
  replaceContent(
    sort,
    h("option", { value: "recent", text: t("sort.recent") }),
    h("option", { value: "expires_at", text: t("sort.expires_at") }),
  );
  const element = h("div", { class: "narrow" }, strip, h("div", { class: "selects" }, assignee, label, sort));
  /** @type {Set<string>} */
  const labels = new Set();
  drawAssignees([]);
  drawLabels();
  for (const wish of ["pointerenter", "focus"]) assignee.addEventListener(wish, offerMembers, { once: true });
  const offering = setTimeout(offerMembers, MEMBERS_AFTER_MS);

  async function offerMembers() {
    clearTimeout(offering);
    if (assignee.hidden) return;
    const members = await loadMembers();
    if (!members.length) return;
    drawAssignees(members);
    onNames();
  }

  /** @param {Api.Member[]} members */
  function drawAssignees(members) {
    const chosen = assignee.value;
    const own = signedInAs().email;
    const others = members.filter(({ email }) => email !== own);
    replaceContent(
      assignee,
      h("option", { value: "", text: t("list.everybody") }),
      own && h("option", { value: own, text: t("list.mine") }),
      h("option", { value: "none", text: t("list.nobody") }),
      others.map(({ email, name }) => h("option", { value: email, text: name })),
    );
    assignee.value = chosen;
  }

  function drawLabels() {
    const chosen = label.value;
    const sorted = [...labels].sort((a, b) => a.localeCompare(b));
    replaceContent(
      label,
      h("option", { value: "", text: t("list.every_label") }),
      sorted.map((name) => h("option", { value: name, text: name })),
    );
    label.value = chosen;
    setAttribute(label, "hidden", !labels.size);
  }

  /** @param {FocusEvent} event */
  function onFocus({ target }) {
    if (target instanceof Element) target.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {WheelEvent} event */
  function onwheel(event) {
    if (event.deltaX || strip.scrollWidth <= strip.clientWidth) return;
    event.preventDefault();
    strip.scrollLeft += event.deltaY;
  }

  return {
    element,
    /** @param {Console.Question} question */
    show(question) {
      sort.value = question.sort;
      for (const { name, button } of chips) setAttribute(button, "aria-pressed", String(name === question.filter));
      const pressed = chips.find(({ name }) => name === question.filter)?.button;
      if (pressed && strip.clientWidth) {
        const end = pressed.offsetLeft + pressed.offsetWidth;
        if (end > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = end - strip.clientWidth;
        else if (pressed.offsetLeft < strip.scrollLeft) strip.scrollLeft = pressed.offsetLeft;
      }
    },
    /**
     * @param {Api.ContactCounts} counts
     * @param {string} waiting how many need an answer, as far as it is known
     */
    count(counts, waiting) {
      for (const { name, count } of chips) {
        const counted = counts[/** @type {keyof Api.ContactCounts} */ (name)];
        const told = name === "needs_answer" ? waiting : "";
        setText(count, counted === undefined ? told : number(counted));
      }
    },
    /**
     * Offers the labels that are in use.
     *
     * @param {Iterable<Api.Contact>} contacts
     */
    learn(contacts) {
      const before = labels.size;
      for (const contact of contacts) for (const name of contact.labels ?? []) labels.add(name);
      if (labels.size !== before) drawLabels();
    },
    /**
     * Hides what an API from before the inbox does not have.
     *
     * @param {boolean} hasInbox
     */
    allow(hasInbox) {
      for (const { name, button } of chips) setAttribute(button, "hidden", !hasInbox && !OLD_CHIPS.has(name));
      setAttribute(assignee, "hidden", !hasInbox);
    },
    stop: () => clearTimeout(offering),
    labels: () => [...labels].sort((a, b) => a.localeCompare(b)),
  };
}

/**
 * @param {string} stem
 * @param {string} key of its words
 * @param {() => void} onchange
 */
const select = (stem, key, onchange) =>
  h("select", { id: freshId(stem), class: "narrow-select", "aria-label": t(key), title: t(key), onchange });
