// @ts-check
// A dialog with what an organization's own software is told, and where.

import { EVENTS, EVERY, eventWords } from "../language/event_words.js";
import { t } from "../language/i18n.js";
import { confirm } from "./dialog.js";
import { freshId, h } from "./dom.js";

const LONGEST_DESCRIPTION = 200;

/**
 * Resolves to true once it is kept.
 *
 * @param {object} of
 * @param {string} of.title
 * @param {string} of.action
 * @param {{ id: string, business_number: string }[]} of.channels
 * @param {Api.Webhook} [of.webhook] what it is so far
 * @param {(settings: import("../data/admin_routes.js").WebhookSettings) => Promise<unknown>} of.act
 */
export function editWebhook({ title, action, channels, webhook, act }) {
  const url = h("input", {
    id: freshId("url"),
    type: "url",
    dir: "ltr",
    autocomplete: "off",
    placeholder: "https://",
    value: webhook?.url ?? "",
  });
  const about = h("input", {
    id: freshId("about"),
    type: "text",
    dir: "auto",
    autocomplete: "off",
    maxlength: LONGEST_DESCRIPTION,
    value: webhook?.description ?? "",
  });
  const before = webhook?.events ?? [EVERY];
  const events = [EVERY, ...Object.keys(EVENTS)].map((event) =>
    choice(event, eventWords(event), before.includes(event), (isOn) => {
      for (const other of events) if (isOn && (event === EVERY) !== (other.value === EVERY)) other.box.checked = false;
    }),
  );
  const numbers = channels.map(({ id, business_number: number }) =>
    choice(id, number, webhook?.channels?.includes(id) ?? false, () => {}),
  );

  /** @param {ReturnType<typeof choice>[]} choices */
  const chosen = (choices) => choices.filter(({ box }) => box.checked).map(({ value }) => value);
  return confirm({
    title,
    explanation: t("webhooks.form_how"),
    action,
    fields: [
      h("div", { class: "field" }, h("label", { for: url.id, text: t("webhooks.url") }), url),
      h("div", { class: "field" }, h("label", { for: about.id, text: t("webhooks.description") }), about),
      group(t("webhooks.events"), events),
      channels.length > 1 ? group(t("webhooks.numbers"), numbers, t("webhooks.numbers_how")) : null,
    ],
    ready: () => URL.canParse(url.value.trim()) && chosen(events).length > 0,
    missing: t("webhooks.missing"),
    isLong: true,
    act: () => {
      const limit = chosen(numbers);
      return act({
        url: url.value.trim(),
        description: about.value.trim(),
        events: chosen(events),
        channels: limit.length ? limit : null,
      });
    },
  });
}

/**
 * @param {string} value
 * @param {string} words
 * @param {boolean} isOn
 * @param {(isOn: boolean) => void} onChange
 */
function choice(value, words, isOn, onChange) {
  const box = h("input", { id: freshId("choice"), type: "checkbox", onchange: changed });

  function changed() {
    onChange(box.checked);
  }
  box.checked = isOn;
  return { value, box, element: h("div", { class: "webhook-choice" }, box, h("label", { for: box.id, text: words })) };
}

/**
 * @param {string} legend
 * @param {ReturnType<typeof choice>[]} choices
 * @param {string} [how]
 */
const group = (legend, choices, how) =>
  h(
    "fieldset",
    { class: "webhook-choices" },
    h("legend", { text: legend }),
    how ? h("p", { class: "hint", text: how }) : null,
    choices.map(({ element }) => element),
  );
