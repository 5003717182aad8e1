// Where we are is kept in the history's state: a phone number never stands in an address.

const listeners = new Set();

/** `{ view: "chats" | "costs", phone: string | null, panel: boolean }` */
export function place() {
  const view = location.hash === "#costs" ? "costs" : "chats";
  return { view, phone: null, panel: false, ...(history.state?.view === view ? history.state : {}) };
}

function tell() {
  for (const listener of listeners) listener(place());
}

export function go(change, { replace = false } = {}) {
  const next = { ...place(), ...change };
  history[replace ? "replaceState" : "pushState"](next, "", `#${next.view}`);
  tell();
}

export function onPlace(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

window.addEventListener("popstate", tell);
