// @ts-check
// Administration: the organization's numbers, each with a light that tells whether its provider is heard.

import { h } from "../components/dom.js";
import { facts } from "../components/facts.js";
import { loadedPlace } from "../components/loaded.js";
import { statusLight } from "../components/status_light.js";
import { fetchChannels } from "../data/admin_routes.js";
import { epochMs, serverNow } from "../data/clock.js";
import { poll } from "../data/poll.js";
import { ago, fullTime, longDate, number, t, wordsFor } from "../language/i18n.js";

const EVERY_MS = 60_000;

/** @type {Record<Api.OwnChannel["light"], import("../components/status_light.js").Tone>} */
const TONES = { heard: "good", quiet: "warn", unheard: "none", failing: "bad" };

/** @returns {Console.View} */
export function channelsPage() {
  const place = loadedPlace(
    async (signal) => (await fetchChannels(signal)).data,
    (channels) =>
      channels.length
        ? h("ul", { class: "admin-cards" }, channels.map(card))
        : h("p", { class: "admin-note", text: t("channels.none") }),
  );
  // What is shown is the answer to the first question until the next one is due.
  let isFirst = true;
  const polling = poll(EVERY_MS, async () => {
    if (!isFirst) await place.reload();
    isFirst = false;
  });
  return {
    element: h("div", { class: "admin-body" }, h("p", { class: "about", text: t("channels.about") }), place.element),
    stop() {
      polling.stop();
      place.stop();
    },
  };
}

/** @param {Api.OwnChannel} channel */
function card(channel) {
  const title = h("h3", {}, h("bdi", { dir: "ltr", text: channel.business_number }));
  return h(
    "li",
    { class: "admin-card" },
    h("div", { class: "card-head" }, title, statusLight(TONES[channel.light], lightWords(channel))),
    channel.troubles.map((trouble) =>
      h("p", { class: "what-to-do", text: t(`channel_trouble.${trouble}`, { count: channel.not_stored }) }),
    ),
    channel.light === "quiet" ? h("p", { class: "what-to-do", text: t("channels.quiet_do") }) : null,
    facts([
      [t("channels.name"), h("bdi", { text: channel.id })],
      [t("channels.provider"), providerWords(channel)],
      [t("channels.message"), timeWords(channel.last_message_at, channel.looked_back_to)],
      [t("channels.status"), timeWords(channel.last_status_at, null)],
      [t("channels.prices"), pricesWords(channel)],
      [t("channels.margin"), t("channels.margin_words", { count: channel.margin_seconds })],
      [t("channels.speed"), t("channels.speed_words", { count: channel.messages_per_second })],
      [t("channels.secrets"), secrets(channel)],
      channel.mode === "shadow" ? [t("channels.mode"), t("channels.shadow")] : null,
    ]),
  );
}

/** @param {Api.OwnChannel} channel */
function lightWords({ light, last_heard_at: heard, looked_back_to: back }) {
  const at = epochMs(heard);
  if (light === "failing") return t("channel_light.failing");
  if (at === null) return t("channel_light.unheard", { at: fullTime(epochMs(back) ?? 0) });
  return t(`channel_light.${light}`, { ago: agoWords(at) });
}

/** @param {number} at epoch ms */
const agoWords = (at) => ago(Math.max(0, (serverNow() ?? at) - at));

/** @param {Api.OwnChannel} channel */
function providerWords({ provider, app }) {
  const name = wordsFor("provider", provider);
  return app ? t("channels.provider_app", { name, app }) : name;
}

/**
 * @param {string | null} time
 * @param {string | null} back until when it was looked for
 */
function timeWords(time, back) {
  const at = epochMs(time);
  if (time && at !== null) return h("time", { datetime: time, text: `${agoWords(at)} (${fullTime(at)})` });
  return back ? t("channels.none_since", { at: fullTime(epochMs(back) ?? 0) }) : t("channels.no_status");
}

/** @param {Api.OwnChannel} channel */
const pricesWords = ({ rate_card: card, rate_cards: cards }) =>
  cards.length
    ? h(
        "ul",
        {},
        cards.map(({ card: name, from }) =>
          h("li", { text: t("channels.card_from", { card: name, at: longDate(epochMs(from) ?? 0) }) }),
        ),
      )
    : h("bdi", { text: card });

/**
 * Which are set; never what they are.
 *
 * @param {Api.OwnChannel} channel
 */
function secrets({ secrets: counts }) {
  const names = Object.entries(counts).map(([name, count]) => {
    const words = wordsFor("secret", name.replaceAll("-", "_"));
    return t(count === 0 ? "channels.secret_missing" : "channels.secret_set", { name: words, count: number(count) });
  });
  return h(
    "ul",
    {},
    names.map((words) => h("li", { text: words })),
  );
}
