// @ts-check
// Reads a table that a spreadsheet has written: its encoding, its separator, its cells.

const DELIMITERS = [",", ";", "\t"];
const MOST_BYTES = 20_000_000;

/**
 * `columns`: the first line. `rows`: the others, but for those without a word, each with its number, the first being 1.
 * `isOld`: in Windows' old encoding, which lacks most letters.
 *
 * @typedef {{ columns: string[], rows: { number: number, cells: string[] }[], isOld: boolean }} Table
 */

/** The file is no such table; `reason` names why. */
export class NoTable extends Error {
  /** @param {"empty" | "large" | "workbook" | "quotes"} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Throws NoTable.
 *
 * @param {File} file
 * @returns {Promise<Table>}
 */
export async function readTable(file) {
  if (file.size > MOST_BYTES) throw new NoTable("large");
  const bytes = new Uint8Array(await file.arrayBuffer());
  // Workbooks are ZIP files (.xlsx, .ods) or Microsoft's compound files (.xls).
  if (startsWith(bytes, 0x50, 0x4b, 0x03, 0x04) || startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) {
    throw new NoTable("workbook");
  }
  const { text, isOld } = decoded(bytes);
  const [columns, ...records] = cellsOf(text);
  const numbered = records.map((cells, index) => ({ number: index + 1, cells }));
  const rows = numbered.filter(({ cells }) => cells.some((cell) => cell.trim()));
  if (!rows.length) throw new NoTable("empty");
  return { columns, rows, isOld };
}

/**
 * @param {Uint8Array} bytes
 * @param {number[]} first
 */
const startsWith = (bytes, ...first) => first.every((byte, index) => bytes[index] === byte);

/** @param {Uint8Array} bytes */
function decoded(bytes) {
  const utf16 = utf16Of(bytes);
  if (utf16) return { text: new TextDecoder(utf16).decode(bytes), isOld: false };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), isOld: false };
  } catch {
    return { text: new TextDecoder("windows-1252").decode(bytes), isOld: true };
  }
}

/**
 * By the mark at its beginning; without one, by the zeros that ASCII letters have there.
 *
 * @param {Uint8Array} bytes
 */
function utf16Of(bytes) {
  if (startsWith(bytes, 0xff, 0xfe)) return "utf-16le";
  if (startsWith(bytes, 0xfe, 0xff)) return "utf-16be";
  if (bytes.length > 3 && bytes[0] && !bytes[1] && bytes[2] && !bytes[3]) return "utf-16le";
  return bytes.length > 3 && !bytes[0] && bytes[1] && !bytes[2] && bytes[3] ? "utf-16be" : null;
}

/**
 * Records of RFC 4180, with the separator that the first line has most of, or names as Excel does (`sep=;`).
 *
 * @param {string} text
 * @returns {string[][]}
 */
function cellsOf(text) {
  const named = /^sep=(.)\r?\n/i.exec(text);
  const body = named ? text.slice(named[0].length) : text;
  const delimiter = named?.[1] ?? delimiterOf(body);
  /** @type {string[][]} */
  const records = [];
  /** @type {string[]} */
  let record = [];
  let at = 0;
  while (at < body.length) {
    const cell = body[at] === '"' ? quoted(body, at, delimiter) : plain(body, at, delimiter);
    record.push(cell.text);
    at = cell.end;
    if (body[at] === delimiter) {
      at += 1;
      if (at < body.length) continue;
      record.push("");
    }
    if (body[at] === "\r") at += 1;
    if (body[at] === "\n") at += 1;
    if (record.length > 1 || record[0]) records.push(record);
    record = [];
  }
  return records;
}

/** @param {string} body */
function delimiterOf(body) {
  const line = (/^.*$/m.exec(body)?.[0] ?? "").replace(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((each) => line.split(each).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

/**
 * What stands behind a closing quote belongs to the cell, as Python's and Excel's readers have it. Throws NoTable where
 * the quote never ends: the rest of the file would be one cell.
 *
 * @param {string} body
 * @param {number} start
 * @param {string} delimiter
 */
function quoted(body, start, delimiter) {
  let text = "";
  let from = start + 1;
  for (;;) {
    const end = body.indexOf('"', from);
    if (end === -1) throw new NoTable("quotes");
    text += body.slice(from, end);
    if (body[end + 1] !== '"') {
      const behind = plain(body, end + 1, delimiter);
      return { text: text + behind.text, end: behind.end };
    }
    text += '"';
    from = end + 2;
  }
}

/**
 * @param {string} body
 * @param {number} start
 * @param {string} delimiter
 */
function plain(body, start, delimiter) {
  let end = start;
  while (end < body.length && body[end] !== delimiter && body[end] !== "\n" && body[end] !== "\r") end += 1;
  return { text: body.slice(start, end), end };
}

/** The cell as it was before ``csvOf`` kept it from being a formula. @param {string} text */
export const unguarded = (text) => (/^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text);

// A spreadsheet takes a cell for a formula that begins so. A number with its country code is none.
const FORMULA = /^(?!\+[\d\s]+$)[=+\-@\t\r]/;

/**
 * A CSV file that spreadsheets open with all letters, and in which no cell is a formula.
 *
 * @param {readonly (readonly string[])[]} records
 */
export function csvOf(records) {
  const cell = (/** @type {string} */ text) => {
    const safe = FORMULA.test(text) ? `'${text}` : text;
    return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = records.map((record) => `${record.map(cell).join(",")}\r\n`);
  return new Blob(["\ufeff", ...lines], { type: "text/csv;charset=utf-8" });
}
