// @ts-check
// Elements are created, never parsed from HTML: what a contact wrote can only become text.

import { readIn } from "../language/scripts.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {readonly Dom.Children[]} children
 * @returns {(Node | string)[]}
 */
const flattened = (children) =>
  children.flatMap((child) => {
    if (child === null || child === undefined || child === false) return [];
    return child instanceof Node || typeof child === "string" ? [child] : flattened(child);
  });

/**
 * @param {Element} element
 * @param {Record<string, Dom.Property>} properties
 * @param {readonly Dom.Children[]} children
 */
function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = String(value ?? "");
    else if (name === "value") Object.assign(element, { value: value ?? "" });
    else setAttribute(element, name, value);
  }
  element.append(...flattened(children));
}

/**
 * An HTML element. Properties are attributes, `text`, `value`, or `on<event>` listeners.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Dom.Property>} [properties]
 * @param {Dom.Children[]} children
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  fill(element, properties, children);
  return element;
}

/**
 * The same for SVG.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Dom.Property>} [properties]
 * @param {Dom.Children[]} children
 */
export function s(tag, properties = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  fill(element, properties, children);
  return element;
}

/**
 * @param {Element} element
 * @param {Dom.Children[]} children
 */
export function replaceContent(element, ...children) {
  element.replaceChildren(...flattened(children));
}

/**
 * Sets the text only if it changed: an unchanged node is not announced, laid out or painted again.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets an attribute only if that changes something; null, undefined and false remove it.
 *
 * @param {Element} element
 * @param {string} name
 * @param {Dom.Property} value
 */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true && !name.startsWith("aria-") ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * Focuses an element where the focus is lost: what had it was taken away, hidden or disabled.
 *
 * @param {Element | null | undefined} element
 */
export function catchFocus(element) {
  const at = document.activeElement;
  const isLost = !at || at === document.body || at.matches(":disabled") || !at.getClientRects().length;
  if (isLost && element instanceof HTMLElement) element.focus();
}

/**
 * Text written by people outside the organization, with its own direction.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} text
 * @param {Record<string, Dom.Property>} [properties]
 */
export const foreignText = (tag, text, properties) => h(tag, { dir: "auto", lang: readIn(text), text, ...properties });

/**
 * The same in an element that stays, and has its direction.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setForeignText(element, text) {
  setAttribute(element, "lang", readIn(text));
  setText(element, text);
}

/** Where a browser does not tell whether a list of choices is open, each may be. */
const OPEN_SELECT = CSS.supports("selector(:open)") ? "select:open" : "select";

/**
 * Escape closes this alone, not what it stands in. A list of choices that is open closes first.
 *
 * @param {() => boolean | void} close answers false where there is nothing to close
 * @returns {(event: KeyboardEvent) => void}
 */
export const onEscape = (close) => (event) => {
  const isChoosing = event.target instanceof Element && event.target.matches(OPEN_SELECT);
  if (event.key !== "Escape" || event.isComposing || event.defaultPrevented || isChoosing) return;
  if (close() !== false) event.preventDefault();
};

let last = 0;
/**
 * An id for `for` and `aria-*` that is used once in the page.
 *
 * @param {string} stem
 */
export function freshId(stem) {
  last += 1;
  return `${stem}-${last}`;
}
