// What a screen reader is told. Routine news is gathered, so that a busy morning does not chatter.

const PAUSE = 500;
const KEPT = 10_000;
let waiting = [];
let timer = null;

function region(id, text) {
  const element = document.getElementById(id);
  element.textContent = "";
  // An emptied region is spoken again even if the same words follow.
  setTimeout(() => (element.textContent = text), 50);
  setTimeout(() => element.textContent === text && (element.textContent = ""), KEPT);
}

/** Politely, gathered for a moment; only the newest few are said. */
export function tell(text) {
  waiting = [...waiting.filter((other) => other !== text), text].slice(-3);
  if (timer !== null) return;
  timer = setTimeout(() => {
    timer = null;
    region("live", waiting.join(". "));
    waiting = [];
  }, PAUSE);
}

/** At once: something that the person must know before going on. */
export function alertOf(text) {
  region("alert", text);
}
