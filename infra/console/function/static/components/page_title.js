// @ts-check
// The title of the tab: how many need an answer, and which view is open.

let place = "";
let waiting = "";

function show() {
  document.title = `${waiting ? `(${waiting}) ` : ""}${place} · gate24`;
}

/** @param {string} words */
export function titlePlace(words) {
  place = words;
  show();
}

/** @param {string} count empty where nobody waits */
export function titleCount(count) {
  waiting = count;
  show();
}
