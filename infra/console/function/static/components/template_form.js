// @ts-check
// A form that sends a template: choice, parameters, preview and price.

import { draftName, keepDraft, storedDraft, withoutDraft } from "../data/drafts.js";
import { filledTemplate, placesOf, valueLabel } from "../data/template_places.js";
import { loadTemplates } from "../data/templates.js";
import { t, wordsFor } from "../language/i18n.js";
import { problemWords } from "../language/problem_words.js";
import { addressField } from "./address_field.js";
import { catchFocus, freshId, h, replaceContent, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { marketingStopWords } from "./marketing_stop.js";
import { written } from "./parts.js";
import { priceCheck } from "./price_check.js";

const LONGEST_VALUE = 1024;

/**
 * @param {object} options
 * @param {string} options.phone
 * @param {() => string | null} options.channel
 * @param {() => Api.Allowance} options.may
 * @param {() => boolean} options.isMarketingStopped from the channel's number
 * @param {(template: Api.MessageTemplate) => Api.SendRequest} options.requestOf
 * @param {(request: Api.SendRequest) => Promise<boolean>} options.onSend answers true once it is sent
 * @param {(answer: Api.Refusal) => void} options.onRefused the dry run says no
 * @returns {Console.PartForm}
 */
export function templateForm({ phone, channel, may, isMarketingStopped, requestOf, onSend, onRefused }) {
  /** @type {Api.Template[]} */
  let templates = [];
  /** @type {Api.Template | null} */
  let chosen = null;
  /** @type {HTMLInputElement[]} */
  let params = [];
  /** The address of the template's file, where it has one. @type {ReturnType<typeof addressField> | null} */
  let file = null;
  let isSending = false;

  const select = h("select", { id: freshId("template"), onchange: onChoose });
  const draft = draftName("template", phone);
  const fields = h("div", { class: "part-fields", oninput: onInput });
  const preview = h("div", { class: "template-preview", "aria-live": "off" });
  const note = h("p", { class: "hint", text: t("loading") });
  const price = priceCheck(() => (chosen && isComplete() ? requestOf(template(chosen)) : null), refreshSubmit);
  const submit = h(
    "button",
    { type: "submit", class: "primary", disabled: true },
    icon("send"),
    h("span", { text: t("template.send") }),
  );
  const form = h(
    "form",
    { class: "part-form", onsubmit: onSubmit },
    h("div", { class: "field" }, h("label", { for: select.id, text: t("template.choose") }), select),
    note,
    fields,
    preview,
    h("div", { class: "send-line" }, price.element, submit),
  );

  async function load() {
    try {
      const all = await loadTemplates();
      const wanted = channel();
      templates = all.filter((each) => !wanted || each.channel === wanted);
      draw();
      if (!chosen) takeUp(await storedDraft(draft));
    } catch {
      const again = h("button", { type: "button", class: "quiet", text: t("try_again"), onclick: load });
      replaceContent(note, t("template.unreachable"), " ", again);
    }
  }

  function draw() {
    const usable = templates.filter(isUsable);
    const others = templates.filter((each) => !isUsable(each));
    const none = h("option", { value: "", text: t("template.pick") });
    replaceContent(select, none, [...usable, ...others].map(option));
    setAttribute(select, "disabled", usable.length === 0);
    replaceContent(note, templates.length ? marketingWords() : t("template.none"));
    const still = usable.find((each) => chosen && isSame(each, chosen));
    select.value = still ? String(templates.indexOf(still)) : "";
    if (still) onChange();
    else onChoose();
  }

  /** @param {Api.Template} each */
  const isUsable = (each) => each.status === "approved" && (each.category !== "marketing" || may().marketing);

  function marketingWords() {
    const { freeform, template: plain, marketing, code } = may();
    const isAffected = templates.some((each) => each.category === "marketing" && each.status === "approved");
    if (marketing || !isAffected) return null;
    // `code` explains marketing only where freeform and other templates may be sent.
    if (freeform && plain && code !== "marketing_stopped") return `${t("template.no_marketing")} ${problemWords(code)}`;
    const stopped = channel();
    if (!stopped || !isMarketingStopped()) return t("template.no_marketing");
    return `${t("template.no_marketing")} ${marketingStopWords([stopped])}`;
  }

  /** @param {Api.Template} each */
  function option(each) {
    const about = [each.language, wordsFor("category", each.category)];
    if (each.status !== "approved") about.push(wordsFor("template_status", each.status));
    const text = `${each.name} (${about.join(", ")})`;
    return h("option", { value: String(templates.indexOf(each)), disabled: !isUsable(each), text });
  }

  function onChoose() {
    chosen = select.value === "" ? null : templates[Number(select.value)];
    price.forget();
    params = Array.from({ length: chosen?.params ?? 0 }, () =>
      h("input", { id: freshId("value"), type: "text", dir: "auto", autocomplete: "off", maxlength: LONGEST_VALUE }),
    );
    const labels = placesOf(chosen?.body, params.length).map((place, index) =>
      valueLabel(place, index, chosen?.labels?.[index]),
    );
    const labelled = params.map((input, index) =>
      h("div", { class: "field" }, h("label", { for: input.id, text: labels[index] }), input),
    );
    file = chosen?.media ? addressField(t("template.media", { kind: wordsFor("media", chosen.media) })) : null;
    replaceContent(fields, file?.element, labelled);
    onChange();
  }

  function onInput() {
    onChange();
    if (!chosen) return;
    const { name, language, channel: of } = chosen;
    const values = [...params.map((param) => param.value), file?.value() ?? ""];
    keepDraft(draft, values.some(Boolean) ? JSON.stringify({ name, language, channel: of, values }) : "");
  }

  /** What was filled in before goes on, where the template can still be sent. @param {string} stored */
  function takeUp(stored) {
    if (!stored || chosen) return;
    const kept = JSON.parse(stored);
    const index = templates.findIndex((each) => isSame(each, kept) && isUsable(each));
    if (index < 0) return;
    select.value = String(index);
    onChoose();
    params.forEach((param, place) => (param.value = kept.values[place] ?? ""));
    file?.fill(kept.values.at(-1) ?? "");
    onChange();
  }

  const paramValues = () => params.map((param) => param.value.trim());
  const isComplete = () => chosen !== null && paramValues().every((value) => value) && (!file || file.isComplete());

  /**
   * @param {Api.Template} of
   * @returns {Api.MessageTemplate}
   */
  function template({ name, language, media }) {
    const part = { name, language, params: paramValues() };
    return media && file ? { ...part, media: { kind: media, url: file.value() } } : part;
  }

  function onChange() {
    replaceContent(preview, chosen ? previewOf(chosen) : null);
    refreshSubmit();
    price.later();
  }

  function refreshSubmit() {
    setAttribute(submit, "disabled", !isComplete() || isSending || price.isRefused());
  }

  /** @param {Api.Template} of */
  function previewOf({ name, body, params: count }) {
    const label = h("p", { class: "label", text: t("template.preview") });
    if (!body) return [label, h("p", { class: "text", text: t("template.no_body", { name, count }) })];
    return [label, written(filledTemplate(body, paramValues()))];
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    if (!chosen || submit.disabled) return;
    const hadFocus = form.contains(document.activeElement);
    setSending(true);
    try {
      const answer = await price.now();
      if (answer === undefined) return;
      if (answer?.decision === "refuse") return onRefused(answer);
      const sent = chosen;
      const request = requestOf(template(sent));
      // Another one may have been chosen meanwhile.
      if ((await withoutDraft(draft, () => onSend(request))) && chosen === sent) {
        select.value = "";
        onChoose();
      }
    } finally {
      setSending(false);
      if (hadFocus) catchFocus(submit.disabled ? select : submit);
    }
  }

  /** @param {boolean} value */
  function setSending(value) {
    isSending = value;
    setAttribute(form, "aria-busy", value);
    refreshSubmit();
  }

  load();
  return {
    element: form,
    focus: () => select.focus(),
    reload() {
      price.forget();
      load();
    },
    leave: price.leave,
  };
}

/**
 * @param {Api.Template} a
 * @param {Pick<Api.Template, "name" | "language" | "channel">} b
 */
const isSame = (a, b) => a.name === b.name && a.language === b.language && a.channel === b.channel;
