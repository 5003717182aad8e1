// @ts-check
// What the messages of a conversation say about one another: replies, reactions, choices, deletions.

/** @type {ReadonlySet<string>} A reaction with such a status is not on its message. */
const NOT_SENT = new Set(["failed", "rejected", "refused", "unknown"]);

/** @returns {Console.MessageLinks} */
const noLinks = () => ({ quoted: null, reactions: {}, chosen: new Map(), isDeleted: false });

/**
 * The id of the message that a message replies to, reacts to, edits or deletes.
 *
 * @param {Api.Message} message
 */
export const namedBy = ({ reply_to: replyTo, reaction, edit, revoke }) =>
  replyTo ?? reaction?.message_id ?? edit?.message_id ?? revoke?.message_id ?? null;

/**
 * Whether a message is shown on the one that it is about, instead of by itself.
 *
 * @param {Api.Message} message
 * @param {ReadonlyMap<string, unknown>} loaded by id
 */
export const isOnAnother = (message, loaded) =>
  (message.type === "reaction" || message.type === "revoke") &&
  !NOT_SENT.has(message.status) &&
  message.content_kept !== false &&
  loaded.has(namedBy(message) ?? "");

/**
 * The links of each message, by its id.
 *
 * @param {readonly Api.Message[]} ordered oldest first
 * @returns {Map<string, Console.MessageLinks>}
 */
export function linksOf(ordered) {
  const loaded = new Map(ordered.map((message) => [message.id, message]));
  const links = new Map(ordered.map((message) => [message.id, noLinks()]));
  for (const message of ordered) {
    const target = loaded.get(namedBy(message) ?? "");
    const own = links.get(message.id);
    const there = target && links.get(target.id);
    if (!own || !there) continue;
    own.quoted = target;
    if (isOnAnother(message, loaded)) there.reactions[message.direction] = message;
    for (const [choice, title] of choicesOf(message)) there.chosen.set(choice, title);
    if (message.type === "revoke") there.isDeleted = true;
  }
  return links;
}

/**
 * What was chosen of the message that is answered: what stands behind it, and its title.
 *
 * @param {Api.Message} message
 * @returns {[string, string][]}
 */
function choicesOf({ direction, interactive, button }) {
  if (direction !== "inbound") return [];
  const { id, title = "" } = interactive?.button_reply ?? interactive?.list_reply ?? {};
  const { text = "", payload = text } = button ?? {};
  /** @type {[string, string][]} */
  const choices = [
    [id ?? title, title],
    [payload, text],
  ];
  return choices.filter(([choice]) => choice);
}

// What can be answered: WhatsApp has it, and it is neither a call nor about another message.
const ANSWERABLE = new Set(["received", "accepted", "sent", "delivered", "read"]);
const NOT_ANSWERABLE_TYPES = new Set(["call", "reaction", "revoke", "edit", "system"]);

/** @param {Api.Message} message */
export const canBeAnswered = ({ status, type, content_kept: isKept }) =>
  ANSWERABLE.has(status) && !NOT_ANSWERABLE_TYPES.has(type) && isKept !== false;
