// @ts-check
// A field for the address of a file: what is wrong with it stands below, with what to do.

import { addressFault, isBegun } from "../data/file_address.js";
import { t } from "../language/i18n.js";
import { freshId, h, setAttribute, setText } from "./dom.js";

const LONGEST = 2048;

/** @param {string} label */
export function addressField(label) {
  const fault = h("p", { id: freshId("fault"), class: "trouble", role: "status" });
  /** @type {HTMLInputElement} */
  const input = h("input", {
    id: freshId("address"),
    type: "url",
    maxlength: LONGEST,
    placeholder: "https://",
    autocomplete: "off",
    spellcheck: "false",
    dir: "ltr",
    "aria-describedby": fault.id,
    oninput: () => judge(isBegun(value())),
    onchange: () => judge(false),
  });
  /** @returns {string} */
  const value = () => input.value.trim();

  /** @param {boolean} isPatient while it is being typed */
  function judge(isPatient) {
    const found = isPatient ? null : addressFault(value());
    setText(fault, found ? t(`address.${found}`) : "");
    setAttribute(input, "aria-invalid", found ? "true" : null);
  }

  return {
    element: h(
      "div",
      { class: "field", "data-field": "address" },
      h("label", { for: input.id, text: label }),
      input,
      fault,
    ),
    value,
    /** @param {string} address */
    fill(address) {
      input.value = address;
    },
    isComplete: () => value() !== "" && addressFault(value()) === null,
  };
}
