// @ts-check
// Tells whoever may see webhooks of the organization's own addresses that have taken no event for days, and what to do.

import { announce } from "../components/announcer.js";
import { h, replaceContent, setAttribute } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { addressOf } from "../data/api.js";
import { epochMs } from "../data/clock.js";
import { failingEndpoints } from "../data/failing_endpoints.js";
import { poll } from "../data/poll.js";
import { hasScope } from "../data/session.js";
import { fullTime, t } from "../language/i18n.js";
import { go, hashOf } from "./router.js";

// What is shown first is not to wait for it.
const FIRST_AFTER_MS = 4000;
const EVERY_MS = 300_000;
const PAGE = /** @type {const} */ ({ view: "admin", page: "webhooks" });

/** @param {MouseEvent} event */
function openPage(event) {
  event.preventDefault();
  go({ ...PAGE, phone: null, details: false });
}

/** @typedef {import("../data/failing_endpoints.js").FailingEndpoint} FailingEndpoint */
/** @typedef {import("../data/failing_endpoints.js").Count} Count */

export function endpointNotice() {
  const element = h("section", { class: "notice", "aria-label": t("endpoint.label"), hidden: true });
  let shown = "[]";
  /** @type {ReturnType<typeof poll> | null} */
  let polling = null;

  /** @param {AbortSignal} signal */
  async function look(signal) {
    const found = await failingEndpoints(signal);
    // What somebody is reading is left alone until something has changed.
    if (JSON.stringify(found) === shown) return;
    shown = JSON.stringify(found);
    const opened = new Set([...element.querySelectorAll("details[open]")].map((each) => each.getAttribute("data-id")));
    replaceContent(
      element,
      found.map((each) => endpoint(each, opened.has(each.webhook.id))),
    );
    setAttribute(element, "hidden", found.length === 0);
    for (const each of found) announce(headline(each));
  }

  const starting = hasScope("webhooks")
    ? setTimeout(() => (polling = poll(EVERY_MS, look)), FIRST_AFTER_MS)
    : undefined;

  return {
    element,
    stop() {
      clearTimeout(starting);
      polling?.stop();
    },
  };
}

/** @param {FailingEndpoint} endpoint */
function headline({ webhook }) {
  const { host } = new URL(webhook.url);
  if (webhook.status === "paused") return t("endpoint.paused", { host });
  return t("endpoint.failing", { host, at: fullTime(epochMs(webhook.failing_since) ?? 0) });
}

/**
 * @param {FailingEndpoint} endpoint
 * @param {boolean} open
 */
function endpoint({ webhook, waiting, failed }, open) {
  const isPaused = webhook.status === "paused";
  return h(
    "details",
    { "data-id": webhook.id, open },
    h(
      "summary",
      {},
      icon("warning"),
      h("span", { text: headline({ webhook, waiting, failed }) }),
      webhook.description ? h("bdi", { class: "hint", text: webhook.description }) : null,
      h("span", { class: "more", text: t("endpoint.what_to_do") }),
    ),
    h("p", { text: t("endpoint.unaffected") }),
    h("p", {}, h("a", { href: hashOf(PAGE), text: t("endpoint.page"), onclick: openPage })),
    isPaused ? null : counted(waiting, "endpoint.waiting", "endpoint.waiting_more"),
    counted(failed, "endpoint.failed", "endpoint.failed_more"),
    h("p", { text: t(isPaused ? "endpoint.then_resume" : "endpoint.then_mend") }),
    isPaused ? command("PATCH", webhook, "", { status: "active" }) : null,
    h("p", { text: t("endpoint.then_replay") }),
    command("POST", webhook, "/replay", { from: webhook.failing_since ?? webhook.created_at }),
  );
}

/**
 * @param {Count} count
 * @param {string} key of the words
 * @param {string} moreKey of the words for more than that
 */
const counted = ({ count, isMore }, key, moreKey) =>
  count === 0 ? null : h("p", { text: t(isMore ? moreKey : key, { count }) });

/**
 * A line for a terminal, with the API key left to whoever runs it.
 *
 * @param {"PATCH" | "POST"} method
 * @param {Api.Webhook} webhook
 * @param {string} below
 * @param {object} body
 */
function command(method, { id }, below, body) {
  const url = addressOf(`webhooks/${encodeURIComponent(id)}${below}`);
  const text = `curl -X ${method} '${url}' -H "Authorization: Bearer $KEY" -d '${JSON.stringify(body)}'`;
  return h("pre", {}, h("code", { dir: "ltr", text }));
}
