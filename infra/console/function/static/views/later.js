// @ts-check
// A view whose code and style sheet are fetched when it is opened, so that the first view does not wait for them.

import { h, replaceContent } from "../components/dom.js";
import { t } from "../language/i18n.js";

const AGAIN_AFTER_MS = 5000;
/** @type {Set<string>} */
const preloaded = new Set();

/**
 * @template Part
 * @typedef {object} Later
 * @property {string} style the name of its style sheet
 * @property {string[]} modules all that it imports and that is not there yet: fetched at once, not one after another
 * @property {() => Promise<Part>} load
 */

/**
 * @template Part
 * @param {Later<Part>} of
 * @returns {Promise<Part>}
 */
export async function loadLater({ style, modules, load }) {
  for (const name of modules) {
    if (preloaded.has(name)) continue;
    preloaded.add(name);
    document.head.append(h("link", { rel: "modulepreload", href: addressOf(`${name}.js`) }));
  }
  const [part] = await Promise.all([load(), styleSheet(style)]);
  return part;
}

/**
 * Where nobody waits for it: tries again until it is there, or null once `signal` has ended.
 *
 * @template Part
 * @param {Later<Part>} of
 * @param {AbortSignal} signal
 * @returns {Promise<Part | null>}
 */
export async function loadPatiently(of, signal) {
  while (!signal.aborted) {
    try {
      return await loadLater(of);
    } catch (error) {
      // The banner reports the connection; what is wrong in itself does not become right.
      if (error instanceof SyntaxError) throw error;
      await new Promise((done) => setTimeout(done, AGAIN_AFTER_MS));
    }
  }
  return null;
}

/**
 * @param {Later<() => Console.View>} of
 * @returns {Console.View}
 */
export function laterView(of) {
  /** @type {Console.View | null} */
  let view = null;
  let isStopped = false;
  const element = h("div", { class: "later" });

  async function start() {
    replaceContent(element, h("p", { class: "list-note", text: t("loading") }));
    try {
      const make = await loadLater(of);
      if (isStopped) return;
      view = make();
      replaceContent(element, view.element);
    } catch (error) {
      console.error(error);
      const again = h("button", { type: "button", class: "primary", text: t("try_again"), onclick: start });
      replaceContent(element, h("div", { class: "starting" }, h("p", { text: t("problem.unreachable") }), again));
    }
  }
  start();
  return {
    element,
    stop() {
      isStopped = true;
      view?.stop();
    },
  };
}

/**
 * Once, however often the view is opened.
 *
 * @param {string} name
 * @returns {Promise<void>}
 */
function styleSheet(name) {
  const href = addressOf(`styles/${name}.css`);
  if ([...document.styleSheets].some((sheet) => sheet.href === href)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = h("link", {
      rel: "stylesheet",
      href,
      onload: () => resolve(),
      onerror: () => reject(new Error(href)),
    });
    document.head.append(link);
  });
}

/** @param {string} file */
const addressOf = (file) => new URL(`../${file}`, import.meta.url).href;
