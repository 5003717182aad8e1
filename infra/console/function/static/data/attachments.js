// @ts-check
// Which files WhatsApp carries, and how large they may be (docs/media.md). A picture that is too large, or of a type that
// WhatsApp does not carry, is drawn anew as a JPEG; nothing else is changed.

/** What can be uploaded through the API. */
export const LARGEST_BYTES = 4 * 1024 * 1024;
const LONGEST_SIDE_PX = 2048;
const QUALITY = 0.85;
const WORD = "application/vnd.openxmlformats-officedocument.";

/** @type {Record<string, Api.MediaKind>} */
const KINDS = {
  "image/jpeg": "image",
  "image/png": "image",
  "video/mp4": "video",
  "video/3gpp": "video",
  "audio/aac": "audio",
  "audio/amr": "audio",
  "audio/mpeg": "audio",
  "audio/mp4": "audio",
  "audio/x-m4a": "audio",
  "audio/ogg": "audio",
  "application/pdf": "document",
  "text/plain": "document",
  "application/msword": "document",
  "application/vnd.ms-excel": "document",
  "application/vnd.ms-powerpoint": "document",
  [`${WORD}wordprocessingml.document`]: "document",
  [`${WORD}spreadsheetml.sheet`]: "document",
  [`${WORD}presentationml.presentation`]: "document",
};

/** Pictures that a browser can draw, and WhatsApp does not carry as pictures. */
const DRAWABLE = new Set(["image/webp", "image/gif", "image/avif", "image/bmp", "image/heic", "image/heif"]);

/** For the browser's dialog. */
export const ACCEPTED = [...Object.keys(KINDS), ...DRAWABLE].join(",");

/**
 * The file as it can be sent, or what is wrong with it.
 *
 * @param {File} file
 * @returns {Promise<{ file: File, kind: Api.MediaKind } | { fault: "type" | "too_large" | "empty" }>}
 */
export async function sendable(file) {
  if (!file.size) return { fault: "empty" };
  const isPicture = KINDS[file.type] === "image" || DRAWABLE.has(file.type);
  const isTooLarge = file.size > LARGEST_BYTES;
  const drawn = isPicture && (isTooLarge || !(file.type in KINDS)) ? await asJpeg(file) : null;
  const taken = drawn ?? file;
  const kind = KINDS[taken.type];
  if (!kind) return { fault: "type" };
  return taken.size > LARGEST_BYTES ? { fault: "too_large" } : { file: taken, kind };
}

/**
 * Null where the browser cannot draw it.
 *
 * @param {File} file
 */
async function asJpeg(file) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return null;
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const paper = canvas.getContext("2d");
  if (!paper) return null;
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  /** @type {Blob | null} */
  const content = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return content && new File([content], file.name.replace(/(\.\w+)?$/, ".jpg"), { type: "image/jpeg" });
}
