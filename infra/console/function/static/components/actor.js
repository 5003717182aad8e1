// @ts-check
// Who did something, and from where.

import { t } from "../language/i18n.js";
import { foreignText, h } from "./dom.js";

/** @param {Api.AuditActor | null} by */
export function actorWords(by) {
  if (!by) return h("p", { class: "hint", text: t("actor.untold") });
  const where = h("p", { class: "hint", text: t(`actor.${by.kind}`) });
  return by.kind === "operator" || !by.name ? where : [foreignText("p", by.name), where];
}
