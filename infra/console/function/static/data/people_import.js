// @ts-check
// An import of people: the rows of a table, what each would do, and what was done.

import { importPeople } from "./people_routes.js";
import { unguarded } from "./table_file.js";

const ROWS_AT_ONCE = 200;
const LONGEST_CELL = 4000;
const MOST_COLUMNS = 100;
const IMPORTED = ["new", "changed"];

/** What a row comes to; `doubled` is the console's own: an earlier row has the same number. */
/** @typedef {Api.ImportedRow["outcome"] | "doubled"} Outcome */
/** @typedef {"all" | "new" | "changed" | "same" | "refused"} Group */

/**
 * @typedef {object} Row
 * @property {number} number the first row after the columns' names is 1
 * @property {string[]} cells as they stand in the file
 * @property {Api.ImportedRow | null} told what the server says of it
 * @property {number | null} sameAs the number of an earlier row with the same person
 * @property {boolean} isDone whether it was imported
 */

/** @type {Record<Outcome, Exclude<Group, "all">>} */
const GROUPS = {
  imported: "new",
  updated: "changed",
  unchanged: "same",
  outdated: "refused",
  rejected: "refused",
  doubled: "refused",
};

/**
 * Of a row that was looked at. A repeated one counts only where it opts somebody out.
 *
 * @param {Row} row
 * @returns {Outcome | null}
 */
export function outcomeOf({ told, sameAs }) {
  if (told && sameAs !== null && told.outcome !== "rejected" && told.consent !== "opt_out") return "doubled";
  return told?.outcome ?? null;
}

/** @param {Row} row */
export const groupOf = (row) => {
  const outcome = outcomeOf(row);
  return outcome && GROUPS[outcome];
};

/** @param {Row} row */
const isToImport = (row) => !row.isDone && IMPORTED.includes(groupOf(row) ?? "");

/**
 * @param {import("./table_file.js").Table} table
 */
export function peopleImport(table) {
  const columns = table.columns.slice(0, MOST_COLUMNS).map((name) => name.slice(0, LONGEST_CELL));
  /** @type {Row[]} */
  const rows = table.rows.map(({ number, cells }) => ({
    number,
    cells: cells.slice(0, MOST_COLUMNS).map(unguarded),
    told: null,
    sameAs: null,
    isDone: false,
  }));
  /** What each column says, once the server has told it. @type {(string | null)[]} */
  let facts = [];
  /** How the rows are read. @type {Api.PeopleReading} */
  let reading = {};

  /**
   * @param {Row[]} some
   * @param {boolean} isDry
   * @param {AbortSignal} [signal]
   */
  async function ask(some, isDry, signal) {
    const sent = some.map(({ number, cells }) => ({
      row: number,
      cells: cells.map((cell) => cell.slice(0, LONGEST_CELL)),
    }));
    const report = await importPeople({ columns, rows: sent, dry_run: isDry, ...reading }, signal);
    facts = report.columns;
    report.rows.forEach((told, index) => {
      // What is unchanged now was done when the answer was lost.
      if (isDry || told.outcome !== "unchanged") some[index].told = told;
    });
  }

  /** The first row of each person stands, the others name it. */
  function findDoubled() {
    /** @type {Map<string, number>} */
    const first = new Map();
    for (const row of rows) {
      const phone = row.told?.phone;
      row.sameAs = (phone && first.get(phone)) || null;
      if (phone && row.sameAs === null) first.set(phone, row.number);
    }
  }

  /** @param {string} fact */
  const place = (fact) => facts.indexOf(fact);

  return {
    columns,
    rows,
    /** The columns of which nothing is read. */
    unread: () => columns.filter((name, index) => facts[index] === null && name.trim() && !isNote(name)),
    /** @param {Row} row */
    nameIn: (row) => row.cells[place("name")]?.trim() ?? "",
    /** @param {Row} row */
    phoneIn: (row) => row.told?.phone ?? row.cells[place("phone")]?.trim() ?? "",
    counts() {
      const counts = { all: rows.length, new: 0, changed: 0, same: 0, refused: 0 };
      for (const row of rows) {
        const group = groupOf(row);
        if (group) counts[group] += 1;
      }
      return counts;
    },
    toImport: () => rows.filter(isToImport).length,
    done: () => rows.filter((row) => row.isDone && IMPORTED.includes(groupOf(row) ?? "")).length,

    /**
     * Says of each row what it would do. Throws as `ask` of data/api.js does.
     *
     * @param {Api.PeopleReading} how
     * @param {(share: number) => void} onProgress
     * @param {AbortSignal} signal
     */
    async check(how, onProgress, signal) {
      reading = how;
      for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
        onProgress(from / rows.length);
        await ask(rows.slice(from, from + ROWS_AT_ONCE), true, signal);
      }
      findDoubled();
      onProgress(1);
    },

    /**
     * Imports what is new, until it is done or `isStopped`. What is under way is finished, so that no row is in
     * between. Throws as `ask` does; it goes on where it was.
     *
     * @param {() => boolean} isStopped
     * @param {() => void} onProgress
     */
    async run(isStopped, onProgress) {
      const left = rows.filter(isToImport);
      for (let from = 0; from < left.length && !isStopped(); from += ROWS_AT_ONCE) {
        const some = left.slice(from, from + ROWS_AT_ONCE);
        await ask(some, false);
        for (const row of some) row.isDone = true;
        onProgress();
      }
    },
  };
}

/**
 * Columns that a file of refused rows has for its reader.
 *
 * @param {string} name
 */
const isNote = (name) => ["row", "reason", "result"].includes(name.trim().toLowerCase());
