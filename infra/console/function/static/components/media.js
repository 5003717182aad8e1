// @ts-check
// The file of a message: a picture is drawn, sound and film are played, anything else is downloaded. It comes from the
// bucket, by an address that holds for minutes and is asked for when it is needed. Nothing of it can run: the page
// takes pictures, sound and film from there and no more.

import { Problem } from "../data/api.js";
import { fetchMediaAddress } from "../data/routes.js";
import { hasWords, t } from "../language/i18n.js";
import { catchFocus, foreignText, h, replaceContent } from "./dom.js";
import { fileIcon } from "./icons.js";
import { outsideLink, webAddress } from "./parts.js";

/** How often a file is asked for that is being fetched from the provider. */
const ATTEMPTS = 6;

const SHOWN = /^(image\/(jpeg|png|webp|gif)|(audio|video)\/)/;

/**
 * A place of its final size from the start, so that nothing moves once the file is there. Null for a file that gate24
 * does not have.
 *
 * @param {Api.Media} media
 */
export function fileElement(media) {
  const isOurs = media.fetch === "kept" || media.media_id?.startsWith("upload-");
  if (!media.id) return null;
  if (!isOurs) return isAtProvider(media) ? onDemand(media.id, media) : null;
  const [main] = SHOWN.test(media.mime_type ?? "") ? (media.mime_type ?? "").split("/") : [];
  if (main === "image") return picture(media.id, media);
  return main === "audio" || main === "video" ? player(media.id, main, media) : download(media.id, media);
}

/**
 * Whether the message was sent by the provider's own id of the file, and nobody has asked for it yet.
 *
 * @param {Api.Media} media
 */
const isAtProvider = ({ media_id: mediaId, url, fetch }) => Boolean(mediaId) && !url && !fetch;

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

const HEADER_FILES = /** @type {const} */ (["image", "video", "document"]);

/**
 * The file above buttons or a list: what it is, and a link to where it is.
 *
 * @param {NonNullable<Api.Interactive["header"]>} header
 */
export function headerFile(header) {
  const kind = HEADER_FILES.find((name) => header[name]);
  if (!kind) return null;
  const named = [fileIcon(kind), t(`media.${kind}`)];
  const address = webAddress(header[kind]?.link);
  return address ? outsideLink(address, named) : h("span", { class: "file" }, named);
}

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
 * @param {Api.Media} media
 */
function player(id, main, { voice: isVoice }) {
  const frame = h("div", { class: "player", "data-kind": main });
  const play = h(
    "button",
    { type: "button", class: "quiet", onclick: begin },
    fileIcon(isVoice ? "voice" : main),
    t(main === "audio" ? "media.play_audio" : "media.play_video"),
  );
  frame.append(play);
  async function begin() {
    const url = await addressOf(id);
    // Nobody could stop what plays in a chat that was left.
    if (!frame.isConnected) return;
    const gone = () => replaceContent(frame, words());
    const element = url && h(main, { src: url, controls: true, autoplay: true, onerror: gone });
    replaceContent(frame, element || words());
    catchFocus(element || null);
  }
  return frame;
}

/**
 * @param {Api.Media} media
 * @param {() => void} onclick
 */
const fileButton = ({ kind, voice: isVoice, filename, size_bytes: bytes }, onclick) =>
  h(
    "button",
    { type: "button", class: "quiet file", onclick },
    fileIcon(isVoice ? "voice" : kind),
    filename
      ? foreignText("bdi", filename)
      : h("span", { text: t(hasWords(`media.${kind}`) ? `media.${kind}` : "media.file") }),
    bytes ? h("span", { class: "size", text: t("media.kb", { kb: Math.max(1, Math.round(bytes / 1024)) }) }) : null,
  );

/**
 * Fetched from the provider when somebody wants to see it, and shown then.
 *
 * @param {string} id
 * @param {Api.Media} media
 */
function onDemand(id, media) {
  const frame = h("div", { class: "download", tabindex: "-1" }, fileButton(media, begin));
  async function begin() {
    replaceContent(frame, h("p", { class: "kind", role: "status", text: t("media.pending") }));
    frame.focus();
    const found = await addressOnceFetched(id);
    const own = found && fileElement({ ...media, fetch: "kept", mime_type: found.mime_type });
    replaceContent(frame, own || words());
  }
  return frame;
}

/**
 * @param {string} id
 * @param {Api.Media} media
 */
function download(id, media) {
  const frame = h("div", { class: "download" }, fileButton(media, begin));
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

/**
 * @param {string} id
 * @returns {Promise<{ url: string, mime_type?: string } | null>}
 */
async function addressOnceFetched(id) {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await fetchMediaAddress(id);
    } catch (error) {
      const seconds = error instanceof Problem && error.status === 404 ? error.retryAfter : null;
      if (seconds === null) return null;
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }
  return null;
}
