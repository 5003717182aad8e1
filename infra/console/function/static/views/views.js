// @ts-check
// The views that whoever is signed in may open.

import { hasRole } from "../data/session.js";
import { openPages } from "./admin_pages.js";

/** @type {Record<Console.Place["view"], () => boolean>} */
const OPENS = {
  chats: () => true,
  costs: () => hasRole("supervisor"),
  admin: () => openPages().length > 0,
};

export const openViews = () =>
  /** @type {Console.Place["view"][]} */ (Object.keys(OPENS)).filter((view) => OPENS[view]());
