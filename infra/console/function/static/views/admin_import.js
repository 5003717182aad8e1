// @ts-check
// Imports people from a file: every row says first what it would do.

import { announce, announceNow } from "../components/announcer.js";
import { consentFields } from "../components/consent_fields.js";
import { downloadButton } from "../components/download.js";
import { catchFocus, freshId, h, replaceContent, setAttribute } from "../components/dom.js";
import { importFile } from "../components/import_file.js";
import { importRows, rowWords } from "../components/import_rows.js";
import { Problem } from "../data/api.js";
import { groupOf, peopleImport } from "../data/people_import.js";
import { csvOf } from "../data/table_file.js";
import { listed, number, t } from "../language/i18n.js";
import { problemWords } from "../language/problem_words.js";

/** @returns {Console.View} */
export function importPage() {
  const place = h("div", { class: "import-body" });
  const element = h("div", { class: "import" }, place);
  const file = importFile({ onTable: begin });
  let stop = () => {};

  function chooseFile() {
    stop();
    replaceContent(place, file.element);
  }

  /**
   * @param {import("../data/table_file.js").Table} table
   * @param {string} name
   */
  function begin(table, name) {
    stop();
    const one = importOf(table, name, chooseAnother);
    ({ stop } = one);
    replaceContent(place, one.element);
    one.focus();
  }

  function chooseAnother() {
    chooseFile();
    file.focus();
  }
  chooseFile();
  return { element, stop: () => stop() };
}

/**
 * @param {import("../data/table_file.js").Table} table
 * @param {string} fileName
 * @param {() => void} onAnother
 */
function importOf(table, fileName, onAnother) {
  const people = peopleImport(table);
  const stem = fileName.replace(/\.\w+$/, "");
  let asking = new AbortController();
  /** Whether rows are being imported. */
  let isRunning = false;
  let isStopped = false;

  const bar = h("progress", { max: 1, value: 0, "aria-label": t("import.progress") });
  const state = h("p", { class: "import-state" });
  const trouble = h("div", { class: "trouble", role: "alert" });
  const notes = h("div", { class: "import-notes" });
  const actions = h("div", { class: "import-actions" });
  const rows = importRows(people);
  const agreed = consentFields();
  const saysAll = check("import.agreed_all", () => setAttribute(agreed.element, "hidden", !saysAll.input.checked));
  const national = check("import.national");
  const order = h(
    "select",
    { id: freshId("order") },
    ["day_first", "month_first"].map((value) => h("option", { value, text: t(`import.${value}`) })),
  );
  const again = h("button", { type: "submit", class: "secondary", text: t("import.check_again") });
  const reading = h(
    "form",
    { class: "import-reading", onsubmit, "aria-label": t("import.reading") },
    saysAll.element,
    agreed.element,
    national.element,
    h("div", { class: "field" }, h("label", { for: order.id, text: t("import.order") }), order),
    again,
  );
  setAttribute(agreed.element, "hidden", true);
  const title = h("h2", { tabindex: "-1" }, h("bdi", { text: fileName }));
  const element = h(
    "section",
    { class: "import-one" },
    h(
      "header",
      {},
      title,
      h("button", { type: "button", class: "quiet", text: t("import.another"), onclick: onAnother }),
    ),
    notes,
    h("details", { class: "import-how" }, h("summary", { text: t("import.reading") }), reading),
    state,
    bar,
    trouble,
    actions,
    rows.element,
  );

  /**
   * @param {string} words
   * @param {() => void} [onchange]
   */
  function check(words, onchange) {
    const input = h("input", { id: freshId("check"), type: "checkbox", onchange });
    return { input, element: h("div", { class: "check-line" }, input, h("label", { for: input.id, text: t(words) })) };
  }

  /** @param {SubmitEvent} event */
  function onsubmit(event) {
    event.preventDefault();
    if (saysAll.input.checked && !agreed.isComplete()) {
      announceNow(t("import.agreed_incomplete"));
      return agreed.focus();
    }
    look();
  }

  /** @returns {Api.PeopleReading} */
  const how = () => ({
    day_order: /** @type {Api.PeopleReading["day_order"]} */ (order.value),
    national_numbers: national.input.checked,
    ...(saysAll.input.checked ? { where_not_said: { consent: "opt_in", ...agreed.value() } } : {}),
  });

  /**
   * What went wrong, in words.
   *
   * @param {unknown} error
   */
  function complain(error) {
    const isProblem = error instanceof Problem;
    const isColumns = isProblem && error.body.errors?.some(({ pointer }) => pointer === "/columns");
    const isForbidden = isProblem && error.code === "unauthorized";
    let words = isProblem && error.code ? problemWords(error.code) : t("problem.unreachable");
    if (isColumns) words = t("import.no_phone", { columns: listed(people.columns.filter(Boolean)) });
    if (isForbidden) words = t("import.not_allowed");
    replaceContent(trouble, words);
  }

  /** Asks of every row what it would do. */
  async function look() {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    replaceContent(trouble);
    replaceContent(actions);
    setAttribute(rows.element, "hidden", true);
    setAttribute(bar, "hidden", null);
    try {
      await people.check(
        how(),
        (share) => {
          bar.value = share;
          state.textContent = t("import.checking", {
            count: Math.round(share * people.rows.length),
            of: people.rows.length,
          });
        },
        signal,
      );
    } catch (error) {
      if (signal.aborted) return;
      setAttribute(bar, "hidden", true);
      state.textContent = "";
      replaceContent(actions, button("try_again", look, "primary"));
      return complain(error);
    }
    setAttribute(bar, "hidden", true);
    setAttribute(rows.element, "hidden", null);
    rows.show("all", 0);
    drawNotes();
    draw();
    announce(state.textContent ?? "");
  }

  function areOurs() {
    if (again.disabled) return;
    national.input.checked = true;
    look().then(() => catchFocus(actions.querySelector("button")));
  }

  function drawNotes() {
    const unread = people.unread();
    const isCodeless = people.rows.some((row) => row.told?.reasons.some(({ code }) => code === "country_code_missing"));
    replaceContent(
      notes,
      table.isOld && h("p", { class: "warning", text: t("import.old_encoding") }),
      unread.length > 0 && h("p", { class: "hint", text: t("import.unread", { columns: listed(unread) }) }),
      isCodeless &&
        h(
          "div",
          { class: "warning" },
          h("p", { text: t("import.national_hint") }),
          button("import.national_yes", areOurs),
        ),
    );
  }

  /** What can be done now, and what was. */
  function draw() {
    const [left, done, { refused }] = [people.toImport(), people.done(), people.counts()];
    const words = left || !done ? t("import.would", { count: left }) : t("import.finished", { count: done });
    state.textContent = done && left ? t("import.part", { count: done, left: number(left) }) : words;
    replaceContent(
      actions,
      isRunning && button("import.stop", halt),
      !isRunning && left > 0 && importButton(left, done),
      !isRunning && refused > 0 && downloadButton(async () => refusedFile(), t("import.refused_file")),
      !isRunning && done > 0 && downloadButton(async () => doneFile(), t("import.done_file")),
    );
    setAttribute(again, "disabled", isRunning || done > 0);
    rows.draw();
  }

  /**
   * @param {number} left
   * @param {number} done
   */
  const importButton = (left, done) =>
    h("button", {
      type: "button",
      class: "primary",
      text: done ? t("import.go_on", { count: left }) : t("import.go", { count: left }),
      onclick: run,
    });

  /**
   * @param {string} key of its words
   * @param {() => void} onclick
   * @param {string} [style]
   */
  const button = (key, onclick, style = "secondary") =>
    h("button", { type: "button", class: style, text: t(key), onclick });

  async function run() {
    if (isRunning) return;
    [isRunning, isStopped] = [true, false];
    replaceContent(trouble);
    const all = people.toImport() + people.done();
    setAttribute(bar, "hidden", null);
    draw();
    /** @type {HTMLElement | null} */ (actions.querySelector("button"))?.focus();
    bar.value = people.done() / all;
    try {
      await people.run(
        () => isStopped,
        () => {
          bar.value = people.done() / all;
          draw();
        },
      );
    } catch (error) {
      complain(error);
    }
    isRunning = false;
    setAttribute(bar, "hidden", true);
    draw();
    announce(state.textContent ?? "");
    actions.querySelector("button")?.focus();
  }

  function halt() {
    isStopped = true;
    replaceContent(actions, h("p", { class: "hint", text: t("import.stopping") }));
  }

  /** The refused rows as they stand in the file, to be mended and imported in their turn. */
  function refusedFile() {
    const refused = people.rows.filter((row) => groupOf(row) === "refused");
    const lines = refused.map((row) => [String(row.number), rowWords(row).reasons.join("; "), ...row.cells]);
    return { name: `${stem}.refused.csv`, content: csvOf([["row", "reason", ...people.columns], ...lines]) };
  }

  function doneFile() {
    const lines = people.rows.map((row) => {
      const { result, consent, reasons } = rowWords(row, true);
      const said = row.isDone || !["new", "changed"].includes(groupOf(row) ?? "") ? result : t("done.not_yet");
      return [String(row.number), people.phoneIn(row), people.nameIn(row), said, consent, reasons.join("; ")];
    });
    const heads = ["row", "phone", "name", "result", "consent", "reason"];
    return { name: `${stem}.result.csv`, content: csvOf([heads, ...lines]) };
  }

  look();
  return {
    element,
    focus: () => title.focus(),
    stop() {
      asking.abort();
      isStopped = true;
    },
  };
}
