// @ts-check
// The file of a message: a picture is drawn, sound and film are played, anything else is downloaded. It comes from the
// bucket, by an address that holds for minutes and is asked for when it is needed. Nothing of it can run: the page
// takes pictures, sound and film from there and no more.

import { fetchMediaAddress } from "../data/routes.js";
import { hasWords, t } from "../language/i18n.js";
import { foreignText, h, replaceContent } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN = /^(image\/(jpeg|png|webp|gif)|(audio|video)\/)/;

/**
 * A place of its final size from the start, so that nothing moves once the file is there. Null for a file that gate24
 * does not have.
 *
 * @param {Api.Media} media
 */
export function fileElement(media) {
  const isOurs = media.fetch === "kept" || media.media_id?.startsWith("upload-");
  if (!media.id || !isOurs) return null;
  const [main] = SHOWN.test(media.mime_type ?? "") ? (media.mime_type ?? "").split("/") : [];
  if (main === "image") return picture(media.id, media);
  return main === "audio" || main === "video" ? player(media.id, main) : download(media.id, media);
}

/**
 * Why gate24 does not have a contact's file; null where it does, or need not.
 *
 * @param {Api.Media} media
 */
export function fetchNote({ fetch }) {
  if (!fetch || fetch === "kept") return null;
  return h("p", { class: "kind", text: t(FETCH_WORDS[fetch] ?? "media.gone") });
}

/** @type {Record<string, string>} */
const FETCH_WORDS = {
  pending: "media.pending",
  expired: "media.expired",
  too_large: "media.too_large",
  not_allowed: "media.not_allowed",
};

/**
 * Loaded once it comes into sight.
 *
 * @param {string} id
 * @param {Api.Media} media
 */
function picture(id, { kind, caption }) {
  const frame = h("div", { class: "picture", "data-kind": kind });
  const alt = caption || (hasWords(`media.${kind}`) ? t(`media.${kind}`) : t("media.file"));
  const inSight = new IntersectionObserver(async (entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    inSight.disconnect();
    const url = await addressOf(id);
    const gone = () => replaceContent(frame, words());
    replaceContent(frame, url ? h("img", { src: url, alt, decoding: "async", onerror: gone }) : words());
  });
  inSight.observe(frame);
  return frame;
}

/**
 * Loaded when somebody wants to hear or see it.
 *
 * @param {string} id
 * @param {"audio" | "video"} main
 */
function player(id, main) {
  const frame = h("div", { class: "player", "data-kind": main });
  const play = h(
    "button",
    { type: "button", class: "quiet", onclick: begin },
    icon("media"),
    t(main === "audio" ? "media.play_audio" : "media.play_video"),
  );
  frame.append(play);
  async function begin() {
    const url = await addressOf(id);
    const gone = () => replaceContent(frame, words());
    const element = url && h(main, { src: url, controls: true, autoplay: true, onerror: gone });
    replaceContent(frame, element || words());
    if (element) element.focus();
  }
  return frame;
}

/**
 * @param {string} id
 * @param {Api.Media} media
 */
function download(id, { kind, filename, size_bytes: bytes }) {
  const button = h(
    "button",
    { type: "button", class: "quiet file", onclick: begin },
    icon("media"),
    filename
      ? foreignText("bdi", filename)
      : h("span", { text: t(hasWords(`media.${kind}`) ? `media.${kind}` : "media.file") }),
    bytes ? h("span", { class: "size", text: t("media.kb", { kb: Math.max(1, Math.round(bytes / 1024)) }) }) : null,
  );
  const frame = h("div", { class: "download" }, button);
  async function begin() {
    const url = await addressOf(id);
    if (url) h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }).click();
    else replaceContent(frame, words());
  }
  return frame;
}

const words = () => h("p", { class: "kind", text: t("media.gone") });

/**
 * @param {string} id
 * @returns {Promise<string | null>}
 */
async function addressOf(id) {
  try {
    return (await fetchMediaAddress(id)).url;
  } catch {
    return null;
  }
}
