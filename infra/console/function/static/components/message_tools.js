// @ts-check
// Reply and react: one pair of buttons for the whole conversation, beside the message that is pointed at or was reached
// by keyboard, so that a conversation of any length is one stop of the Tab key.

import { t } from "../language/i18n.js";
import { foreignText, h, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { excerptOf } from "./parts.js";
import { priceCheck } from "./price_check.js";

const EMOJIS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const EXCERPT = 40;
const GAP_PX = 6;

/**
 * @param {object} options
 * @param {(message: Api.Message) => void} options.onReply
 * @param {(message: Api.Message, emoji: string) => Api.SendRequest} options.reactionOf
 * @param {(request: Api.SendRequest, answer: Api.CheckAnswer | null) => void} options.onReact
 * @param {(message: Api.Message, step: -1 | 1) => void} options.onStep to the message before or after
 */
export function messageTools({ onReply, reactionOf, onReact, onStep }) {
  /** @type {Api.Message | null} */
  let current = null;
  /** @type {HTMLElement | null} */
  let bubble = null;

  const price = priceCheck(() => (current ? reactionOf(current, EMOJIS[0]) : null));
  const reply = tool("reply", () => current && onReply(current));
  const react = tool("react", () => setChoosing(picker.hidden));
  react.setAttribute("aria-expanded", "false");
  const picker = h(
    "div",
    { class: "picker", role: "group", "aria-label": t("reaction.choose"), hidden: true },
    h("div", { class: "emojis" }, EMOJIS.map(emojiButton)),
    price.element,
  );
  const element = h(
    "div",
    { class: "message-tools", hidden: true, onkeydown: onKeyDown },
    h("div", { class: "tool-pair" }, reply, react),
    picker,
  );

  /**
   * @param {"reply" | "react"} name
   * @param {() => void} onclick
   */
  function tool(name, onclick) {
    return h("button", { type: "button", class: "icon-button", onclick }, icon(name));
  }

  /** @param {string} emoji */
  function emojiButton(emoji) {
    const label = t("reaction.with", { emoji });
    return h(
      "button",
      { type: "button", class: "emoji", "aria-label": label, title: label, onclick: () => choose(emoji) },
      foreignText("span", emoji),
    );
  }

  /** @param {string} emoji */
  async function choose(emoji) {
    const message = current;
    if (!message) return;
    const answer = await price.now();
    if (answer === undefined || picker.hidden) return;
    setChoosing(false);
    react.focus();
    onReact(reactionOf(message, emoji), answer);
  }

  /** @param {boolean} value */
  function setChoosing(value) {
    setAttribute(picker, "hidden", !value);
    setAttribute(react, "aria-expanded", String(value));
    place();
    if (!value) return price.forget();
    picker.querySelector("button")?.focus();
    price.now().then(bringIntoView);
    bringIntoView();
  }

  function bringIntoView() {
    if (picker.hidden) return;
    place();
    element.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    if (event.key === "Escape" && !picker.hidden) {
      event.preventDefault();
      setChoosing(false);
      react.focus();
    }
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : null;
    if (step === null || !current || !picker.hidden) return;
    event.preventDefault();
    onStep(current, step);
  }

  /** Beside the bubble where there is room, else at its lower edge. */
  function place() {
    const area = element.parentElement;
    if (!area || !bubble || element.hidden) return;
    const [box, around] = [bubble.getBoundingClientRect(), area.getBoundingClientRect()];
    const [width, height] = [element.offsetWidth, element.offsetHeight];
    const isOurs = current?.direction === "outbound";
    const beside = isOurs ? box.left - around.left - width - GAP_PX : box.right - around.left + GAP_PX;
    const hasRoom = beside >= 0 && beside + width <= area.clientWidth;
    const left = hasRoom ? beside : Math.max(0, Math.min(box.left - around.left, area.clientWidth - width));
    const top = box.top - around.top + area.scrollTop + (hasRoom ? 0 : box.height - 10);
    const lowest = area.scrollHeight - height;
    element.style.left = `${left}px`;
    element.style.top = `${Math.max(0, hasRoom ? Math.min(top, lowest) : top)}px`;
  }

  return {
    element,
    current: () => current,
    isChoosing: () => !picker.hidden,
    hasFocus: () => element.contains(document.activeElement),
    place,
    /**
     * @param {Api.Message | null} message null where nothing can be answered
     * @param {HTMLElement | null} at its bubble
     */
    show(message, at) {
      if (message?.id !== current?.id && !picker.hidden) setChoosing(false);
      current = message;
      bubble = at;
      setAttribute(element, "hidden", !message);
      setAttribute(element, "data-direction", message?.direction);
      if (!message) return;
      const about = excerptOf(message).slice(0, EXCERPT);
      for (const [button, name] of /** @type {const} */ ([
        [reply, "reply"],
        [react, "react"],
      ])) {
        setAttribute(button, "aria-label", t(`tools.${name}_to`, { about }));
        setAttribute(button, "title", t(`tools.${name}`));
      }
      place();
    },
    leave: price.leave,
  };
}
