// @ts-check
// Administration: the messages that opt a contact out or in, and what a message would do.

import { announce } from "../components/announcer.js";
import { freshId, h, replaceContent, setAttribute } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { loadedPlace } from "../components/loaded.js";
import { problemNote } from "../components/problem_note.js";
import { statusLight } from "../components/status_light.js";
import { changeKeyword, fetchKeywords, tryKeyword } from "../data/admin_routes.js";
import { languageName, t } from "../language/i18n.js";

const LONGEST_KEYWORD = 200;
const LONGEST_MESSAGE = 4096;
/** @type {(keyof Api.Keywords)[]} */
const LISTS = ["opt_out", "opt_in"];

/** @returns {Console.View} */
export function keywordsPage() {
  const place = loadedPlace(fetchKeywords, (found) =>
    h(
      "div",
      { class: "admin-cards" },
      LISTS.map((list) => card(list, found[list])),
    ),
  );

  /**
   * @param {keyof Api.Keywords} list
   * @param {Api.Keyword[]} keywords
   */
  function card(list, keywords) {
    const own = keywords.filter(({ is_built_in: isBuiltIn }) => !isBuiltIn);
    const trouble = h("div", {});

    /** @param {"add" | "remove"} verb @param {string} keyword @param {string} said */
    async function change(verb, keyword, said) {
      replaceContent(trouble);
      try {
        await changeKeyword(verb, list, keyword);
      } catch (error) {
        return replaceContent(trouble, problemNote(error));
      }
      announce(said);
      await place.reload();
      // What had the focus is gone: it goes on where another one is added.
      /** @type {HTMLInputElement | null} */
      const next = place.element.querySelector(`form[data-list="${list}"] input`);
      next?.focus();
    }
    return h(
      "section",
      { class: "admin-card", "aria-label": t(`keywords.${list}`) },
      h("h3", { text: t(`keywords.${list}`) }),
      h("p", { class: "about", text: t(`keywords.${list}_what`) }),
      h("h4", { text: t("keywords.own") }),
      own.length
        ? h(
            "ul",
            { class: "keyword-list" },
            own.map(({ keyword }) => ownKeyword(keyword, () => change("remove", keyword, t("keywords.removed")))),
          )
        : h("p", { class: "hint", text: t("keywords.none") }),
      addForm(list, (keyword) => change("add", keyword, t("keywords.added"))),
      trouble,
      h("h4", { text: t("keywords.built_in") }),
      h("dl", { class: "facts" }, byLanguage(keywords)),
    );
  }

  return {
    element: h(
      "div",
      { class: "admin-body" },
      h("p", { class: "about", text: t("keywords.about") }),
      tryForm(),
      place.element,
    ),
    stop: place.stop,
  };
}

/**
 * @param {string} keyword
 * @param {() => unknown} onRemove
 */
const ownKeyword = (keyword, onRemove) =>
  h(
    "li",
    { class: "keyword" },
    h("bdi", { text: keyword }),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": t("keywords.remove", { keyword }), onclick: onRemove },
      icon("close"),
    ),
  );

/**
 * @param {keyof Api.Keywords} list
 * @param {(keyword: string) => unknown} onAdd
 */
function addForm(list, onAdd) {
  const typed = h("input", {
    id: freshId("keyword"),
    type: "text",
    dir: "auto",
    autocomplete: "off",
    maxlength: LONGEST_KEYWORD,
  });
  const add = h("button", { type: "submit", class: "secondary", text: t("keywords.add"), disabled: true });

  /** @param {SubmitEvent} event */
  function onsubmit(event) {
    event.preventDefault();
    if (typed.value.trim()) onAdd(typed.value.trim());
  }
  return h(
    "form",
    { class: "field", "data-list": list, onsubmit, oninput: () => setAttribute(add, "disabled", !typed.value.trim()) },
    h("label", { for: typed.id, text: t("keywords.another") }),
    h("div", { class: "beside" }, typed, add),
  );
}

/** What a message would do, by the server's own rule. */
function tryForm() {
  const typed = h("input", {
    id: freshId("message"),
    type: "text",
    dir: "auto",
    autocomplete: "off",
    maxlength: LONGEST_MESSAGE,
  });
  const outcome = h("div", { class: "try-outcome", role: "status" });
  let asked = 0;

  /** An answer is of the words that stand there. */
  function forget() {
    asked += 1;
    replaceContent(outcome);
  }

  /** @param {SubmitEvent} event */
  async function onsubmit(event) {
    event.preventDefault();
    const text = typed.value.trim();
    if (!text) return;
    asked += 1;
    const own = asked;
    try {
      const { action } = await tryKeyword(text);
      if (own !== asked) return;
      const tone = action === "opt_out" ? "bad" : action === "opt_in" ? "good" : "none";
      replaceContent(outcome, statusLight(tone, t(`keyword_does.${action ?? "nothing"}`)));
    } catch (error) {
      if (own === asked) replaceContent(outcome, problemNote(error));
    }
  }
  return h(
    "form",
    { class: "admin-card", onsubmit, oninput: forget },
    h(
      "div",
      { class: "field" },
      h("label", { for: typed.id, text: t("keywords.try") }),
      h(
        "div",
        { class: "beside" },
        typed,
        h("button", { type: "submit", class: "secondary", text: t("keywords.try_now") }),
      ),
    ),
    outcome,
  );
}

/**
 * Those that every organization has, each language on a line.
 *
 * @param {Api.Keyword[]} keywords
 */
function byLanguage(keywords) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const { keyword, language, is_built_in: isBuiltIn } of keywords) {
    if (isBuiltIn && language) found.set(language, [...(found.get(language) ?? []), keyword]);
  }
  return [...found].map(([language, words]) =>
    h(
      "div",
      {},
      h("dt", { text: languageName(language) }),
      h(
        "dd",
        { class: "built-in", lang: language },
        words.map((word) => h("bdi", { text: word })),
      ),
    ),
  );
}
