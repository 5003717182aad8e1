// @ts-check
// Says to screen readers what has changed in the open chat: messages that came, and ours that did not arrive.

import { t, wordsFor } from "../language/i18n.js";
import { announce, announceNow } from "./announcer.js";
import { NOT_SENT, reasonWords } from "./message.js";
import { excerptOf } from "./parts.js";

const MOST_READ_OUT = 3;

/**
 * @param {string} name of the contact
 * @param {ReadonlyMap<string, Api.Message>} before what was known, by id
 * @param {readonly Api.Message[]} now the newest first
 */
export function tellNews(name, before, now) {
  const came = now.filter(({ id, direction }) => direction === "inbound" && !before.has(id)).reverse();
  if (came.length > MOST_READ_OUT) announce(t("live.inbound", { count: came.length, name }));
  else for (const each of came) announce(t("live.inbound_words", { name, words: wordsOf(each) }));

  const fallen = now.filter(
    ({ id, status }) => NOT_SENT.has(status) && !NOT_SENT.has(before.get(id)?.status ?? status),
  );
  const lines = fallen.map((each) => `${wordsFor("status", each.status)}: ${wordsOf(each)}. ${reasonWords(each)}`);
  if (lines.length) announceNow(lines.join(" "));
}

/** @param {Api.Message} message */
const wordsOf = (message) => [excerptOf(message), message.reaction?.emoji].filter(Boolean).join(" ");
