// Choosing a pre-approved template: which, with which parameters, how it will look and what it will cost.

import { ask } from "./api.js";
import { freshId, h, mark, show, theirs } from "./dom.js";
import { dryRun } from "./dryrun.js";
import { known, t } from "./i18n.js";
import { icon } from "./icons.js";
import { isFileAddress } from "./media.js";
import { filled } from "./message.js";

const KEPT = 60_000;
const PAGE = 100;
let kept = null;

/** The registry, from the server at most once a minute. */
async function registry() {
  if (kept && performance.now() - kept.at < KEPT) return kept.templates;
  const templates = [];
  let cursor;
  do {
    const answer = await ask("GET", "templates", { query: { limit: PAGE, cursor } });
    templates.push(...answer.data);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor);
  kept = { templates, at: performance.now() };
  for (const template of templates) bodies.set(bodyKey(template.channel, template), template.body);
  return templates;
}

export function forgetTemplates() {
  kept = null;
  bodies.clear();
}

const bodies = new Map();
const bodyKey = (channel, { name, language }) => JSON.stringify([channel, name, language]);

/** The text of a template as the registry has it, null where it has none. Known once `bodiesLoaded()` is. */
export const bodyOf = (channel, template) => bodies.get(bodyKey(channel, template)) ?? null;

/** Asks for the registry if it was not yet; without it a template shows by its name and parameters. */
export const bodiesLoaded = () => (kept ? null : registry().catch(() => {}));

/**
 * A form. `requestOf(template)` wraps the template's part into a request; `onSend(request)` is called with it and
 * answers true once it is sent, `onRefused(answer)` when the dry run says no.
 */
export function templateForm({ channel, requestOf, onSend, onRefused }) {
  let templates = [];
  let chosen = null;
  let inputs = [];
  let file = null;

  const select = h("select", { id: freshId("template"), onchange: choose });
  const fields = h("div", { class: "part-fields" });
  const preview = h("div", { class: "template-preview", "aria-live": "off" });
  const price = dryRun(() => (complete() ? requestOf(partOf()) : null));
  const submit = h("button", { type: "submit", class: "primary", disabled: true }, icon("send"), h("span", { text: t("template.send") }));
  const note = h("p", { class: "hint", text: t("loading") });
  const form = h("form", { class: "part-form", onsubmit: sendIt },
    h("div", { class: "field" }, h("label", { for: select.id, text: t("template.choose") }), select),
    note, fields, preview, h("div", { class: "send-line" }, price.element, submit));

  async function load() {
    try {
      templates = (await registry()).filter((template) => !channel() || !template.channel || template.channel === channel());
    } catch {
      show(note, t("template.unreachable"), " ", h("button", { type: "button", class: "quiet", text: t("try_again"), onclick: load }));
      return;
    }
    show(note, templates.length ? "" : t("template.none"));
    const usable = templates.filter((template) => template.status === "approved");
    const others = templates.filter((template) => template.status !== "approved");
    show(select, h("option", { value: "", text: t("template.pick") }), usable.map(option), others.map(option));
    mark(select, "disabled", usable.length === 0);
  }

  function option(template) {
    const about = [template.language, word("category", template.category)];
    if (template.status !== "approved") about.push(word("template_status", template.status));
    return h("option", { value: String(templates.indexOf(template)), disabled: template.status !== "approved", text: `${template.name} (${about.join(", ")})` });
  }

  const word = (kind, value) => (known(`${kind}.${value}`) ? t(`${kind}.${value}`) : value);

  function choose() {
    chosen = templates[select.value] ?? null;
    inputs = Array.from({ length: chosen?.params ?? 0 }, (_, index) => {
      const id = freshId("param");
      return h("input", { id, type: "text", dir: "auto", autocomplete: "off", maxlength: 1024, oninput: changed, "aria-label": t("template.param", { n: index + 1 }), placeholder: t("template.param", { n: index + 1 }) });
    });
    file = chosen?.media
      ? h("input", { type: "url", oninput: changed, "aria-label": t("template.media", { kind: word("media", chosen.media) }), placeholder: t("template.media", { kind: word("media", chosen.media) }) }) : null;
    show(fields, inputs, file);
    changed();
  }

  const complete = () => chosen && inputs.every((input) => input.value.trim()) && (!file || isFileAddress(file.value.trim()));

  function partOf() {
    const part = { name: chosen.name, language: chosen.language, params: inputs.map((input) => input.value.trim()) };
    return file ? { ...part, media: { kind: chosen.media, url: file.value.trim() } } : part;
  }

  function changed() {
    const values = inputs.map((input) => input.value.trim());
    show(preview, chosen ? [
      h("p", { class: "label", text: t("template.preview") }),
      chosen.body ? theirs("p", "", { text: filled(chosen.body, values), class: "text" })
        : h("p", { class: "text", text: t("template.no_body", { name: chosen.name, count: chosen.params ?? 0 }) }),
    ] : []);
    mark(submit, "disabled", !complete());
    price.later();
  }

  async function sendIt(event) {
    event.preventDefault();
    if (!complete() || form.hasAttribute("aria-busy")) return;
    mark(form, "aria-busy", true);
    mark(submit, "disabled", true);
    try {
      const dry = await price.now();
      if (dry?.decision === "refuse") return onRefused(dry);
      if (await onSend(requestOf(partOf()))) {
        select.value = "";
        choose();
      }
    } finally {
      mark(form, "aria-busy", null);
      mark(submit, "disabled", !complete());
    }
  }

  load();
  return { element: form, focus: () => select.focus(), reload: () => (price.forget(), load()), leave: () => price.forget() };
}
