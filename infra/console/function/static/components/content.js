// @ts-check
// What a message holds beside text, file and template: choices and answers, places, contact cards, orders.

import { t } from "../language/i18n.js";
import { foreignText, h } from "./dom.js";
import { icon } from "./icons.js";
import { headerFile } from "./media.js";
import { label, outsideLink, said, webAddress, written } from "./parts.js";

const MAP = "https://www.openstreetmap.org/";
const PERMISSIONS = ["accept", "reject"];

/**
 * The parts of a message's content, in their order.
 *
 * @param {Api.Message} message
 * @param {ReadonlyMap<string, string>} chosen titles of what the contact chose of it, by what stands behind them
 * @returns {Dom.Children[]}
 */
export function contentParts(message, chosen) {
  const { interactive, button, order, referral, unsupported, details = {} } = message;
  const place = message.location ?? details;
  const cards = message.contacts ?? (details.contacts ?? []).map(cardOfDetails);
  return [
    referral && referralElement(referral),
    interactive && (message.direction === "inbound" ? answerElement(interactive) : offerElement(interactive, chosen)),
    button?.text && choiceMade(button.text),
    locationElement(place),
    cards.length ? h("ul", { class: "cards" }, cards.map(cardElement)) : null,
    order && orderElement(order),
    unsupported && unsupportedElement(unsupported),
  ];
}

/**
 * The text that `contentParts` shows already.
 *
 * @param {Api.Message} message
 */
export function isTextInContent({ direction, text, interactive, button }) {
  const { button_reply: reply, list_reply: row, nfm_reply: flow, body } = interactive ?? {};
  const own = direction === "inbound" ? [reply?.title, row?.title, flow?.body, button?.text] : [body?.text];
  return text !== undefined && own.includes(text);
}

/**
 * The forms of before have contact cards with a name and numbers.
 *
 * @param {{ name?: string, phones?: string[] }} card
 * @returns {Api.ContactCard}
 */
const cardOfDetails = ({ name, phones = [] }) => ({
  name: { formatted_name: name },
  phones: phones.map((phone) => ({ phone })),
});

/** @param {string} title */
const choiceMade = (title) =>
  h("p", { class: "choice", "data-chosen": true }, icon("tick"), foreignText("span", title, { class: "words" }));

/** @param {Api.Interactive} interactive */
function answerElement({ type, button_reply: reply, list_reply: row, nfm_reply: flow, call_permission_reply: call }) {
  const chosen = reply ?? row;
  if (chosen) return [choiceMade(chosen.title ?? chosen.id ?? ""), said(row?.description, "aside")];
  if (flow) return flowAnswer(flow);
  const permission = PERMISSIONS.find((answer) => answer === call?.response);
  return type === "call_permission_reply" && permission ? label("call", t(`permission.${permission}`)) : null;
}

/** @param {{ body?: string, response_json?: string }} flow */
function flowAnswer({ body, response_json: json }) {
  const entries = answersOf(json).filter(([name]) => name !== "flow_token");
  const rows = entries.map(([name, value]) => [foreignText("dt", name), foreignText("dd", valueWords(value))]);
  return [label("list", t("type.flow_reply")), written(body), rows.length ? h("dl", { class: "answers" }, rows) : null];
}

/**
 * @param {string | undefined} json
 * @returns {[string, unknown][]}
 */
function answersOf(json) {
  try {
    const read = JSON.parse(json ?? "{}");
    return read && typeof read === "object" ? Object.entries(read) : [];
  } catch {
    return [];
  }
}

/** @param {unknown} value */
const valueWords = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/**
 * What we offered to choose from, with the choice that was made.
 *
 * @param {Api.Interactive} interactive
 * @param {ReadonlyMap<string, string>} chosen
 */
function offerElement({ type, header, body, footer, action = {} }, chosen) {
  const above = header?.text ? said(header.text, "heading") : header && headerFile(header);
  return [above, written(body?.text), said(footer?.text, "aside"), choicesElement(type, action, chosen)];
}

/**
 * @param {string} type
 * @param {Api.InteractiveAction} action
 * @param {ReadonlyMap<string, string>} chosen
 * @returns {Dom.Children}
 */
function choicesElement(type, action, chosen) {
  const { buttons = [], button, sections = [], parameters = {} } = action;
  const address = webAddress(parameters.url);
  const words = foreignText("bdi", parameters.display_text ?? address ?? "");
  if (type === "cta_url" && address) return outsideLink(address, [icon("next"), words]);
  const only = onlyChoice(type, action);
  if (only) return choices([choiceElement(only, false)]);
  if (sections.length) return listElement(button ?? t("choice.products"), sections.map(withProducts), chosen);
  return choices(buttons.map(({ reply = {} }) => choiceElement(reply.title ?? "", isChosen(reply, chosen))));
}

/**
 * What stands on the button of a message that has one.
 *
 * @param {string} type
 * @param {Api.InteractiveAction} action
 */
function onlyChoice(type, { product_retailer_id: product, parameters = {} }) {
  const key = ONE_CHOICE[type];
  const called = type === "voice_call" ? parameters.display_text : null;
  return parameters.flow_cta ?? product ?? called ?? (key ? t(key) : null);
}

/**
 * What WhatsApp writes on the one button of a message of these types.
 *
 * @type {Record<string, string | undefined>}
 */
const ONE_CHOICE = {
  location_request_message: "choice.location",
  address_message: "choice.address",
  request_contact_info: "choice.number",
  call_permission_request: "choice.allow_calls",
  voice_call: "choice.call",
  catalog_message: "choice.catalog",
};

/**
 * @param {Api.Section} section
 * @returns {Api.Section}
 */
const withProducts = ({ product_items: products, ...section }) =>
  products ? { ...section, rows: products.map(({ product_retailer_id: id }) => ({ title: id })) } : section;

/**
 * @param {{ id?: string, title?: string }} choice
 * @param {ReadonlyMap<string, string>} chosen
 */
const isChosen = ({ id, title }, chosen) => chosen.has(id ?? title ?? "");

/** @param {HTMLElement[]} items */
const choices = (items) =>
  items.length ? h("ul", { class: "choices", "aria-label": t("choice.offered") }, items) : null;

/**
 * @param {string} title
 * @param {boolean} isMade
 * @param {string} [description]
 */
const choiceElement = (title, isMade, description) =>
  h(
    "li",
    { class: "choice", "data-chosen": isMade },
    isMade && [icon("tick"), h("span", { class: "unseen", text: t("choice.made") })],
    h("span", { class: "words" }, foreignText("span", title), said(description, "aside")),
  );

/**
 * @param {string} title
 * @param {Api.Section[]} sections
 * @param {ReadonlyMap<string, string>} chosen
 */
function listElement(title, sections, chosen) {
  const parts = sections.map((section) => [
    said(section.title, "heading"),
    choices((section.rows ?? []).map((row) => choiceElement(row.title ?? "", isChosen(row, chosen), row.description))),
  ]);
  const hasChoice = sections.some(({ rows = [] }) => rows.some((row) => isChosen(row, chosen)));
  return h(
    "details",
    { class: "list-choice", open: hasChoice },
    h("summary", {}, icon("list"), foreignText("bdi", title)),
    parts,
  );
}

/**
 * The buttons of a template that are told in the message: their payloads, codes and ends of addresses.
 *
 * @param {Api.MessageTemplate} template
 * @param {ReadonlyMap<string, string>} chosen
 */
export function templateButtons({ components = [] }, chosen) {
  const buttons = components.filter(({ type }) => type === "button");
  return choices(
    buttons.map(({ sub_type: kind, parameters = [] }) => {
      const { payload, text, coupon_code: code } = parameters[0] ?? {};
      const title = chosen.get(payload ?? "");
      const words = title || text || code || payload || t(`button.${kind ?? "quick_reply"}`);
      return choiceElement(words, title !== undefined);
    }),
  );
}

/** @param {Api.Location} place */
export function locationElement({ name, address, latitude, longitude }) {
  const [north, east] = [Number(latitude), Number(longitude)];
  const isOnMap = latitude !== undefined && longitude !== undefined && Number.isFinite(north) && Number.isFinite(east);
  if (!isOnMap && !name && !address) return null;
  const place = [north, east].map((degrees) => Number(degrees.toFixed(5))).join(", ");
  const query = `?mlat=${north}&mlon=${east}#map=16/${north}/${east}`;
  return h(
    "div",
    { class: "place" },
    icon("place"),
    h(
      "div",
      {},
      said(name, "heading"),
      said(address),
      isOnMap && h("p", { class: "aside", dir: "ltr", text: place }),
      isOnMap && outsideLink(`${MAP}${query}`, t("location.map")),
    ),
  );
}

/** @param {Api.ContactCard} card */
function cardElement({ name = {}, org = {}, phones = [], emails = [], urls = [], addresses = [] }) {
  const full = name.formatted_name ?? [name.first_name, name.last_name].filter(Boolean).join(" ");
  const work = [org.title, org.department, org.company].filter(Boolean).join(", ");
  const lines = [
    ...phones.map((entry) => entry.phone ?? entry.wa_id),
    ...emails.map((entry) => entry.email),
    ...addresses.map(({ street, zip, city, state, country }) =>
      [street, zip, city, state, country].filter(Boolean).join(", "),
    ),
  ];
  const links = urls.map(({ url }) => webAddress(url)).filter((url) => url !== null);
  return h(
    "li",
    { class: "card" },
    icon("contact"),
    h(
      "div",
      {},
      said(full, "heading"),
      said(work, "aside"),
      lines.map((line) => said(line)),
      links.map((url) => outsideLink(url, foreignText("bdi", url))),
    ),
  );
}

/** @param {Api.Order} order */
function orderElement({ product_items: goods = [] }) {
  const lines = goods.map(({ product_retailer_id: id = "", quantity = 1, item_price: price, currency }) =>
    h(
      "li",
      {},
      foreignText("bdi", `${quantity} × ${id}`),
      price === undefined ? null : foreignText("bdi", ` · ${price} ${currency ?? ""}`.trimEnd()),
    ),
  );
  return [label("list", t("type.order")), h("ul", { class: "goods" }, lines)];
}

/** @param {Api.Referral} referral */
function referralElement({ source_type: kind, headline, body, source_url: url }) {
  const address = webAddress(url);
  const words = t(kind === "post" ? "referral.post" : "referral.ad");
  return h(
    "div",
    { class: "referral" },
    label("next", words),
    said(headline, "heading"),
    said(body, "aside"),
    address && outsideLink(address, t("referral.open")),
  );
}

/** @param {{ type?: string, code?: string, reason?: string }} unsupported */
const unsupportedElement = ({ type, code, reason }) => [
  h("p", { class: "kind", text: t("type.unsupported") }),
  said([type, reason, code].filter(Boolean).join(" · "), "aside"),
];
