// @ts-check
// Administration: the addresses of the organization's own software, what they are told, and what fails.

import { announce } from "../components/announcer.js";
import { confirm } from "../components/dialog.js";
import { freshId, h } from "../components/dom.js";
import { facts } from "../components/facts.js";
import { loadedPlace } from "../components/loaded.js";
import { plainTable } from "../components/plain_table.js";
import { showSecret } from "../components/secret_dialog.js";
import { showDialog } from "../components/shown_dialog.js";
import { statusLight } from "../components/status_light.js";
import { confirmTyped } from "../components/typed_confirm.js";
import { editWebhook } from "../components/webhook_form.js";
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  replayEvents,
  rotateWebhookSecret,
  testWebhook,
} from "../data/admin_routes.js";
import { epochMs, serverNow } from "../data/clock.js";
import { countedWebhooks } from "../data/failing_endpoints.js";
import { fetchDeliveries } from "../data/routes.js";
import { channelName, channels } from "../data/session.js";
import { eventWords } from "../language/event_words.js";
import { fullTime, listed, number, t } from "../language/i18n.js";

const LISTED = 50;
/** How many requests one replay may take; each tells of as many events as fit. */
const REPLAYS_MOST = 100;
const HOUR_MS = 3_600_000;
/** @type {Record<string, number>} */
const SPANS = { hour: 1, day: 24, three_days: 72, week: 7 * 24 };

/** @typedef {import("../data/failing_endpoints.js").FailingEndpoint} Counted */

/** @returns {Console.View} */
export function webhooksPage() {
  const place = loadedPlace(countedWebhooks, (found) =>
    found.length
      ? h("ul", { class: "admin-cards" }, found.map(card))
      : h("p", { class: "admin-note", text: t("webhooks.none") }),
  );

  async function onAdd() {
    let secret = "";
    const isDone = await editWebhook({
      title: t("webhooks.add"),
      action: t("webhooks.add_now"),
      channels: channels(),
      act: async (settings) => ({ secret } = await createWebhook(settings)),
    });
    if (!isDone) return;
    await Promise.all([place.reload(), tellSecret(secret)]);
  }

  /** @param {Counted} counted */
  function card(counted) {
    const { webhook, waiting, failed } = counted;
    const name = nameOf(webhook);
    const isPaused = webhook.status === "paused";
    /** @param {string} key @param {() => unknown} act @param {string} [kind] */
    const button = (key, act, kind = "secondary") =>
      h("button", { type: "button", class: kind, text: t(key), "aria-label": `${t(key)}: ${name}`, onclick: act });
    return h(
      "li",
      { class: "admin-card" },
      h("div", { class: "card-head" }, h("h3", {}, h("bdi", { dir: "ltr", text: name })), light(webhook)),
      webhook.description ? h("p", { class: "about", dir: "auto", text: webhook.description }) : null,
      whatToDo(webhook),
      facts([
        [t("webhooks.events"), listed(webhook.events.map(eventWords))],
        [t("webhooks.numbers"), webhook.channels ? listed(webhook.channels.map(channelName)) : t("webhooks.all")],
        [t("webhooks.waiting"), countWords(waiting)],
        [t("webhooks.failed"), countWords(failed)],
      ]),
      h(
        "div",
        { class: "admin-actions" },
        button("webhooks.test", () => onTest(webhook)),
        button(isPaused ? "webhooks.resume" : "webhooks.pause", () => onSwitch(webhook)),
        waiting.count || failed.count ? button("webhooks.show", () => onShow(webhook)) : null,
        button("webhooks.replay", () => onReplay(webhook)),
        button("webhooks.change", () => onChange(webhook)),
        button("webhooks.rotate", () => onRotate(webhook)),
        button("webhooks.delete", () => onDelete(webhook), "danger"),
      ),
    );
  }

  /** @param {Api.Webhook} webhook */
  async function onSwitch(webhook) {
    const isPaused = webhook.status === "paused";
    const isDone = await confirm({
      title: t(isPaused ? "webhooks.resume" : "webhooks.pause"),
      explanation: t(isPaused ? "webhooks.resume_what" : "webhooks.pause_what"),
      action: t(isPaused ? "webhooks.resume" : "webhooks.pause"),
      act: () => changeWebhook(webhook.id, { status: isPaused ? "active" : "paused" }),
    });
    if (isDone) await place.reload();
  }

  /** @param {Api.Webhook} webhook */
  async function onChange(webhook) {
    const isDone = await editWebhook({
      title: t("webhooks.change"),
      action: t("webhooks.save"),
      channels: channels(),
      webhook,
      act: (settings) => changeWebhook(webhook.id, settings),
    });
    if (isDone) await place.reload();
  }

  /** @param {Api.Webhook} webhook */
  async function onRotate(webhook) {
    let secret = "";
    const isDone = await confirm({
      title: t("webhooks.rotate"),
      explanation: t("webhooks.rotate_what"),
      action: t("webhooks.rotate"),
      act: async () => ({ secret } = await rotateWebhookSecret(webhook.id)),
    });
    if (isDone) await tellSecret(secret);
  }

  /** @param {Api.Webhook} webhook */
  async function onDelete(webhook) {
    const isDone = await confirmTyped({
      title: t("webhooks.delete"),
      explanation: t("webhooks.delete_what"),
      action: t("webhooks.delete"),
      wanted: new URL(webhook.url).host,
      act: () => deleteWebhook(webhook.id),
    });
    if (!isDone) return;
    announce(t("webhooks.deleted"));
    await place.reload();
  }

  /** @param {Api.Webhook} webhook */
  async function onReplay(webhook) {
    const since = h(
      "select",
      { id: freshId("since") },
      webhook.failing_since ? h("option", { value: "failing", text: t("webhooks.since_failing") }) : null,
      Object.keys(SPANS).map((span) => h("option", { value: span, text: t(`span.${span}`) })),
    );
    let queued = 0;
    const isDone = await confirm({
      title: t("webhooks.replay"),
      explanation: t("webhooks.replay_what"),
      action: t("webhooks.replay_now"),
      fields: h("div", { class: "field" }, h("label", { for: since.id, text: t("webhooks.since") }), since),
      act: async () => {
        const start = (serverNow() ?? Date.now()) - (SPANS[since.value] ?? 0) * HOUR_MS;
        /** @type {string | null} */
        let from = since.value === "failing" ? webhook.failing_since : new Date(start).toISOString();
        for (let asked = 0; from && asked < REPLAYS_MOST; asked += 1) {
          const answer = await replayEvents(webhook.id, from);
          queued += answer.queued;
          from = answer.next_from;
        }
      },
    });
    if (!isDone) return;
    await place.reload();
    await showDialog({
      title: t("webhooks.replay"),
      content: h("p", { text: t("webhooks.replayed", { count: queued }) }),
    });
  }

  return {
    element: h(
      "div",
      { class: "admin-body" },
      h("p", { class: "about", text: t("webhooks.about") }),
      h(
        "div",
        { class: "admin-actions" },
        h("button", { type: "button", class: "primary", text: t("webhooks.add"), onclick: onAdd }),
      ),
      place.element,
    ),
    stop: place.stop,
  };
}

/**
 * Host and path; what stands behind them may be a secret.
 *
 * @param {Api.Webhook} webhook
 */
function nameOf({ url }) {
  const { host, pathname } = new URL(url);
  return pathname === "/" ? host : `${host}${pathname}`;
}

/** @param {string | null} time */
const timeOf = (time) => fullTime(epochMs(time) ?? 0);

/** @param {Api.Webhook} webhook */
function light({ status, pause_reason: reason, failing_since: failing, behind_since: behind }) {
  if (status === "paused") {
    return statusLight(reason ? "bad" : "none", t(reason ? "webhook_light.paused_by_gate24" : "webhook_light.paused"));
  }
  if (status === "failing") return statusLight("bad", t("webhook_light.failing", { at: timeOf(failing) }));
  if (failing) return statusLight("warn", t("webhook_light.failed", { at: timeOf(failing) }));
  if (behind) return statusLight("warn", t("webhook_light.behind", { at: timeOf(behind) }));
  return statusLight("good", t("webhook_light.works"));
}

/** @param {Api.Webhook} webhook */
function whatToDo({ status, pause_reason: reason, failing_since: failing }) {
  if (status === "paused" && reason) {
    return h("p", { class: "what-to-do" }, t("webhooks.paused_why"), " ", h("bdi", { lang: "en", text: reason }));
  }
  if (status === "paused") return null;
  return failing ? h("p", { class: "what-to-do", text: t("endpoint.then_mend") }) : null;
}

/** @param {import("../data/failing_endpoints.js").Count} count */
const countWords = ({ count, isMore }) => (isMore ? t("webhooks.more_than", { count }) : number(count));

/** @param {string} secret */
const tellSecret = (secret) =>
  showSecret({ title: t("webhooks.secret"), explanation: t("webhooks.secret_what"), secret });

/** @param {Api.Webhook} webhook */
async function onTest(webhook) {
  const outcome = h("div", { role: "status" }, h("p", { text: t("webhooks.testing") }));
  const shown = showDialog({ title: t("webhooks.test"), content: outcome });
  try {
    const { ok, status, answer, problem, took_ms: took } = await testWebhook(webhook.id);
    outcome.replaceChildren(
      statusLight(ok ? "good" : "bad", t(ok ? "webhooks.test_ok" : "webhooks.test_failed")),
      facts([
        status === null ? null : [t("webhooks.answered"), number(status, { useGrouping: false })],
        problem ? [t("webhooks.problem"), h("bdi", { lang: "en", text: problem })] : null,
        [t("webhooks.took"), t("webhooks.took_ms", { count: took })],
      ]),
      ...(answer ? [h("pre", { class: "json", tabindex: "0" }, h("code", { dir: "auto", text: answer }))] : []),
    );
  } catch {
    outcome.replaceChildren(h("p", { class: "trouble", text: t("webhooks.test_not_asked") }));
  }
  await shown;
}

/** @param {Api.Webhook} webhook */
async function onShow({ id }) {
  const place = loadedPlace(
    async (signal) => {
      const failed = await fetchDeliveries(id, { status: "failed", limit: LISTED }, signal);
      const pending = await fetchDeliveries(id, { status: "pending", limit: LISTED }, signal);
      return [...failed.data, ...pending.data];
    },
    (rows) => plainTable({ caption: t("webhooks.show"), columns: deliveryColumns(), rows }),
  );
  await showDialog({
    title: t("webhooks.show"),
    content: [
      h("p", { class: "hint", text: t("webhooks.show_what") }),
      h(
        "div",
        { class: "dialog-scroller", tabindex: "0", role: "region", "aria-label": t("webhooks.show") },
        place.element,
      ),
    ],
  });
  place.stop();
}

/** @type {() => import("../components/plain_table.js").Column<Api.WebhookDelivery>[]} */
const deliveryColumns = () => [
  { head: t("webhooks.when"), cell: ({ at }) => h("time", { datetime: at, text: timeOf(at) }) },
  {
    head: t("webhooks.what"),
    cell: ({ type }) => (type === "provider" ? t("webhooks.of_provider") : eventWords(type)),
  },
  { head: t("webhooks.state"), cell: ({ status }) => t(`delivery.${status}`) },
  { head: t("webhooks.attempts"), isNumber: true, cell: ({ attempts }) => number(attempts) },
];
