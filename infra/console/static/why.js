// Why someone can't be written to: since when, how that came, and what would change it.

import { ask, contactPath } from "./api.js";
import { instant } from "./clock.js";
import { h } from "./dom.js";
import { fullTime, known, t } from "./i18n.js";
import { icon } from "./icons.js";

const LATELY = 20;

/** The entry of the history that tells of the block, or null if it cannot be had. */
export async function blockOf(contact) {
  try {
    const answer = await ask("GET", contactPath(contact.phone, "/consents"), { query: { limit: LATELY } });
    return answer.data.find((entry) => entry.action === "block") ?? null;
  } catch {
    return null;
  }
}

/** How something came about, in words if there are any for it. */
export const sourceWords = (source) => (known(`source.${source}`) ? t(`source.${source}`) : source ?? "");

/** For a mode of the composer: open, numberless, blocked, opted_out, shut, no_consent or reader. `block` may be null. */
export function explain(mode, contact, window, status, block) {
  if (mode === "open") return contact.consent?.status === "opted_out" ? [icon("warning"), h("p", { text: t("why.opted_out_replies") })] : [];
  const lines = [];
  if (mode === "numberless") lines.push(t("why.numberless"));
  if (mode === "blocked") lines.push(block ? t("why.blocked_since", { at: fullTime(instant(block.at)) }) : t("why.blocked"));
  if (mode === "blocked" && block?.evidence) lines.push(t("why.blocked_because", { reason: block.evidence }));
  if (mode === "opted_out") {
    const { at, source } = contact.consent;
    lines.push(at ? t("why.opted_out_since", { at: fullTime(instant(at)), how: sourceWords(source) }) : t("why.opted_out"));
  }
  if (mode === "shut") lines.push(lockWords(window, status));
  if (mode === "no_consent") lines.push(t(status.state === "never" ? "why.never_no_consent" : "why.closed_no_consent"));
  if (mode === "reader") lines.push(t("why.reader"));
  if (contact.unreachable && mode !== "reader") lines.push(t("why.unreachable"));
  const change = known(`change.${mode}`) ? t(`change.${mode}`) : null;
  return [icon(mode === "reader" ? "contact" : "lock"),
    h("div", {}, lines.map((text) => h("p", { text })), change ? h("p", { class: "change", text: change }) : null)];
}

function lockWords(window, status) {
  if (status.expiresAt === null) return t("why.never");
  if (window.closed_by === "provider") return t("why.closed_by_provider");
  return t("why.closed_at", { at: fullTime(status.expiresAt) });
}
