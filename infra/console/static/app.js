// Where it starts: words, then the session, then the view of where we are.

import { observe } from "./api.js";
import { forgetDrafts } from "./composer.js";
import { reached, unreached } from "./connection.js";
import { costsPane } from "./costs.js";
import { closeDialogs } from "./dialog.js";
import { h, show } from "./dom.js";
import { loadLanguage, t } from "./i18n.js";
import { onPlace, place } from "./router.js";
import { shell } from "./shell.js";
import { signIn, signOut, signedIn, storedKey } from "./session.js";
import { signInView } from "./signin.js";
import { forgetTemplates } from "./template.js";
import { workspace } from "./workspace.js";

const VIEWS = { chats: workspace, costs: costsPane };

const root = document.getElementById("app");
let frame = null;
let view = null;
let leave = () => {};

function close() {
  leave();
  view?.stop();
  frame?.stop();
  [view, frame, leave] = [null, null, () => {}];
  closeDialogs();
}

/** Draws all of it again in another language, and leaves the focus where it was. */
async function inLanguage(name, draw) {
  await loadLanguage(name);
  draw();
  root.querySelector(".language select")?.focus();
}

function showSignIn(message) {
  close();
  document.title = `${t("signin.title")} · gate24`;
  const page = signInView({ message, onSignedIn: showFrame, onLanguage: (name) => inLanguage(name, showSignIn) });
  show(root, page.element);
  page.focus();
}

function showFrame() {
  close();
  frame = shell({ onLanguage: (name) => inLanguage(name, showFrame), onSignOut: () => end(t("signin.bye")) });
  show(root, frame.element);
  let current = null;
  const follow = () => {
    const { view: name } = place();
    if (name === current) return;
    current = name;
    view?.stop();
    view = VIEWS[name]();
    show(frame.main, view.element);
    frame.current(name);
    document.title = `${t(`nav.${name}`)} · gate24`;
    frame.main.focus({ preventScroll: true });
  };
  leave = onPlace(follow);
  follow();
}

/** The end of a session, however it comes: nothing of it stays on the page. */
function end(message) {
  if (!signedIn() && !frame) return;
  signOut();
  forgetDrafts();
  forgetTemplates();
  showSignIn(message);
}

async function resume() {
  show(root, h("p", { class: "starting", text: t("loading") }));
  try {
    await signIn(storedKey());
    showFrame();
  } catch (error) {
    if (error.status) {
      signOut();
      showSignIn(t("signin.ended"));
    } else {
      show(root, h("main", { class: "starting" }, h("p", { text: t("problem.unreachable") }), h("button", { type: "button", class: "primary", text: t("try_again"), onclick: resume })));
    }
  }
}

observe({ onRevoked: () => end(t("signin.ended")), onReached: reached, onUnreached: unreached });
await loadLanguage();
if (storedKey()) await resume();
else showSignIn();
