// @ts-check
// The labels of a contact: what there is, what is in use elsewhere, and a field for another.

import { number, t } from "../language/i18n.js";
import { catchFocus, freshId, h, onEscape, replaceContent, setAttribute } from "./dom.js";
import { icon } from "./icons.js";

const MOST = 20;
const LONGEST = 40;
const MOST_OFFERED = 12;

/**
 * @param {object} options
 * @param {() => Console.Contact} options.contact
 * @param {() => string[]} options.labelsInUse
 * @param {(labels: string[], before: string[], words: string) => Promise<boolean>} options.onChange with those that are
 *   shown, and what is said once it is done
 * @param {() => void} options.onClose
 */
export function labelForm({ contact, labelsInUse, onChange, onClose }) {
  const input = h("input", {
    type: "text",
    id: freshId("label"),
    maxlength: LONGEST,
    autocomplete: "off",
    dir: "auto",
    oninput: drawOffers,
  });
  const add = h("button", { type: "submit", class: "secondary", text: t("label.add") });
  const own = h("ul", { class: "label-list", role: "list", "aria-label": t("team.labels") });
  const offers = h("div", { class: "label-offers", role: "group", "aria-label": t("label.in_use") });
  const full = h("p", { class: "hint", text: t("label.full", { most: number(MOST) }) });
  const element = h(
    "form",
    {
      class: "label-form",
      hidden: true,
      "aria-label": t("team.labels"),
      onsubmit: onSubmit,
      onkeydown: onEscape(onClose),
    },
    own,
    h("div", { class: "label-line" }, h("label", { for: input.id, text: t("label.new") }), input, add),
    full,
    offers,
  );
  let drawn = "";

  const labels = () => contact().labels ?? [];
  /** All labels are put at once: each change is made to those that the one before it has left. */
  let changing = Promise.resolve(true);

  /**
   * @param {(labels: string[]) => string[]} changed
   * @param {string} words
   */
  function change(changed, words) {
    changing = changing.then(() => onChange(changed(labels()), labels(), words));
    return changing;
  }

  /** @param {string} name */
  async function put(name) {
    if (!name || labels().includes(name)) return;
    if (await change((all) => [...new Set([...all, name])], t("label.added", { name }))) input.value = "";
    drawOffers();
    catchFocus(offers.querySelector("button") ?? input);
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    await put(input.value.trim());
    input.focus();
  }

  /** @param {string} name */
  function item(name) {
    const remove = h(
      "button",
      {
        type: "button",
        class: "remove",
        "aria-label": t("label.remove", { name }),
        onclick: async () => {
          await change((all) => all.filter((each) => each !== name), t("label.removed", { name }));
          catchFocus(own.querySelector("button") ?? input);
        },
      },
      icon("close"),
    );
    return h("li", { class: "label-chip" }, h("bdi", { text: name }), remove);
  }

  function drawOffers() {
    const begun = input.value.trim().toLocaleLowerCase();
    const found = labelsInUse().filter((name) => !labels().includes(name) && name.toLocaleLowerCase().includes(begun));
    const buttons = found
      .slice(0, MOST_OFFERED)
      .map((name) =>
        h("button", { type: "button", class: "chip", onclick: () => put(name) }, h("bdi", { text: name })),
      );
    replaceContent(offers, buttons.length > 0 && h("span", { class: "hint", text: t("label.in_use") }), buttons);
  }

  return {
    element,
    focus: () => input.focus(),
    update() {
      const key = JSON.stringify(labels());
      if (key === drawn) return;
      drawn = key;
      replaceContent(own, labels().map(item));
      setAttribute(add, "disabled", labels().length >= MOST);
      setAttribute(full, "hidden", labels().length < MOST);
      drawOffers();
    },
  };
}
