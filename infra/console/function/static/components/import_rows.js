// @ts-check
// The rows of an import, a page at a time: what each would do, or what was done, and why not.

import { groupOf, outcomeOf } from "../data/people_import.js";
import { number, t } from "../language/i18n.js";
import { reasonWords } from "../language/reason_words.js";
import { h, replaceContent, setAttribute } from "./dom.js";
import { icon } from "./icons.js";

const PAGE = 50;
/** @type {import("../data/people_import.js").Group[]} */
const GROUPS = ["all", "new", "changed", "same", "refused"];

/** @typedef {import("../data/people_import.js").Row} Row */

/**
 * What a row comes to, and why, in words.
 *
 * @param {Row} row
 * @param {boolean} [isDone] whether the import has been there
 */
export function rowWords(row, isDone = row.isDone) {
  const outcome = outcomeOf(row);
  const { told, sameAs } = row;
  const consent = told?.consent && ["imported", "updated"].includes(outcome ?? "") ? t(`row.${told.consent}`) : "";
  const reasons =
    outcome === "doubled" ? [t("reason.doubled", { row: sameAs ?? 0 })] : (told?.reasons ?? []).map(reasonWords);
  if (!outcome) return { result: "", consent, reasons };
  return { result: isDone ? t(`done.${outcome}`) : t(`would.${outcome}`), consent, reasons };
}

/**
 * @param {ReturnType<typeof import("../data/people_import.js").peopleImport>} people
 */
export function importRows(people) {
  /** @type {import("../data/people_import.js").Group} */
  let group = "all";
  let page = 0;
  let isOver = false;

  const chips = GROUPS.map((name) => {
    const count = h("span", { class: "count" });
    const onclick = () => show(name, 0);
    const element = h(
      "button",
      { type: "button", class: "chip", "data-group": name, onclick },
      t(`group.${name}`),
      count,
    );
    return { name, element, count };
  });
  const list = h("ol", { class: "import-rows", role: "list", "aria-label": t("import.rows") });
  const before = pageButton("back", t("import.before"), -1);
  const after = pageButton("next", t("import.after"), 1);
  const where = h("span", { role: "status" });
  const pages = h("nav", { class: "import-pages", "aria-label": t("import.pages") }, before, where, after);
  const element = h(
    "div",
    { class: "import-table" },
    h(
      "div",
      { class: "import-chips", role: "group", "aria-label": t("import.filter") },
      chips.map((chip) => chip.element),
    ),
    list,
    pages,
  );

  /**
   * @param {import("./icons.js").IconName} picture
   * @param {string} label
   * @param {number} step
   */
  function pageButton(picture, label, step) {
    const onclick = () => {
      show(group, page + step);
      element.scrollIntoView({ block: "start" });
    };
    return h("button", { type: "button", class: "icon-button", "aria-label": label, onclick }, icon(picture));
  }

  /**
   * @param {import("../data/people_import.js").Group} name
   * @param {number} to
   */
  function show(name, to) {
    [group, page] = [name, to];
    draw();
  }

  function draw() {
    const counts = people.counts();
    isOver = people.done() > 0 && people.toImport() === 0;
    for (const chip of chips) {
      chip.count.textContent = number(counts[chip.name]);
      setAttribute(chip.element, "aria-pressed", String(chip.name === group));
    }
    const wanted = group === "all" ? people.rows : people.rows.filter((row) => groupOf(row) === group);
    const last = Math.max(0, Math.ceil(wanted.length / PAGE) - 1);
    page = Math.min(page, last);
    const from = page * PAGE;
    replaceContent(
      list,
      wanted.slice(from, from + PAGE).map(item),
      !wanted.length && h("li", { class: "none", text: t("import.none") }),
    );
    const to = Math.min(from + PAGE, wanted.length);
    where.textContent = t("import.page", { from: from + 1, to, of: wanted.length });
    setAttribute(pages, "hidden", last === 0);
    setAttribute(before, "disabled", page === 0);
    setAttribute(after, "disabled", page === last);
  }

  /** @param {Row} row */
  function item(row) {
    const { result, consent, reasons } = rowWords(row, row.isDone || isOver);
    return h(
      "li",
      { "data-group": groupOf(row), "data-done": row.isDone },
      h("span", { class: "row-number", text: t("import.row", { n: row.number }) }),
      h(
        "span",
        { class: "row-who" },
        h("bdi", { dir: "ltr", text: people.phoneIn(row) }),
        h("bdi", { text: people.nameIn(row) }),
      ),
      h("span", { class: "row-result" }, h("strong", { text: result }), consent && h("span", { text: consent })),
      reasons.map((text) => h("span", { class: "row-reason", text })),
    );
  }

  return { element, draw, show };
}
