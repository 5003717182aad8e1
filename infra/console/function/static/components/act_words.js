// @ts-check
// An act of the audit log in words.

import { epochMs } from "../data/clock.js";
import { channelName } from "../data/session.js";
import { eventWords } from "../language/event_words.js";
import { fullTime, hasWords, listed, number, t, wordsFor } from "../language/i18n.js";
import { foreignText, h } from "./dom.js";

/** @type {Record<string, string>} */
const ACTS = {
  "member.added": "act.member_added",
  "member.changed": "act.member_changed",
  "member.removed": "act.member_removed",
  "key.made": "act.key_made",
  "key.rotated": "act.key_rotated",
  "key.revoked": "act.key_revoked",
  "channel.added": "act.channel_added",
  "channel.changed": "act.channel_changed",
  "channel.removed": "act.channel_removed",
  "secret.set": "act.secret_set",
  "template.added": "act.template_added",
  "template.changed": "act.template_changed",
  "templates.synced": "act.templates_synced",
  "webhook.added": "act.webhook_added",
  "webhook.changed": "act.webhook_changed",
  "webhook.removed": "act.webhook_removed",
  "webhook.rotated": "act.webhook_rotated",
  "webhook.replayed": "act.webhook_replayed",
  "organization.added": "act.organization_added",
  "organization.changed": "act.organization_changed",
  "organization.exported": "act.organization_exported",
  "quick_replies.changed": "act.quick_replies_changed",
  "contacts.imported": "act.contacts_imported",
  "consents.imported": "act.consents_imported",
  "contact.erased": "act.contact_erased",
  "contact.exported": "act.contact_exported",
  "events.replayed": "act.events_replayed",
};

const OF_CHANNELS = ["channel", "secret", "templates"];
const REPLY = /^reply (.+)$/;

/** @param {Api.AuditEntry} entry */
export const actWords = ({ act }) => (act in ACTS ? t(ACTS[act]) : act);

/**
 * What it was done to, as people call it; nothing where the act says it.
 *
 * @param {Api.AuditEntry} entry
 */
export function subjectWords({ act, name, subject, changes }) {
  const [thing] = act.split(".");
  if (thing === "member") return name && name !== subject ? `${name} (${subject})` : subject;
  if (OF_CHANNELS.includes(thing)) return channelName(subject);
  if (thing === "webhook") {
    const address = changes.find(({ field }) => field === "url");
    return String(address?.new ?? address?.old ?? "");
  }
  if (thing === "contact") return t("act.some_contact", { mark: subject.slice(0, 6) });
  return ["key", "template"].includes(thing) ? (name ?? subject) : "";
}

/**
 * What changed, field by field, and what else there is to say.
 *
 * @param {Api.AuditEntry} entry
 */
export function detailsOf({ changes, facts, outcome }) {
  const lines = [
    ...changes.filter(isTold).map(changeLine),
    ...Object.entries(facts).map(([name, value]) => factLine(name, value)),
  ].filter((line) => line !== null);
  return [
    outcome === "unknown" ? h("p", { class: "trouble", text: t("audit.outcome_unknown") }) : null,
    lines.length > 0 ? h("ul", { class: "bare" }, lines) : null,
  ];
}

/** What is empty before and after tells nothing. @param {Api.AuditChange} change */
const isTold = ({ old, new: now }) => !isEmpty(old) || !isEmpty(now);

/** @param {unknown} value */
const isEmpty = (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** @param {Api.AuditChange} change */
function changeLine({ field, old, new: now }) {
  const head = h("span", { class: "soft", text: `${fieldWords(field)}: ` });
  return h("li", {}, head, foreignText("span", changeWords(field, old, now)));
}

/** @param {string} field */
function fieldWords(field) {
  const [, reply] = REPLY.exec(field) ?? [];
  if (reply) return t("audit.reply", { name: reply });
  return hasWords(`audit_field.${field}`) ? t(`audit_field.${field}`) : field.replaceAll("_", " ");
}

/** @param {string} field @param {unknown} old @param {unknown} now */
function changeWords(field, old, now) {
  if (Array.isArray(old) && Array.isArray(now)) {
    const [was, is] = [old, now].map((all) => all.map((each) => valueWords(field, each)));
    const added = is.filter((each) => !was.includes(each));
    const removed = was.filter((each) => !is.includes(each));
    return [
      added.length > 0 ? t("audit.list_added", { what: listed(added) }) : "",
      removed.length > 0 ? t("audit.list_removed", { what: listed(removed) }) : "",
    ]
      .filter(Boolean)
      .join("; ");
  }
  if (isEmpty(old)) return valueWords(field, now);
  if (isEmpty(now)) return t("audit.no_more", { old: valueWords(field, old) });
  return t("audit.from_to", { old: valueWords(field, old), new: valueWords(field, now) });
}

/** Values that have words of their own, by the field. @type {Record<string, (value: string) => string>} */
const VALUE_WORDS = {
  role: (value) => wordsFor("role", value),
  scopes: (value) => wordsFor("scope", value),
  mode: (value) => wordsFor("audit_mode", value),
  category: (value) => wordsFor("category", value),
  provider: (value) => wordsFor("provider", value),
  events: (value) => eventWords(value),
};

/**
 * @param {string} field
 * @param {any} value
 * @returns {string}
 */
function valueWords(field, value) {
  if (Array.isArray(value)) return listed(value.map((each) => valueWords(field, each)));
  if (typeof value === "boolean") return t(value ? "audit.on" : "audit.off");
  if (typeof value === "number") return number(value);
  if (typeof value !== "string") return value?.card ? `${value.card} (${value.from})` : JSON.stringify(value);
  if (field === "channels" || field === "channel") return channelName(value);
  if (/_(at|since)$/.test(field)) return fullTime(epochMs(value) ?? 0);
  return VALUE_WORDS[field]?.(value) ?? value;
}

/** @param {string} name @param {string | number | boolean} value */
function factLine(name, value) {
  if (name === "secret") return h("li", { text: wordsFor("secret_kind", String(value)) });
  if (name === "beside_the_old") return value ? h("li", { text: t("audit.beside_the_old") }) : null;
  if (typeof value !== "number" || !hasWords(`fact.${name}`)) return null;
  return h("li", { text: t(`fact.${name}`, { count: value }) });
}
