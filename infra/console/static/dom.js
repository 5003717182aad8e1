// Elements are built, never parsed: what a contact wrote reaches the page as text only.

const SVG = "http://www.w3.org/2000/svg";

const present = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...present(children));
  return element;
}

/** An HTML element: properties are attributes, `text`, `value`, or `on<event>` listeners. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** Replaces what is inside an element. */
export function show(element, ...children) {
  element.replaceChildren(...present(children));
}

/** Sets the text only if it is another one: an unchanged node is not announced, laid out or painted again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Text that someone outside wrote: its direction is its own. */
export function theirs(tag, text, properties) {
  return h(tag, { dir: "auto", text, ...properties });
}

/** Sets or removes an attribute, only if that changes something. */
export function mark(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

let last = 0;
/** An id for `for` and `aria-*` that is used once in the page. */
export function freshId(stem) {
  last += 1;
  return `${stem}-${last}`;
}
