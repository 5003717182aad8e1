// @ts-check
// The place in a conversation where an organization's people work together. Its code is fetched once a chat is open.

import { h, setAttribute } from "../components/dom.js";
import { loadPatiently } from "./later.js";

const TEAM_MODULES = [
  "components/answering",
  "components/label_form",
  "components/note",
  "components/quick_replies",
  "components/quick_reply_form",
  "components/read_mark",
  "components/team_bar",
  "data/inbox_routes",
  "views/together",
];

/** @typedef {ReturnType<import("./together.js")["together"]>} Together */

/**
 * `bar` stands above the messages, `notice` above the composer.
 *
 * @param {Omit<Parameters<import("./together.js")["together"]>[0], "bar" | "notice">} options
 */
export function teamPart(options) {
  const bar = h("div", { class: "team-bar" });
  const notice = h("div", { class: "team-notice" });
  /** @type {Together | null} */
  let part = null;
  const ended = new AbortController();

  async function start() {
    const of = {
      style: "together",
      modules: TEAM_MODULES,
      load: () => import("./together.js").then(({ together }) => together),
    };
    const make = await loadPatiently(of, ended.signal);
    if (make && !ended.signal.aborted) part = make({ ...options, bar, notice });
  }

  // An API from before the inbox has nothing of it.
  if (options.contact().state === undefined) setAttribute(bar, "hidden", true);
  else start();
  return {
    bar,
    notice,
    /** The contact has changed. */
    update: () => part?.update(),
    /** The contact and the messages were read. */
    loaded: () => part?.loaded(),
    stop() {
      ended.abort();
      part?.stop();
    },
  };
}
