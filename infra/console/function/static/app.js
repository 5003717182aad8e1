// @ts-check
// The entry point: loads the language, resumes the session and shows the current view.

import { closeDialogs } from "./components/dialog.js";
import { h, replaceContent } from "./components/dom.js";
import { titleCount, titlePlace } from "./components/page_title.js";
import { observe, Problem } from "./data/api.js";
import { serverReached, serverUnreachable } from "./data/connection.js";
import { closeDrafts, openDrafts } from "./data/drafts.js";
import { forgetMembers } from "./data/members.js";
import { beginSignIn, emailOf, finishSignIn, forgetTokens, hasExpired, keepSignedIn, takeAnswer } from "./data/oidc.js";
import { endPush } from "./data/push_choice.js";
import { isSignedIn, organization, signedInAs, signIn, signOut, storedKey, useRenewed } from "./data/session.js";
import { forgetTemplates } from "./data/templates.js";
import { loadLanguage, t } from "./language/i18n.js";
import { administration } from "./views/admin_pages.js";
import { laterView } from "./views/later.js";
import { currentPlace, go, onPlaceChange } from "./views/router.js";
import { shell } from "./views/shell.js";
import { signInView } from "./views/sign_in.js";
import { forgetPlace, keepPlace, takeUpPlace } from "./views/taken_up.js";
import { openViews } from "./views/views.js";
import { workspaceView } from "./views/workspace.js";

const COSTS_MODULES = [
  "components/bars",
  "components/breakdown",
  "components/cost_charts",
  "components/cost_figures",
  "components/cost_names",
  "components/cost_notices",
  "components/cost_table",
  "components/download",
  "components/figures",
  "components/problem_note",
  "components/range_fields",
  "components/stacked_chart",
  "data/cost_sums",
  "data/day_range",
  "data/what_if",
  "views/cost_bill",
  "views/cost_budget",
  "views/cost_day",
  "views/cost_parts",
  "views/cost_spending",
  "views/cost_what_if",
  "views/costs",
];

/** @type {Record<Console.Place["view"], () => Console.View>} */
const VIEWS = {
  chats: workspaceView,
  costs: () =>
    laterView({
      style: "costs",
      modules: COSTS_MODULES,
      load: () => import("./views/costs.js").then(({ costsView }) => costsView),
    }),
  admin: administration,
};

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
/** Stops everything that is on the page. */
let close = () => {};

/**
 * Redraws the page in another language and keeps the focus on the language picker.
 *
 * @param {string} name
 * @param {() => void} draw
 */
async function useLanguage(name, draw) {
  await loadLanguage(name);
  draw();
  root.querySelector("select")?.focus();
}

/** @param {string} [message] */
function showSignIn(message) {
  close();
  close = () => {};
  titleCount("");
  titlePlace(t("signin.title"));
  const page = signInView({
    message,
    onSignedIn: enter,
    onIssuer: beginSignIn,
    onLanguage: (name) => useLanguage(name, showSignIn),
  });
  replaceContent(root, page.element);
  page.focus();
}

function enter() {
  takeUpPlace();
  showSession();
}

function showSession() {
  close();
  openDrafts(signedInAs().drafts_key ?? `${organization().id} ${storedKey()}`);
  const frame = shell({
    onLanguage: (name) => useLanguage(name, showSession),
    onSignOut: () => endSession(t("signin.bye")),
  });
  replaceContent(root, frame.element);
  /** @type {Console.View | null} */
  let view = null;
  /** @type {Console.Place["view"] | null} */
  let current = null;

  function follow() {
    const { view: name } = currentPlace();
    if (!openViews().includes(name)) return go({ view: "chats" }, { replace: true });
    if (name === current) return;
    current = name;
    view?.stop();
    view = VIEWS[name]();
    replaceContent(frame.main, view.element);
    frame.setCurrent(name);
    titlePlace(t(`nav.${name}`));
    frame.main.focus({ preventScroll: true });
  }

  const stopFollowing = onPlaceChange(follow);
  const stopRenewing = keepSignedIn({ onRenewed: useRenewed, onExpired: expire });
  close = () => {
    stopFollowing();
    stopRenewing();
    view?.stop();
    frame.stop();
    closeDialogs();
  };
  follow();
}

/**
 * Ends the session and removes everything of it from the page.
 *
 * @param {string} message
 */
function endSession(message) {
  if (!isSignedIn()) return;
  forgetPlace();
  endPush().catch(() => {});
  leave(message);
}

/** The time of the sign-in is over: after another one it goes on where it was. */
function expire() {
  if (!isSignedIn()) return;
  keepPlace();
  leave(t("signin.expired"));
}

/** @param {string} message */
function leave(message) {
  signOut();
  forgetTokens();
  closeDrafts();
  forgetMembers();
  forgetTemplates();
  showSignIn(message);
}

/** @param {string} key */
async function resumeSession(key) {
  replaceContent(root, h("p", { class: "starting", text: t("loading") }));
  try {
    await signIn(key);
  } catch (error) {
    if (error instanceof Problem && error.isUnauthorized) {
      const message = t(hasExpired() ? "signin.expired" : "signin.ended");
      signOut();
      forgetTokens();
      showSignIn(message);
    } else {
      showUnreachable(key);
    }
    return;
  }
  enter();
}

/** @param {URLSearchParams} answer */
async function arrive(answer) {
  replaceContent(root, h("p", { class: "starting", text: t("loading") }));
  try {
    const token = await finishSignIn(answer);
    await signIn(token).catch((error) => {
      if (!(error instanceof Problem && error.isUnauthorized)) return showUnreachable(token);
      signOut();
      forgetTokens();
      showSignIn(t("signin.not_member", { email: emailOf(token) }));
    });
  } catch {
    showSignIn(t("signin.failed"));
  }
  if (isSignedIn()) enter();
}

/** @param {string} key */
function showUnreachable(key) {
  const again = h("button", {
    type: "button",
    class: "primary",
    text: t("try_again"),
    onclick: () => resumeSession(key),
  });
  replaceContent(root, h("main", { class: "starting" }, h("p", { text: t("problem.unreachable") }), again));
}

observe({
  onRevoked: () => (hasExpired() ? expire() : endSession(t("signin.ended"))),
  onReached: serverReached,
  onUnreachable: serverUnreachable,
});
const answer = takeAnswer();
await loadLanguage();
const key = storedKey();
if (answer) await arrive(answer);
else if (key) await resumeSession(key);
else showSignIn();
