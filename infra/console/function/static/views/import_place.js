// @ts-check
// The import of people, whose code is fetched when it is opened.

import { laterView } from "./later.js";

const IMPORT_MODULES = [
  "components/consent_fields",
  "components/download",
  "components/import_file",
  "components/import_rows",
  "data/people_import",
  "data/people_routes",
  "data/table_file",
  "language/reason_words",
  "views/import",
];

/** @returns {Console.View} */
export const importView = () =>
  laterView({
    style: "import",
    modules: IMPORT_MODULES,
    load: () => import("./import.js").then(({ peopleImportView }) => peopleImportView),
  });
