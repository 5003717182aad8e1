// One message, inbound or outbound, sent or refused.

import { instant } from "./clock.js";
import { h, theirs } from "./dom.js";
import { clockTime, fullTime, known, t } from "./i18n.js";
import { icon } from "./icons.js";
import { money } from "./money.js";

const NOT_SENT = new Set(["failed", "rejected", "refused"]);

const STATUS_ICONS = {
  sending: "underway", accepted: "underway", sent: "tick", delivered: "ticks", read: "ticks",
  failed: "warning", rejected: "warning", refused: "refused", unknown: "unknown",
};

/** What a message would need to be drawn again. */
export const signature = (message) =>
  JSON.stringify([message.status, message.code, message.statuses?.length, message.cost, message.failure, message.text, message.media, message.template?.body]);

export function messageElement(message) {
  const body = h("div", { class: "bubble" }, contentOf(message), metaOf(message));
  return h("li", {
    class: "message", id: `m-${message.id}`, "data-direction": message.direction, "data-status": message.status,
    "data-id": message.id,
  }, body, NOT_SENT.has(message.status) || message.status === "unknown" ? reasonOf(message) : null);
}

function contentOf(message) {
  const text = message.text?.body ?? (typeof message.text === "string" ? message.text : null);
  const parts = [h("span", { class: "unseen", text: t(`said.${message.direction}`) })];
  if (message.template) parts.push(templateOf(message.template));
  if (message.media) parts.push(mediaOf(message.media));
  parts.push(...detailsOf(message.details));
  if (text && text !== message.media?.caption) parts.push(theirs("p", "text", { text, class: "text" }));
  if (parts.length === 1) parts.push(h("p", { class: "kind", text: known(`type.${message.type}`) ? t(`type.${message.type}`) : t("type.other", { type: message.type ?? "?" }) }));
  return parts;
}

/** A place and contact cards: what they name, as text. */
function detailsOf({ name, address, latitude, longitude, contacts } = {}) {
  const place = [name, address, latitude && longitude ? `${latitude}, ${longitude}` : null].filter(Boolean);
  const cards = (contacts ?? []).map((card) => [card.name, ...(card.phones ?? [])].filter(Boolean).join(" · "));
  return [...place, ...cards].map((text) => theirs("p", text, { class: "text" }));
}

function templateOf(template) {
  const params = template.params ?? [];
  return h("div", { class: "of-template" },
    h("p", { class: "label" }, icon("template"), h("span", { text: t("message.template", { name: template.name }) })),
    template.body ? theirs("p", "", { text: filled(template.body, params), class: "text" })
      : params.length ? h("ol", { class: "params" }, params.map((value) => theirs("li", "", { text: value }))) : null);
}

/** A template's body with its parameters in their places. */
export function filled(body, params) {
  return body.replace(/\{\{(\d+)\}\}/g, (place, index) => params[index - 1] || place);
}

/** A file is named and linked, never loaded: nothing of a third party runs or shows here. */
function mediaOf(media) {
  const kind = known(`media.${media.kind}`) ? t(`media.${media.kind}`) : t("media.file");
  const url = httpUrl(media.url);
  const size = media.size_bytes ? t("media.kb", { kb: Math.max(1, Math.round(media.size_bytes / 1024)) }) : null;
  const label = [h("span", { text: kind }), media.filename ? theirs("bdi", "", { text: media.filename }) : null, size ? h("span", { class: "size", text: size }) : null];
  const file = url
    ? h("a", { class: "file", href: url, target: "_blank", rel: "noopener noreferrer" }, icon("media"), label, h("span", { class: "unseen", text: t("opens_new") }))
    : h("span", { class: "file" }, icon("media"), label);
  return [file, media.caption ? theirs("p", "", { text: media.caption, class: "text" }) : null];
}

function httpUrl(text) {
  try {
    const url = new URL(text);
    return ["https:", "http:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function metaOf(message) {
  const at = instant(message.at);
  const status = message.direction === "outbound" ? h("span", { class: "status", "data-status": message.status },
    icon(STATUS_ICONS[message.status] ?? "unknown"), h("span", { class: wordy(message.status) ? "status-text" : "unseen", text: t(`status.${message.status}`) })) : null;
  const cost = message.cost && Number(message.cost.amount) > 0
    ? h("span", { class: "price", text: money(message.cost.amount, message.cost.currency) }) : null;
  return h("p", { class: "meta", title: at === null ? null : historyOf(message, at) },
    cost, h("time", { datetime: message.at, text: at === null ? "" : clockTime(at) }), status);
}

const wordy = (status) => NOT_SENT.has(status) || status === "unknown" || status === "sending";

function historyOf(message, at) {
  const lines = (message.statuses ?? []).map((entry) => `${t(`status.${entry.status}`)}: ${fullTime(instant(entry.at))}`);
  return lines.length ? lines.join("\n") : fullTime(at);
}

/** Why it did not arrive, in words; the code beside them is for whoever asks the BSP. */
function reasonOf(message) {
  if (message.status === "unknown") return h("p", { class: "reason" }, h("span", { text: t("unknown.explained") }));
  const code = message.failure?.code ?? message.code;
  return h("p", { class: "reason" },
    h("span", { text: meaningOf(message.failure, message.code), title: message.failure?.meaning }),
    code && message.failure ? h("code", { dir: "auto", text: code }) : null);
}

function meaningOf(failure, code) {
  if (failure && known(`failure.${failure.kind}`)) return t(`failure.${failure.kind}`);
  if (failure?.meaning || failure?.reason) return `\u2068${failure.meaning ?? failure.reason}\u2069`;
  return problemWords(code);
}

/** The words for a code of the gate's, or for what has none yet. */
export function problemWords(code) {
  return known(`problem.${code}`) ? t(`problem.${code}`) : code ? t("problem.other", { code }) : t("problem.none");
}
