// @ts-check
// A button that fetches a CSV, or another text, and hands it over as a file.

import { t } from "../language/i18n.js";
import { announce } from "./announcer.js";
import { h, setAttribute } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @param {() => Promise<{ name: string, text: string }>} fetchFile
 * @param {string} [label]
 * @param {string} [type]
 */
export function downloadButton(fetchFile, label = t("costs.csv"), type = "text/csv") {
  const button = h(
    "button",
    { type: "button", class: "secondary", onclick },
    icon("download"),
    h("span", { text: label }),
  );

  async function onclick() {
    setAttribute(button, "disabled", true);
    try {
      const { name, text } = await fetchFile();
      const url = URL.createObjectURL(new Blob([text], { type }));
      h("a", { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
      announce(t("costs.downloaded"));
    } catch {
      announce(t("problem.unreachable"));
    } finally {
      setAttribute(button, "disabled", null);
    }
  }
  return button;
}
