// @ts-check
// What can be done with a chat together, in one row that is one stop for Tab: whose it is, labels, a note, done.

import { loadMembers, memberName } from "../data/members.js";
import { signedInAs } from "../data/session.js";
import { number, t } from "../language/i18n.js";
import { h, replaceContent, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @param {object} options
 * @param {() => Console.Contact} options.contact
 * @param {(email: string | null) => void} options.onAssign
 * @param {(state: "open" | "done") => void} options.onState
 * @param {() => void} options.onLabels
 * @param {() => void} options.onNote
 */
export function teamBar({ contact, onAssign, onState, onLabels, onNote }) {
  const assignee = h("select", {
    class: "narrow-select",
    "aria-label": t("team.assignee"),
    title: t("team.assignee"),
    onchange: onChoose,
    onkeydown: onChoiceKey,
  });
  const labelCount = h("span", { class: "count" });
  const labels = button("label", t("team.labels"), onLabels, labelCount);
  const note = button("note", t("team.note"), onNote);
  const stateWords = h("span");
  const state = h(
    "button",
    { type: "button", class: "team-button state-button", onclick: onStateClick },
    icon("tick"),
    stateWords,
  );
  for (const each of [labels, note]) setAttribute(each, "aria-expanded", "false");
  const controls = [assignee, labels, note, state];
  const element = h(
    "div",
    { class: "team-buttons", role: "toolbar", "aria-label": t("team.bar"), onkeydown: onKeyDown, onfocusin: onFocus },
    controls,
  );
  /** @type {Api.Member[]} */
  let members = [];
  let drawn = "";

  /** Of a double click the second would take back the first. @param {MouseEvent} event */
  function onStateClick({ detail }) {
    if (detail < 2) onState(isDone() ? "open" : "done");
  }

  function onChoose() {
    onAssign(assignee.value || null);
  }

  /**
   * A key in the closed list would choose at once, and with it whoever stands on the way: it opens the list instead.
   *
   * @param {KeyboardEvent} event
   */
  function onChoiceKey(event) {
    const chooses = ["ArrowDown", "ArrowUp", "PageDown", "PageUp"].includes(event.key) || /^\S$/u.test(event.key);
    if (!chooses || event.altKey || event.ctrlKey || event.metaKey || !assignee.showPicker) return;
    event.preventDefault();
    assignee.showPicker();
  }

  const isDone = () => contact().state === "done";

  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    const from = controls.findIndex((each) => each === document.activeElement);
    /** @type {Record<string, number>} */
    const targets = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: controls.length - 1 };
    if (from < 0 || !(event.key in targets)) return;
    event.preventDefault();
    controls[Math.max(0, Math.min(controls.length - 1, targets[event.key]))].focus();
  }

  /** @param {FocusEvent} event */
  function onFocus({ target }) {
    for (const each of controls) setAttribute(each, "tabindex", each === target ? null : -1);
  }

  function drawMembers() {
    const current = contact().assignee ?? "";
    const own = signedInAs().email;
    const others = members.filter(({ email }) => email !== own);
    const key = JSON.stringify([current, members]);
    if (key !== drawn) {
      drawn = key;
      const isKnown = !current || current === own || others.some(({ email }) => email === current);
      replaceContent(
        assignee,
        h("option", { value: "", text: t("team.nobody") }),
        own && h("option", { value: own, text: t("team.me") }),
        !isKnown && h("option", { value: current, text: memberName(current) }),
        others.map(({ email, name }) => h("option", { value: email, text: name })),
      );
    }
    // Set anew, an open list would lose its place.
    if (assignee.value !== current) assignee.value = current;
  }

  function update() {
    const count = contact().labels?.length ?? 0;
    setText(labelCount, count ? number(count) : "");
    setText(stateWords, t(isDone() ? "team.reopen" : "team.done"));
    setAttribute(state, "data-done", isDone());
    drawMembers();
  }

  onFocus(/** @type {FocusEvent} */ (/** @type {unknown} */ ({ target: state })));
  loadMembers().then((found) => {
    members = found;
    // Who signed out meanwhile is nobody to draw it for.
    if (element.isConnected) drawMembers();
  });
  return {
    element,
    update,
    /** @param {"labels" | "note"} name */
    focus: (name) => (name === "labels" ? labels : note).focus(),
    /**
     * @param {"labels" | "note"} name
     * @param {boolean} isPressed
     */
    press(name, isPressed) {
      setAttribute(name === "labels" ? labels : note, "aria-expanded", String(isPressed));
    },
  };
}

/**
 * @param {import("./icons.js").IconName} picture
 * @param {string} words
 * @param {() => void} onclick
 * @param {Dom.Children} [more]
 */
const button = (picture, words, onclick, more) =>
  h(
    "button",
    { type: "button", class: "team-button", title: words, onclick },
    icon(picture),
    h("span", { class: "team-words", text: words }),
    more,
  );
