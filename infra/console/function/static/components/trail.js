// @ts-check
// What the organization's people did about a contact, newest first.

import { epochMs } from "../data/clock.js";
import { memberName } from "../data/members.js";
import { fetchActions } from "../data/routes.js";
import { fullTime, t, wordsFor } from "../language/i18n.js";
import { h, replaceContent } from "./dom.js";
import { icon } from "./icons.js";

/** @type {Record<string, import("./icons.js").IconName>} */
const PICTURES = {
  add: "plus",
  assign: "contact",
  done: "tick",
  label: "label",
  name: "contact",
  note: "lock",
  reopen: "reply",
};

/** @param {string} phone */
export function trail(phone) {
  const element = h("ol", { class: "trail" }, note(t("loading")));

  /** How often it was asked for: only what was asked for last is shown. */
  let asked = 0;

  async function load() {
    const own = ++asked;
    try {
      const { data } = await fetchActions(phone);
      if (own !== asked) return;
      replaceContent(element, data.length ? data.map(item) : note(t("contact.no_trail")));
    } catch {
      if (own !== asked) return;
      const again = h("button", { type: "button", class: "quiet", text: t("try_again"), onclick: load });
      replaceContent(element, note(t("problem.unreachable"), " ", again));
    }
  }

  load();
  return { element, load };
}

/** @param {Dom.Children[]} content */
const note = (...content) => h("li", { class: "none" }, content);

/** @param {Api.ContactAction} action */
function item({ action, detail, author, at: time }) {
  const at = epochMs(time);
  return h(
    "li",
    { "data-action": action },
    h(
      "p",
      { class: "what" },
      icon(PICTURES[action] ?? "next"),
      h("strong", { text: wordsFor("trail", action) }),
      h("time", { datetime: time, text: at === null ? "" : fullTime(at) }),
    ),
    h("p", { class: "how" }, h("span", {}, h("bdi", { text: author?.name ?? "" }), detailWords(action, detail))),
  );
}

/**
 * @param {string} action
 * @param {string | null | undefined} detail
 */
function detailWords(action, detail) {
  if (action === "assign") return [" → ", h("bdi", { text: detail ? memberName(detail) : t("trail.nobody") })];
  return detail ? [": ", h("bdi", { text: detail })] : null;
}
