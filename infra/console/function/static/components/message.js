// @ts-check
// One message, inbound or outbound, sent or refused.

import { epochMs } from "../data/clock.js";
import { clockTime, fullTime, hasWords, t, wordsFor } from "../language/i18n.js";
import { money } from "../language/money.js";
import { problemWords } from "../language/problem_words.js";
import { foreignText, h } from "./dom.js";
import { icon } from "./icons.js";
import { fileElement } from "./media.js";

/** @typedef {Api.MessageTemplate & { body?: string | null }} ShownTemplate with the text of the registry */
/** @typedef {Omit<Api.Message, "template"> & { template?: ShownTemplate }} ShownMessage */

const NOT_SENT = new Set(["failed", "rejected", "refused"]);

// These statuses are also shown in words; the others only as an icon.
const STATUSES_IN_WORDS = new Set([...NOT_SENT, "unknown", "sending"]);

/** @type {Record<string, import("./icons.js").IconName>} */
const STATUS_ICONS = {
  sending: "underway",
  accepted: "underway",
  sent: "tick",
  delivered: "ticks",
  read: "ticks",
  failed: "warning",
  rejected: "warning",
  refused: "refused",
};

/**
 * Two equal signatures mean that the message need not be drawn again.
 *
 * @param {ShownMessage} message
 */
export const signature = (message) => {
  const { status, code, statuses, cost, failure, text, text_cut: isCut, media, template, details } = message;
  const shown = [text, isCut, media, template?.body, details, message.content_kept];
  return JSON.stringify([status, code, statuses.length, cost, failure, ...shown]);
};

/**
 * @param {ShownMessage} message
 * @param {() => void} showWhole of a text that is cut
 */
export function messageElement(message, showWhole) {
  const { id, direction, status } = message;
  const isUncertain = NOT_SENT.has(status) || status === "unknown";
  return h(
    "li",
    { class: "message", "data-direction": direction, "data-status": status, "data-id": id },
    h("div", { class: "bubble" }, contentOf(message), message.text_cut && restOf(showWhole), metaOf(message)),
    isUncertain && reasonOf(message),
  );
}

/**
 * @param {ShownMessage} message
 * @returns {Dom.Children[]}
 */
function contentOf({ direction, type, text, media, template, details, content_kept: isKept = true }) {
  if (type === "call") return [callElement(details ?? {})];
  const isCaption = text === media?.caption;
  const parts = [
    type === "edit" ? h("p", { class: "kind", text: t("type.edit") }) : null,
    template ? templateElement(isKept ? template : { ...template, body: null }) : null,
    media ? mediaElement(media) : null,
    ...detailsOf(details ?? {}),
    text && !isCaption ? foreignText("p", text, { class: "text" }) : null,
    isKept ? null : h("p", { class: "kind", text: t("message.not_kept") }),
  ].filter((part) => part !== null);
  const kind = hasWords(`type.${type}`) ? t(`type.${type}`) : t("type.other", { type });
  return [
    h("span", { class: "unseen", text: t(`said.${direction}`) }),
    parts.length ? parts : h("p", { class: "kind", text: kind }),
  ];
}

/** @param {() => void} showWhole */
const restOf = (showWhole) =>
  h("button", { type: "button", class: "quiet", text: t("message.whole"), onclick: showWhole });

/**
 * Who called, and how long it lasted or why it did not come about.
 *
 * @param {Api.MessageDetails} details
 */
function callElement({ direction = "user_initiated", status, duration }) {
  const lasted = duration ? t("call.lasted", { minutes: Math.floor(duration / 60), seconds: duration % 60 }) : null;
  const outcome = hasWords(`call_status.${status}`) ? t(`call_status.${status}`) : null;
  return h(
    "p",
    { class: "call" },
    icon("call"),
    h("span", { text: [t(`call.${direction}`), lasted ?? outcome].filter(Boolean).join(" · ") }),
  );
}

/**
 * A location and contact cards, as text.
 *
 * @param {Api.MessageDetails} details
 */
function detailsOf({ name, address, latitude, longitude, contacts = [] }) {
  const position = latitude && longitude ? `${latitude}, ${longitude}` : "";
  const cards = contacts.map((card) => [card.name, ...(card.phones ?? [])].filter(Boolean).join(" · "));
  return [name, address, position, ...cards]
    .filter((line) => line !== undefined && line !== "")
    .map((line) => foreignText("p", String(line), { class: "text" }));
}

/** @param {ShownTemplate} template */
function templateElement({ name, body, params = [] }) {
  const label = h("p", { class: "label" }, icon("template"), h("span", { text: t("message.template", { name }) }));
  const values = params.map((value) => foreignText("li", value));
  return h(
    "div",
    { class: "of-template" },
    label,
    body ? foreignText("p", filledTemplate(body, params), { class: "text" }) : null,
    !body && params.length ? h("ol", { class: "params" }, values) : null,
  );
}

/**
 * A template's body with its parameters filled in.
 *
 * @param {string} body
 * @param {string[]} params
 */
export const filledTemplate = (body, params) =>
  body.replace(/\{\{(\d+)\}\}/g, (place, index) => params[index - 1] || place);

/**
 * A file that gate24 has is shown (`media.js`). Another is named and linked, never loaded: nothing from a third party
 * runs or is shown in the console.
 *
 * @param {Api.Media} media
 */
function mediaElement(media) {
  const { kind, url, filename, caption, size_bytes: bytes } = media;
  const own = fileElement(media);
  if (own) return [own, caption ? foreignText("p", caption, { class: "text" }) : null];
  const label = [
    h("span", { text: hasWords(`media.${kind}`) ? t(`media.${kind}`) : t("media.file") }),
    filename ? foreignText("bdi", filename) : null,
    bytes ? h("span", { class: "size", text: t("media.kb", { kb: Math.max(1, Math.round(bytes / 1024)) }) }) : null,
  ];
  const href = webAddress(url);
  const opensNew = h("span", { class: "unseen", text: t("opens_new") });
  const file = href
    ? h("a", { class: "file", href, target: "_blank", rel: "noopener noreferrer" }, icon("media"), label, opensNew)
    : h("span", { class: "file" }, icon("media"), label);
  return [file, caption ? foreignText("p", caption, { class: "text" }) : null];
}

/** @param {string | undefined} text */
function webAddress(text) {
  const url = text && URL.canParse(text) ? new URL(text) : null;
  return url && ["https:", "http:"].includes(url.protocol) ? url.href : null;
}

/** @param {ShownMessage} message */
function metaOf(message) {
  const { direction, type, status, cost } = message;
  const at = epochMs(message.at);
  const isBilled = cost && Number(cost.amount) > 0;
  const words = h("span", {
    class: STATUSES_IN_WORDS.has(status) ? "status-text" : "unseen",
    text: wordsFor("status", status),
  });
  return h(
    "p",
    { class: "meta", title: statusHistory(message) },
    isBilled && h("span", { class: "price", text: money(cost.amount, cost.currency) }),
    h("time", { datetime: message.at, text: at === null ? "" : clockTime(at) }),
    direction === "outbound" &&
      type !== "call" &&
      h("span", { class: "status", "data-status": status }, icon(STATUS_ICONS[status] ?? "unknown"), words),
  );
}

/** @param {ShownMessage} message */
function statusHistory({ at, statuses }) {
  const lines = statuses.map((entry) => `${wordsFor("status", entry.status)}: ${timeOf(entry.at)}`);
  return lines.join("\n") || timeOf(at);
}

/** @param {string} time */
function timeOf(time) {
  const at = epochMs(time);
  return at === null ? "" : fullTime(at);
}

/**
 * Why the message did not arrive, and the provider's code, to quote in a support request to the BSP.
 *
 * @param {ShownMessage} message
 */
function reasonOf({ status, code, failure }) {
  if (status === "unknown") return h("p", { class: "reason" }, h("span", { text: t("unknown.explained") }));
  const words = failure ? failureWords(failure) : null;
  return h(
    "p",
    { class: "reason" },
    h("span", { text: words ?? problemWords(code), title: failure?.meaning }),
    failure ? h("code", { dir: "auto", text: failure.code }) : null,
  );
}

/** @param {NonNullable<Api.Message["failure"]>} failure */
function failureWords({ kind, meaning, reason }) {
  if (hasWords(`failure.${kind}`)) return t(`failure.${kind}`);
  const said = meaning ?? reason;
  return said ? `\u2068${said}\u2069` : null;
}
