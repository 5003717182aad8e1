// @ts-check
// One message, inbound or outbound, sent or refused.

import { epochMs } from "../data/clock.js";
import { namedBy } from "../data/message_links.js";
import { filledTemplate } from "../data/template_places.js";
import { clockTime, fullTime, hasWords, t, wordsFor } from "../language/i18n.js";
import { money } from "../language/money.js";
import { problemWords } from "../language/problem_words.js";
import { contentParts, isTextInContent, locationElement, templateButtons } from "./content.js";
import { foreignText, h } from "./dom.js";
import { fileIcon, icon } from "./icons.js";
import { fetchNote, fileElement } from "./media.js";
import { excerptOf, kindWords, label, outsideLink, said, webAddress, written } from "./parts.js";
import { quoteElement } from "./quote.js";
import { reactionsElement } from "./reactions.js";

/** @typedef {Api.MessageTemplate & { body?: string | null }} ShownTemplate with the text of the registry */
/** @typedef {Omit<Api.Message, "template"> & { template?: ShownTemplate }} ShownMessage */

export const NOT_SENT = new Set(["failed", "rejected", "refused"]);

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
 * @param {Console.MessageLinks} links
 * @param {boolean} mayTakeBack
 */
export const signature = (message, { quoted, reactions, chosen, isDeleted }, mayTakeBack) => {
  const { status, code, statuses, cost, failure, text, text_cut: isCut, media, template, details } = message;
  const shown = [text, isCut, media, template?.body, details, message.content_kept, message.interactive];
  const time = [message.at, message.at_is_estimate];
  const emojis = [reactions.inbound, reactions.outbound].map((message) => message?.reaction?.emoji);
  const linked = [quoted && excerptOf(quoted), ...emojis, mayTakeBack && emojis[1], [...chosen], isDeleted];
  return JSON.stringify([status, code, statuses.length, cost, failure, ...time, ...shown, ...linked]);
};

/**
 * @param {ShownMessage} message
 * @param {Console.MessageLinks} links
 * @param {object} actions
 * @param {() => void} actions.showWhole of a text that is cut
 * @param {(id: string) => void} actions.onGo to another message
 * @param {(() => void) | null} actions.onTakeBack our reaction; null where nothing can be sent
 */
export function messageElement(message, links, { showWhole, onGo, onTakeBack }) {
  const { id, direction, status } = message;
  const isUncertain = NOT_SENT.has(status) || status === "unknown";
  return h(
    "li",
    { class: "message", tabindex: "-1", "data-direction": direction, "data-status": status, "data-id": id },
    h(
      "div",
      { class: "bubble" },
      contentOf(message, links, onGo),
      message.text_cut && restOf(showWhole),
      metaOf(message),
    ),
    reactionsElement(links.reactions, onTakeBack),
    isUncertain && reasonOf(message),
  );
}

/**
 * @param {ShownMessage} message
 * @param {Console.MessageLinks} links
 * @param {(id: string) => void} onGo
 * @returns {Dom.Children[]}
 */
function contentOf(message, { quoted, chosen, isDeleted }, onGo) {
  const { direction, type, details } = message;
  if (type === "call") return [callElement(details ?? {})];
  const own = ownContent(message, chosen);
  const isAbout = ["edit", "reaction", "revoke"].includes(type);
  const isUntold = message.sent_around && type === "unknown";
  return [
    h("span", { class: "unseen", text: t(`said.${direction}`) }),
    isDeleted && h("p", { class: "kind", text: t("message.deleted") }),
    isAbout && h("p", { class: "kind", text: kindWords(type) }),
    message.sent_around && label("next", t("message.sent_around")),
    forwardedLabel(message),
    namedBy(message) !== null && quoteElement(quoted, onGo),
    own.length || isAbout ? own : h("p", { class: "kind", text: isUntold ? t("message.untold") : kindWords(type) }),
  ];
}

/**
 * @param {ShownMessage} message
 * @param {ReadonlyMap<string, string>} chosen
 */
function ownContent(message, chosen) {
  const { text, media, template, content_kept: isKept = true } = message;
  const isShownAlready = text === media?.caption || isTextInContent(message);
  const parts = [
    template ? templateElement(isKept ? template : { ...template, body: null }, chosen) : null,
    media ? mediaElement(media) : null,
    ...contentParts(message, chosen),
    text && !isShownAlready ? written(text) : null,
    isKept ? null : h("p", { class: "kind", text: t("message.not_kept") }),
  ];
  return parts.filter((part) => part && (!Array.isArray(part) || part.some(Boolean)));
}

/** @param {ShownMessage} message */
function forwardedLabel({ context, details }) {
  if (!context?.forwarded && !context?.frequently_forwarded && !details?.forwarded) return null;
  return label("next", t(context?.frequently_forwarded ? "message.forwarded_often" : "message.forwarded"));
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
 * @param {ShownTemplate} template
 * @param {ReadonlyMap<string, string>} chosen
 */
function templateElement(template, chosen) {
  const { name, body } = template;
  const params = paramsOf(template);
  const values = params.map((value) => foreignText("li", value));
  return h(
    "div",
    { class: "of-template" },
    label("template", t("message.template", { name })),
    templateHeader(template),
    body ? written(filledTemplate(body, params)) : null,
    !body && params.length ? h("ol", { class: "params" }, values) : null,
    templateTail(template),
    templateButtons(template, chosen),
  );
}

/**
 * What fills the placeholders of the body, in their order.
 *
 * @param {ShownTemplate} template
 */
function paramsOf({ params, components = [] }) {
  const filled = components.find(({ type }) => type === "body")?.parameters ?? [];
  return params ?? filled.map((parameter) => wordsOf(parameter) ?? "");
}

/** @param {Api.TemplateParameter} parameter */
const wordsOf = ({ text, currency, date_time: date }) => text ?? (currency ?? date)?.fallback_value;

/**
 * A text, a product or a place above the body; a file there is the message's.
 *
 * @param {ShownTemplate} template
 */
function templateHeader({ components = [] }) {
  const [given = {}] = components.find(({ type }) => type === "header")?.parameters ?? [];
  const words = wordsOf(given) ?? given.product?.product_retailer_id;
  return [said(words, "heading"), given.location && locationElement(given.location)];
}

/**
 * When its offer ends, and where a tap leads.
 *
 * @param {ShownTemplate} template
 */
function templateTail({ components = [] }) {
  return components.flatMap(({ parameters = [] }) =>
    parameters.map(({ limited_time_offer: offer, tap_target_configuration: [tap] = [] }) => {
      if (offer) return said(t("offer.ends", { time: fullTime(offer.expiration_time_ms ?? 0) }), "aside");
      const address = webAddress(tap?.url);
      return address ? outsideLink(address, [icon("next"), foreignText("bdi", tap?.title ?? address)]) : null;
    }),
  );
}

/**
 * A file that gate24 has is shown (`media.js`). Another is named and linked, never loaded: nothing from a third party
 * runs or is shown in the console.
 *
 * @param {Api.Media} media
 */
function mediaElement(media) {
  const { caption } = media;
  const own = fileElement(media) ?? [fileLine(media), fetchNote(media)];
  return [own, written(caption)];
}

/**
 * What the file is, and a link to where it is.
 *
 * @param {Api.Media} media
 */
function fileLine({ kind, url, filename, voice: isVoice, size_bytes: bytes }) {
  const named = isVoice ? "voice" : kind;
  const words = [
    fileIcon(named),
    h("span", { text: hasWords(`media.${named}`) ? t(`media.${named}`) : t("media.file") }),
    filename ? foreignText("bdi", filename) : null,
    bytes ? h("span", { class: "size", text: t("media.kb", { kb: Math.max(1, Math.round(bytes / 1024)) }) }) : null,
  ];
  const href = webAddress(url);
  return href ? outsideLink(href, words) : h("span", { class: "file" }, words);
}

/** @param {ShownMessage} message */
function metaOf(message) {
  const { direction, type, status, cost, author } = message;
  const at = epochMs(message.at);
  const isBilled = cost && Number(cost.amount) > 0;
  const words = h("span", {
    class: STATUSES_IN_WORDS.has(status) ? "status-text" : "unseen",
    text: wordsFor("status", status),
  });
  return h(
    "p",
    { class: "meta", title: statusHistory(message) },
    direction === "outbound" && author?.name && h("bdi", { class: "author", text: author.name }),
    isBilled && h("span", { class: "price", text: money(cost.amount, cost.currency) }),
    h("time", { datetime: message.at, text: at === null ? "" : clockTime(at) }),
    message.at_is_estimate && h("span", { class: "estimated", text: t("message.time_estimated") }),
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
  return h(
    "p",
    { class: "reason" },
    h("span", { text: reasonWords({ code, failure }), title: failure?.meaning }),
    failure ? h("code", { dir: "auto", text: failure.code }) : null,
  );
}

/** @param {Pick<Api.Message, "code" | "failure">} message that did not arrive */
export const reasonWords = ({ code, failure }) => (failure ? failureWords(failure) : null) ?? problemWords(code);

/** @param {NonNullable<Api.Message["failure"]>} failure */
function failureWords({ kind, meaning, reason }) {
  if (hasWords(`failure.${kind}`)) return t(`failure.${kind}`);
  const said = meaning ?? reason;
  return said ? `\u2068${said}\u2069` : null;
}
