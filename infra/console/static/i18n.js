// Words come from messages/<language>.json, dates and numbers from the browser.

export const LANGUAGES = { en: "English", hi: "हिन्दी" };
const CHOICE = "gate24.language";
const LOCALES = { en: "en-IN", hi: "hi-IN" };

const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufeff]|[\ud802\ud803\ud83a\ud83b]/;

let language = "en";
let messages = {};
let fallback = {};
let zone;

async function fetched(name) {
  const response = await fetch(new URL(`messages/${name}.json`, import.meta.url));
  return response.json();
}

function preferred() {
  const chosen = localStorage.getItem(CHOICE);
  if (chosen in LANGUAGES) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES) ?? "en";
}

/** Loads the words; with a name, changes to that language and remembers it on this device. */
export async function loadLanguage(name) {
  if (name) localStorage.setItem(CHOICE, name);
  language = name ?? preferred();
  [messages, fallback] = await Promise.all([fetched(language), language === "en" ? {} : fetched("en")]);
  document.documentElement.lang = language;
}

export const currentLanguage = () => language;
export const locale = () => LOCALES[language];

/** The organization's time zone (IANA): the one in which its people work and its days are counted. */
export function useTimezone(name) {
  zone = name;
}

export const timezone = () => zone;

/**
 * The words for a key. `{name}` is replaced; a right-to-left value is isolated, so that it does not turn the
 * sentence around. A message may be an object by plural category, chosen by `count`.
 */
export function t(key, values = {}) {
  let message = messages[key] ?? fallback[key];
  if (message === undefined) return key;
  if (typeof message === "object") {
    message = message[formatter("PluralRules", {}).select(values.count)] ?? message.other;
  }
  return message.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (typeof value === "number") return number(value);
    return RIGHT_TO_LEFT.test(value) ? `\u2068${value}\u2069` : value;
  });
}

/** Whether there are words for a key: for codes that a provider or a newer server may add to. */
export const known = (key) => key in messages || key in fallback;

export const number = (value) => formatter("NumberFormat", {}).format(value);

// The browser's formatters are dear to make and cheap to use.
const formatters = new Map();

/** The formatter of a kind (a class of Intl) and style, made once a language and time zone. */
export function formatter(kind, style) {
  const id = `${language} ${kind} ${JSON.stringify(style)}`;
  if (!formatters.has(id)) formatters.set(id, new Intl[kind](locale(), style));
  return formatters.get(id);
}

const format = (style, at) => formatter("DateTimeFormat", { timeZone: zone, ...style }).format(at);

export const clockTime = (at) => format({ hour: "numeric", minute: "2-digit" }, at);
export const clockSeconds = (at) => format({ hour: "numeric", minute: "2-digit", second: "2-digit" }, at);
export const dayName = (at) => format({ weekday: "short", day: "numeric", month: "short" }, at);
export const fullTime = (at) => format({ dateStyle: "medium", timeStyle: "short" }, at);
export const monthName = (at) => format({ month: "long", year: "numeric", timeZone: "UTC" }, at);
export const shortDate = (at) => format({ day: "numeric", month: "short", timeZone: "UTC" }, at);

const days = new Map();
/** YYYY-MM-DD of an instant in the organization's time zone. */
export function localDay(at) {
  if (!days.has(zone)) {
    days.set(zone, new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }));
  }
  return days.get(zone).format(at);
}

/** What is left, in words that never promise more than there is. `ms` above zero. */
export function left(ms) {
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return t("left.s", { s: seconds });
  if (minutes < 60) return t("left.min", { min: minutes });
  if (hours < 4 && minutes % 60) return t("left.h_min", { h: hours, min: minutes % 60 });
  return t("left.h", { h: hours });
}
