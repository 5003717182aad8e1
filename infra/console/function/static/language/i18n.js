// @ts-check
// Texts from messages/<language>.json; dates and numbers formatted by the browser.

/** @typedef {"en" | "hi" | "mr" | "bn" | "ta"} Language */
/** @typedef {Record<string, string | Record<string, string>>} Messages a message may differ by plural category */

/** @type {Record<Language, string>} */
export const LANGUAGES = { en: "English", hi: "हिन्दी", mr: "मराठी", bn: "বাংলা", ta: "தமிழ்" };
/** @type {Record<Language, string>} Latin digits in every one */
const LOCALES = { en: "en-IN", hi: "hi-IN", mr: "mr-IN-u-nu-latn", bn: "bn-IN-u-nu-latn", ta: "ta-IN" };
/** @type {Record<Language, string>} browsers group Marathi amounts by thousands; its readers, too, count by lakh and crore */
const NUMBER_LOCALES = { ...LOCALES, mr: "hi-IN" };
/** @type {Api.WrittenLanguage[]} in which the server writes mails and the report to print */
const WRITTEN_LANGUAGES = ["en", "hi"];
const CHOICE = "gate24.language";

const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufeff]|[\ud802\ud803\ud83a\ud83b]/;

/** @type {Language} */
let language = "en";
/** @type {Messages} */
let messages = {};
/** @type {Messages} */
let english = {};
/** @type {string | undefined} */
let zone;

/**
 * @param {Language} name
 * @returns {Promise<Messages>}
 */
async function fetchMessages(name) {
  const response = await fetch(new URL(`messages/${name}.json`, import.meta.url));
  return response.json();
}

/**
 * @param {string | null} name
 * @returns {name is Language}
 */
const isLanguage = (name) => name !== null && name in LANGUAGES;

/** @returns {Language} */
function preferredLanguage() {
  const chosen = localStorage.getItem(CHOICE);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

/**
 * Loads the texts. A name switches to that language and is remembered on this device.
 *
 * @param {string} [name]
 */
export async function loadLanguage(name) {
  if (name) localStorage.setItem(CHOICE, name);
  language = preferredLanguage();
  [messages, english] = await Promise.all([fetchMessages(language), language === "en" ? {} : fetchMessages("en")]);
  document.documentElement.lang = language;
}

export const currentLanguage = () => language;

/** The language to ask the server for what it writes itself: English where it does not write the console's. */
export const writtenLanguage = () => WRITTEN_LANGUAGES.find((each) => each === language) ?? "en";

/**
 * Sets the organization's time zone (IANA), used for all times and days.
 *
 * @param {string} name
 */
export function useTimezone(name) {
  zone = name;
}

/** @param {string} key */
const messageOf = (key) => messages[key] ?? english[key];

/**
 * The text for a key. `{name}` is replaced by a value; right-to-left values are isolated, so that the sentence keeps
 * its direction. Where the text depends on the plural category, `count` selects it.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const message = messageOf(key);
  if (message === undefined) return key;
  const words = typeof message === "string" ? message : (message[pluralOf(Number(values.count))] ?? message.other);
  return words.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (typeof value === "number") return number(value);
    return RIGHT_TO_LEFT.test(value) ? `\u2068${value}\u2069` : value;
  });
}

/**
 * Whether there is a text for a key. Codes of a provider or a newer server may have none.
 *
 * @param {string} key
 */
export const hasWords = (key) => messageOf(key) !== undefined;

/**
 * The text for a value of a group of keys, or the value itself where there is none.
 *
 * @param {string} group the part of the key before the point
 * @param {string | null} value
 */
export const wordsFor = (group, value) => (hasWords(`${group}.${value}`) ? t(`${group}.${value}`) : (value ?? ""));

// Formatters are slow to create and fast to use, so they are kept by language and time zone.
/** @type {Map<string, any>} */
const formatters = new Map();

/**
 * @template Formatter
 * @param {string} id
 * @param {(locale: string) => Formatter} make
 * @returns {Formatter}
 */
function formatter(id, make) {
  const full = `${language} ${zone} ${id}`;
  if (!formatters.has(full)) formatters.set(full, make(LOCALES[language]));
  return formatters.get(full);
}

/** @param {number} count */
const pluralOf = (count) => formatter("plural", (locale) => new Intl.PluralRules(locale)).select(count);

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [style]
 */
export const number = (value, style = {}) =>
  formatter(`number ${JSON.stringify(style)}`, () => new Intl.NumberFormat(NUMBER_LOCALES[language], style)).format(
    value,
  );

/**
 * Several things in a sentence.
 *
 * @param {string[]} items
 */
export const listed = (items) => formatter("list", (locale) => new Intl.ListFormat(locale)).format(items);

/**
 * @param {Intl.DateTimeFormatOptions} style
 * @returns {(at: number) => string} of epoch ms; in the organization's time zone unless the style names one
 */
function dateFormat(style) {
  const id = `date ${JSON.stringify(style)}`;
  return (at) => formatter(id, (locale) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...style })).format(at);
}

export const clockTime = dateFormat({ hour: "numeric", minute: "2-digit" });
export const clockSeconds = dateFormat({ hour: "numeric", minute: "2-digit", second: "2-digit" });
export const dayName = dateFormat({ weekday: "short", day: "numeric", month: "short" });
export const fullTime = dateFormat({ dateStyle: "medium", timeStyle: "short" });
export const monthName = dateFormat({ month: "long", year: "numeric", timeZone: "UTC" });
export const shortMonth = dateFormat({ month: "short", timeZone: "UTC" });
export const longDate = dateFormat({ dateStyle: "medium", timeZone: "UTC" });
export const shortDate = dateFormat({ day: "numeric", month: "short", timeZone: "UTC" });

/**
 * YYYY-MM-DD of an instant in the organization's time zone.
 *
 * @param {number} at epoch ms
 */
export const localDay = (at) =>
  formatter(
    "day",
    () => new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }),
  ).format(at);

/**
 * A language in words; the code itself where it is none.
 *
 * @param {string} code such as en or pt_BR
 */
export function languageName(code) {
  /** @type {Intl.DisplayNames} */
  const names = formatter("languages", (locale) => new Intl.DisplayNames(locale, { type: "language" }));
  try {
    return names.of(code.replaceAll("_", "-")) ?? code;
  } catch {
    return code;
  }
}

const UNITS = /** @type {const} */ ([
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
]);

/**
 * How long ago something was: "12 minutes ago".
 *
 * @param {number} ms below a minute: just now
 */
export function ago(ms) {
  const found = UNITS.find(([, length]) => ms >= length);
  if (!found) return t("just_now");
  const [unit, length] = found;
  /** @type {Intl.RelativeTimeFormat} */
  const relative = formatter("ago", (locale) => new Intl.RelativeTimeFormat(locale));
  return relative.format(-Math.floor(ms / length), unit);
}

/**
 * The time left, rounded down.
 *
 * @param {number} ms above zero
 */
export function timeLeft(ms) {
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return t("left.s", { s: seconds });
  if (minutes < 60) return t("left.min", { min: minutes });
  if (hours < 4 && minutes % 60) return t("left.h_min", { h: hours, min: minutes % 60 });
  return t("left.h", { h: hours });
}
