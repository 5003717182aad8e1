// @ts-check
// Administration: the API keys of the organization's own software.

import { announce } from "../components/announcer.js";
import { choices, labelledInput } from "../components/choices.js";
import { confirm } from "../components/dialog.js";
import { foreignText, freshId, h } from "../components/dom.js";
import { loadedPlace } from "../components/loaded.js";
import { plainTable } from "../components/plain_table.js";
import { showSecret } from "../components/secret_dialog.js";
import { epochMs, serverNow } from "../data/clock.js";
import { channelName, channels } from "../data/session.js";
import { fetchKeys, makeKey, revokeKey, rotateKey } from "../data/staff_routes.js";
import { fullTime, number, t } from "../language/i18n.js";

/** What a key may be given here; what may everything is made by whoever runs gate24. @type {Api.Scope[]} */
const SCOPES = ["read", "send", "consent", "templates", "webhooks", "erase"];

const NAME_LENGTH = 80;
const DAY_MS = 86_400_000;
const EXPIRES_IN_DAYS = [0, 30, 90, 365];
const GRACE_HOURS = [24, 1, 168, 0];

/** @returns {Console.View} */
export function keysPage() {
  const place = loadedPlace(fetchKeys, draw);
  const make = h("button", { type: "button", class: "primary", text: t("keys.make"), onclick: onMake });

  /** @param {Api.Key[]} keys */
  function draw(keys) {
    if (keys.length === 0) return h("p", { class: "admin-note", text: t("keys.none") });
    return plainTable({ caption: t("admin.keys"), columns: columns(), rows: keys });
  }

  /** @type {() => import("../components/plain_table.js").Column<Api.Key>[]} */
  const columns = () => [
    {
      head: t("keys.name"),
      cell: ({ name, prefix }) => [
        foreignText("p", name),
        prefix ? h("p", { class: "hint", dir: "ltr", text: `${prefix}…` }) : null,
      ],
    },
    {
      head: t("keys.may"),
      cell: ({ scopes }) =>
        h(
          "ul",
          { class: "bare" },
          scopes.map((scope) => h("li", { text: t(`scope.${scope}`) })),
        ),
    },
    { head: t("keys.numbers"), cell: numbersCell },
    { head: t("keys.made"), cell: ({ created_at: at }) => timeOf(at, t("keys.not_known")) },
    { head: t("keys.used"), cell: ({ last_used_at: at }) => timeOf(at, t("keys.not_yet")) },
    { head: t("keys.expires"), cell: expiresCell },
    { head: t("admin.actions"), isPlain: true, cell: actionsCell },
  ];

  /** @param {Api.Key} key */
  const actionsCell = (key) => [
    h("button", {
      type: "button",
      class: "quiet",
      text: t("keys.rotate"),
      "aria-label": t("keys.rotate_of", { name: key.name }),
      onclick: () => onRotate(key),
    }),
    h("button", {
      type: "button",
      class: "quiet",
      text: t("keys.revoke"),
      "aria-label": t("keys.revoke_of", { name: key.name }),
      onclick: () => onRevoke(key),
    }),
  ];

  async function onMake() {
    const form = keyForm();
    /** @type {Api.NewKey | undefined} */
    let made;
    await confirm({
      title: t("keys.make"),
      explanation: t("keys.make_explained"),
      fields: form.fields,
      action: t("keys.make_now"),
      ready: form.isReady,
      async act() {
        made = await makeKey(form.value());
      },
    });
    if (made) await show(made, t("keys.made_explained"));
  }

  /** @param {Api.Key} key */
  async function onRotate(key) {
    const grace = selectOf(
      t("keys.grace"),
      GRACE_HOURS.map((hours) => [String(hours), graceWords(hours)]),
    );
    /** @type {Api.NewKey | undefined} */
    let made;
    await confirm({
      title: t("keys.rotate_of", { name: key.name }),
      explanation: t("keys.rotate_explained"),
      fields: grace.element,
      action: t("keys.rotate_now"),
      async act() {
        made = await rotateKey(key.id, Number(grace.select.value));
      },
    });
    if (made) await show(made, t("keys.rotated_explained"));
  }

  /** @param {Api.NewKey} made @param {string} explanation */
  async function show({ name, key }, explanation) {
    await showSecret({ title: t("keys.shown_of", { name }), explanation, secret: key, label: t("keys.secret") });
    place.reload();
    make.focus();
  }

  /** @param {Api.Key} key */
  async function onRevoke({ id, name, last_used_at: used }) {
    const isDone = await confirm({
      title: t("keys.revoke_of", { name }),
      explanation: t(used ? "keys.revoke_explained" : "keys.revoke_unused", { at: fullTime(epochMs(used) ?? 0) }),
      action: t("keys.revoke_now"),
      danger: true,
      act: () => revokeKey(id),
    });
    if (!isDone) return;
    announce(t("keys.revoked", { name }));
    place.reload();
    make.focus();
  }

  return {
    element: h(
      "div",
      { class: "admin-body" },
      h("p", { class: "about", text: t("keys.about") }),
      h("div", { class: "admin-actions" }, make),
      place.element,
    ),
    stop: place.stop,
  };
}

/** What is asked for a new key. */
function keyForm() {
  const name = labelledInput(t("keys.name"), { type: "text", maxlength: NAME_LENGTH, required: true });
  const may = choices({
    legend: t("keys.may"),
    type: "checkbox",
    options: SCOPES.map((scope) => ({ value: scope, words: t(`scope.${scope}`) })),
    chosen: ["read"],
  });
  const some = choices({
    legend: t("keys.only_numbers"),
    type: "checkbox",
    options: channels().map(({ id, business_number: own }) => ({ value: id, words: own })),
    chosen: [],
  });
  const expires = selectOf(
    t("keys.valid_for"),
    EXPIRES_IN_DAYS.map((days) => [String(days), days ? t("keys.in_days", { count: days }) : t("keys.never")]),
  );
  const hasSeveral = channels().length > 1;
  return {
    fields: [
      name.element,
      may.element,
      hasSeveral ? [some.element, h("p", { class: "hint", text: t("keys.none_is_all") })] : null,
      expires.element,
    ],
    isReady: () => name.input.value.trim() !== "" && may.value().length > 0,
    value() {
      const days = Number(expires.select.value);
      const own = some.value();
      return {
        name: name.input.value.trim(),
        scopes: /** @type {Api.Scope[]} */ (may.value()),
        ...(own.length > 0 ? { channels: own } : {}),
        ...(days ? { expires_at: new Date((serverNow() ?? Date.now()) + days * DAY_MS).toISOString() } : {}),
      };
    },
  };
}

/**
 * @param {string} label
 * @param {[string, string][]} options
 */
function selectOf(label, options) {
  const id = freshId("select");
  /** @type {HTMLSelectElement} */
  const select = h(
    "select",
    { id },
    options.map(([value, text]) => h("option", { value, text })),
  );
  return { select, element: h("div", { class: "field" }, h("label", { for: id, text: label }), select) };
}

/** @param {number} hours */
function graceWords(hours) {
  if (hours === 0) return t("keys.grace_none");
  return hours < 48 ? t("keys.grace_hours", { count: hours }) : t("keys.grace_days", { count: hours / 24 });
}

/** @param {Api.Key} key */
const numbersCell = ({ channels: own }) =>
  own
    ? h(
        "ul",
        { class: "bare" },
        own.map((id) => h("li", {}, h("bdi", { class: "whole", text: channelName(id) }))),
      )
    : t("keys.all_numbers", { count: number(channels().length) });

/** @param {Api.Key} key */
function expiresCell({ expires_at: at }) {
  const hasExpired = at !== null && (epochMs(at) ?? 0) <= (serverNow() ?? 0);
  return [timeOf(at, t("keys.never")), hasExpired ? h("p", { class: "trouble", text: t("keys.has_expired") }) : null];
}

/** @param {string | null} at @param {string} otherwise */
const timeOf = (at, otherwise) => (at ? h("time", { datetime: at, text: fullTime(epochMs(at) ?? 0) }) : otherwise);
