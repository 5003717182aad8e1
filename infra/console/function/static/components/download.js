// @ts-check
// A button that fetches a file and hands it over.

import { t } from "../language/i18n.js";
import { announce } from "./announcer.js";
import { h, setAttribute } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @param {() => Promise<{ name: string, content: Blob }>} fetchFile
 * @param {string} [label]
 */
export function downloadButton(fetchFile, label = t("costs.csv")) {
  const button = h(
    "button",
    { type: "button", class: "secondary", onclick, "aria-label": t("costs.download", { what: label }) },
    icon("download"),
    h("span", { text: label }),
  );

  async function onclick() {
    setAttribute(button, "disabled", true);
    try {
      const { name, content } = await fetchFile();
      const url = URL.createObjectURL(content);
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
