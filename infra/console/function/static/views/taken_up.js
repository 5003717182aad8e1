// @ts-check
// Where somebody was when the time of a sign-in was over: it goes on there. Drafts are kept apart (drafts.js).

import { signedInAs } from "../data/session.js";
import { currentPlace, go } from "./router.js";

const KEPT = "gate24.kept";

const who = () => `${signedInAs().organization.id} ${signedInAs().email ?? ""}`;

export function keepPlace() {
  sessionStorage.setItem(KEPT, JSON.stringify({ who: who(), place: currentPlace() }));
}

/** For the same person alone; whoever else signs in finds nothing of it. */
export function takeUpPlace() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  forgetPlace();
  if (kept?.who !== who()) return;
  go(kept.place, { replace: true });
}

export const forgetPlace = () => sessionStorage.removeItem(KEPT);
