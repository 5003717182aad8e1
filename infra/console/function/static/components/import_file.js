// @ts-check
// Where the file of an import is chosen or dropped, and which columns it may have.

import { csvOf, NoTable, readTable } from "../data/table_file.js";
import { t } from "../language/i18n.js";
import { downloadButton } from "./download.js";
import { freshId, h, replaceContent, setAttribute } from "./dom.js";
import { icon } from "./icons.js";

const EXAMPLE = [
  ["phone", "name", "consent", "consent_at", "consent_source", "consent_evidence"],
  ["+91 98765 43211", "Asha", "opt_in", "2026-06-15", "paper form", "Form 17 of the camp in Pune"],
  ["+91 98765 43212", "Ravi", "opt_out", "2026-07-01", "phone call", "Asked not to be written to"],
];

const COLUMNS = ["phone", "name", "consent", "consent_at", "consent_source", "consent_evidence"];

/**
 * @param {{ onTable(table: import("../data/table_file.js").Table, name: string): void }} options
 */
export function importFile({ onTable }) {
  /** @type {HTMLInputElement} */
  const input = h("input", {
    id: freshId("file"),
    type: "file",
    class: "unseen",
    accept: ".csv,.tsv,.txt,text/csv",
    onchange: () => take(input.files),
  });
  const trouble = h("div", { class: "trouble", role: "alert" });
  const drop = h(
    "label",
    { class: "import-drop", for: input.id, ondragover, ondragleave, ondrop },
    icon("file"),
    h("strong", { text: t("import.choose") }),
    h("span", { class: "hint", text: t("import.drop") }),
  );
  const element = h(
    "section",
    { class: "import-file" },
    h("p", { text: t("import.explained") }),
    input,
    drop,
    trouble,
    h(
      "details",
      {},
      h("summary", { text: t("import.columns") }),
      h(
        "dl",
        { class: "facts" },
        COLUMNS.map((name) =>
          h("div", {}, h("dt", {}, h("code", { text: name })), h("dd", { text: t(`import_column.${name}`) })),
        ),
      ),
      downloadButton(async () => ({ name: "example.csv", content: csvOf(EXAMPLE) }), t("import.example")),
    ),
  );

  /** @param {DragEvent} event */
  function ondragover(event) {
    event.preventDefault();
    setAttribute(drop, "data-over", true);
  }

  function ondragleave() {
    setAttribute(drop, "data-over", null);
  }

  /** @param {DragEvent} event */
  function ondrop(event) {
    event.preventDefault();
    ondragleave();
    take(event.dataTransfer?.files ?? null);
  }

  /** @param {FileList | null} files */
  async function take(files) {
    const file = files?.[0];
    if (!file) return;
    replaceContent(trouble);
    try {
      onTable(await readTable(file), file.name);
    } catch (error) {
      const words = error instanceof NoTable ? t(`no_table.${error.reason}`) : t("import.unreadable");
      replaceContent(trouble, words);
    } finally {
      input.value = "";
    }
  }

  return { element, focus: () => input.focus() };
}
