// Sending a file. The BSP fetches it from an address, so an address is what is asked for; nothing is uploaded.

import { freshId, h, mark, show } from "./dom.js";
import { dryRun } from "./dryrun.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

// What each kind may carry beside the file (Meta, media messages, read 2026-11).
const KINDS = { image: ["caption"], document: ["caption", "filename"], video: ["caption"], audio: [], sticker: [] };

/** An address that the API takes: https, ASCII, without user and password. */
export const isFileAddress = (text) => /^https:\/\/[a-z0-9._-]+(:\d{1,5})?([/?#][!-~]*)?$/i.test(text);

/** A form with the same shape as `templateForm`'s; `onRefused(answer)` is called when the dry run says no. */
export function mediaForm({ requestOf, onSend, onRefused }) {
  const kind = h("select", { onchange: choose }, Object.keys(KINDS).map((name) => h("option", { value: name, text: t(`media.${name}`) })));
  const url = h("input", { type: "url", required: true, maxlength: 2048, placeholder: "https://", autocomplete: "off", spellcheck: "false", dir: "ltr" });
  const own = {
    caption: h("input", { type: "text", maxlength: 1024, dir: "auto", autocomplete: "off" }),
    filename: h("input", { type: "text", maxlength: 240, dir: "auto", autocomplete: "off" }),
  };
  const size = h("input", { type: "number", min: 1, step: "any", inputmode: "decimal", autocomplete: "off" });
  const optional = { caption: field("caption", own.caption), filename: field("filename", own.filename) };
  const price = dryRun(() => (complete() ? requestOf(partOf()) : null));
  const submit = h("button", { type: "submit", class: "primary", disabled: true }, icon("send"), h("span", { text: t("media.send") }));
  const form = h("form", { class: "part-form", novalidate: true, "aria-label": t("media.form"), onsubmit: sendIt, oninput: changed },
    h("div", { class: "part-fields" }, field("kind", kind), field("address", url), Object.values(optional), field("size", size)),
    h("p", { class: "hint", text: t("media.hint") }),
    h("div", { class: "send-line" }, price.element, submit));

  function field(name, control) {
    control.id = freshId(name);
    return h("div", { class: "field", "data-field": name }, h("label", { for: control.id, text: t(`media.${name}`) }), control);
  }

  function choose() {
    for (const [name, element] of Object.entries(optional)) mark(element, "hidden", !KINDS[kind.value].includes(name));
    changed();
  }

  const complete = () => isFileAddress(url.value.trim());

  function partOf() {
    const part = { kind: kind.value, url: url.value.trim() };
    for (const name of KINDS[kind.value]) if (own[name].value.trim()) part[name] = own[name].value.trim();
    const bytes = Math.round(Number(size.value) * 1024);
    return bytes > 0 ? { ...part, size_bytes: bytes } : part;
  }

  function changed() {
    mark(url, "aria-invalid", url.value.trim() && !complete() ? "true" : null);
    mark(submit, "disabled", !complete() || form.hasAttribute("aria-busy"));
    price.later();
  }

  async function sendIt(event) {
    event.preventDefault();
    if (!complete() || form.hasAttribute("aria-busy")) return;
    mark(form, "aria-busy", true);
    mark(submit, "disabled", true);
    try {
      const dry = await price.now();
      if (dry?.decision === "refuse") onRefused(dry);
      else await onSend(requestOf(partOf()));
    } finally {
      mark(form, "aria-busy", null);
      changed();
    }
  }

  choose();
  return { element: form, focus: () => kind.focus(), reload: changed, leave: () => price.forget() };
}
