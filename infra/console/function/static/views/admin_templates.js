// @ts-check
// Administration: the templates, their state at the provider, and what their values are called.

import { announce } from "../components/announcer.js";
import { confirm } from "../components/dialog.js";
import { freshId, h, replaceContent, setAttribute } from "../components/dom.js";
import { loadedPlace } from "../components/loaded.js";
import { written } from "../components/parts.js";
import { plainTable } from "../components/plain_table.js";
import { problemNote } from "../components/problem_note.js";
import { statusLight } from "../components/status_light.js";
import { fetchChannels, labelTemplate, syncTemplates } from "../data/admin_routes.js";
import { channelName, channels, hasRole, hasScope } from "../data/session.js";
import { filledTemplate, placesOf, valueLabel } from "../data/template_places.js";
import { forgetTemplates, loadTemplates } from "../data/templates.js";
import { languageName, t, wordsFor } from "../language/i18n.js";

const LONGEST_LABEL = 60;

/** @type {Record<Api.Template["status"], import("../components/status_light.js").Tone>} */
const TONES = { approved: "good", pending: "none", rejected: "bad", paused: "warn", disabled: "bad" };

/** @returns {Console.View} */
export function templatesPage() {
  const place = loadedPlace(
    async () => {
      forgetTemplates();
      return loadTemplates();
    },
    (templates) =>
      templates.length
        ? plainTable({ caption: t("admin.templates"), columns: columns(), rows: templates })
        : h("p", { class: "admin-note", text: t("templates.none") }),
  );
  const outcome = h("div", { class: "about", role: "status" });

  /** @type {() => import("../components/plain_table.js").Column<Api.Template>[]} */
  const columns = () => [
    {
      head: t("templates.name"),
      cell: (template) => [
        h("bdi", { text: template.name.replaceAll("_", " ") }),
        h("p", { class: "hint plain-hint", text: languageName(template.language) }),
      ],
    },
    { head: t("admin.channel"), cell: ({ channel }) => h("bdi", { dir: "ltr", text: channelName(channel) }) },
    {
      head: t("templates.state"),
      cell: ({ status, reason }) => [
        statusLight(TONES[status], t(`template_state.${status}`)),
        reason ? h("p", { class: "hint plain-hint" }, t("templates.why"), h("bdi", { text: reason })) : null,
      ],
    },
    { head: t("templates.category"), cell: ({ category }) => wordsFor("category", category) },
    { head: t("templates.values"), cell: values },
    {
      head: t("admin.actions"),
      isPlain: true,
      cell: (template) => button(t("templates.look"), template, onLook),
    },
  ];

  /** @param {Api.Template} template */
  async function onLook(template) {
    const names = labelsOf(template);
    const preview = h("div", { class: "template-preview" });
    const inputs = names.map((name) =>
      h("input", {
        id: freshId("label"),
        type: "text",
        dir: "auto",
        autocomplete: "off",
        maxlength: LONGEST_LABEL,
        value: name,
      }),
    );
    const places = placesOf(template.body, template.params);
    const fields = inputs.map((input, index) =>
      h("div", { class: "field" }, h("label", { for: input.id, text: valueLabel(places[index], index) }), input),
    );

    // What the values are called stands in their places.
    function draw() {
      const shown = inputs.map((input, index) => `[${input.value.trim() || t("template.value", { n: index + 1 })}]`);
      const text = template.body ?? t("templates.no_body");
      replaceContent(preview, written(template.body ? filledTemplate(text, shown) : text));
    }
    for (const input of inputs) input.addEventListener("input", draw);
    draw();
    const isDone = await confirm({
      title: template.name.replaceAll("_", " "),
      explanation: t(inputs.length ? "templates.label_how" : "templates.no_values"),
      action: t(inputs.length ? "templates.save" : "close"),
      fields: [h("p", { class: "label", text: t("template.preview") }), preview, fields],
      act: async () => {
        const labels = inputs.map((input) => input.value.trim());
        if (labels.join("\n") !== names.join("\n")) await labelTemplate(template, labels);
      },
    });
    if (!isDone || !inputs.length) return;
    announce(t("templates.saved"));
    await place.reload();
  }

  /** @param {Event} event */
  async function onSync({ currentTarget }) {
    const sync = /** @type {HTMLButtonElement} */ (currentTarget);
    if (sync.disabled) return;
    setAttribute(sync, "disabled", true);
    replaceContent(outcome);
    const found = await fetchChannels().catch((/** @type {unknown} */ error) =>
      replaceContent(outcome, problemNote(error)),
    );
    setAttribute(sync, "disabled", null);
    if (found) await askToSync(found.data);
  }

  /** @param {Api.OwnChannel[]} data */
  async function askToSync(data) {
    const pick = h(
      "select",
      { id: freshId("channel"), onchange: askForOwner },
      data.map(({ id }) => h("option", { value: id, text: channelName(id) })),
    );
    const owner = h("input", { id: freshId("owner"), type: "text", autocomplete: "off", dir: "ltr" });
    const label = h("label", { for: owner.id });
    const ownerField = h("div", { class: "field" }, label, owner);
    const picked = () => data.find(({ id }) => id === pick.value);
    const needsOwner = () => picked()?.provider === "meta" || !picked()?.app_id;

    function askForOwner() {
      ownerField.hidden = !needsOwner();
      label.textContent = t(picked()?.provider === "meta" ? "templates.waba" : "templates.app");
    }
    askForOwner();
    /** @type {Awaited<ReturnType<typeof syncTemplates>>["data"]} */
    let found = [];
    const isDone = await confirm({
      title: t("templates.sync"),
      explanation: t("templates.sync_what"),
      action: t("templates.sync_now"),
      fields: [h("div", { class: "field" }, h("label", { for: pick.id, text: t("admin.channel") }), pick), ownerField],
      ready: () => !needsOwner() || owner.value.trim() !== "",
      act: async () => {
        const id = owner.value.trim();
        const of = picked()?.provider === "meta" ? { waba_id: id } : { app_id: id };
        found = (await syncTemplates(pick.value, needsOwner() ? of : {})).data;
      },
    });
    if (!isDone) return;
    const skipped = found.filter(({ status }) => status === null).length;
    outcome.textContent = t("templates.synced", { count: found.length, skipped });
    await place.reload();
  }

  // The channels' own facts are an admin's, so a key that may only enter templates is offered no list to copy.
  const maySync = hasRole("admin") && hasScope("admin") && channels().length > 0;
  const sync = maySync
    ? h("button", { type: "button", class: "secondary", text: t("templates.sync"), onclick: onSync })
    : null;
  return {
    element: h(
      "div",
      { class: "admin-body" },
      h("p", { class: "about", text: t("templates.about") }),
      sync ? h("div", { class: "admin-actions" }, sync) : null,
      outcome,
      place.element,
    ),
    stop: place.stop,
  };
}

/**
 * What each value is called; empty where it has no name.
 *
 * @param {Api.Template} template
 */
const labelsOf = ({ params, labels = [] }) => Array.from({ length: params }, (_, index) => labels[index] ?? "");

/** @param {Api.Template} template */
function values(template) {
  if (template.params === 0) return t("templates.no_values");
  const places = placesOf(template.body, template.params);
  return h(
    "ol",
    {},
    labelsOf(template).map((name, index) =>
      h(
        "li",
        {},
        name ? h("bdi", { text: name }) : h("span", { class: "unnamed", text: valueLabel(places[index], index) }),
      ),
    ),
  );
}

/**
 * @param {string} text
 * @param {Api.Template} template
 * @param {(template: Api.Template) => unknown} act
 */
const button = (text, template, act) =>
  h("button", {
    type: "button",
    class: "quiet",
    text,
    "aria-label": `${text}: ${template.name.replaceAll("_", " ")}, ${languageName(template.language)}`,
    onclick: () => act(template),
  });
