// @ts-check
// The registry of templates, loaded at most once a minute.

import { fetchTemplates } from "./routes.js";

const KEPT_MS = 60_000;
const PAGE = 100;

/** @type {{ templates: Api.Template[], at: number } | null} */
let kept = null;
/** @type {Map<string, string>} */
const bodies = new Map();

/**
 * @param {string | undefined} channel
 * @param {{ name: string, language: string }} template
 */
const bodyKey = (channel, { name, language }) => JSON.stringify([channel, name, language]);

export async function loadTemplates() {
  if (kept && performance.now() - kept.at < KEPT_MS) return kept.templates;
  /** @type {Api.Template[]} */
  const templates = [];
  /** @type {string | undefined} */
  let cursor;
  do {
    const answer = await fetchTemplates({ limit: PAGE, cursor });
    templates.push(...answer.data);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor);
  kept = { templates, at: performance.now() };
  for (const template of templates) {
    if (template.body) bodies.set(bodyKey(template.channel, template), template.body);
  }
  return templates;
}

export function forgetTemplates() {
  kept = null;
  bodies.clear();
}

/** Loads the registry unless it is loaded. If that fails, templates are shown by name and parameters. */
export const ensureBodies = () => (kept ? null : loadTemplates().catch(() => null));

/**
 * The text of a template, null where the registry has none or is not loaded.
 *
 * @param {string | undefined} channel
 * @param {{ name: string, language: string }} template
 */
export const bodyOf = (channel, template) => bodies.get(bodyKey(channel, template)) ?? null;
