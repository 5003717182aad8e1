// @ts-check
// The pages of the administration, as one table. A page is a row here, its words (`admin.<key>`), and a module
// `views/admin_<key>.js` with a function that makes it, without its heading: that is the frame's (views/admin.js).

import { hasRole, hasScope, signedInAs } from "../data/session.js";
import { laterView } from "./later.js";

const FRAME_MODULES = ["views/admin"];

export const administration = () =>
  laterView({
    style: "admin",
    modules: FRAME_MODULES,
    load: () => import("./admin.js").then(({ adminView }) => adminView),
  });

/**
 * @typedef {object} AdminPage
 * @property {string} key stands in the address: #admin/<key>
 * @property {Api.Role} role the least of a member who may open it
 * @property {Api.Scope} scope of an API key
 * @property {boolean} [isForMembers] whether no key may open it
 * @property {string} [style] its own style sheet
 * @property {string[]} modules what it imports and neither the first view nor the frame does
 * @property {() => Promise<() => Console.View>} load
 */

/** In the order of the list. @type {AdminPage[]} */
const PAGES = [
  {
    key: "channels",
    role: "admin",
    scope: "admin",
    modules: [
      "components/facts",
      "components/loaded",
      "components/problem_note",
      "components/status_light",
      "data/admin_routes",
      "views/admin_channels",
    ],
    load: () => import("./admin_channels.js").then(({ channelsPage }) => channelsPage),
  },
  {
    key: "webhooks",
    role: "admin",
    scope: "webhooks",
    modules: [
      "components/facts",
      "components/loaded",
      "components/plain_table",
      "components/problem_note",
      "components/secret_dialog",
      "components/shown_dialog",
      "components/status_light",
      "components/typed_confirm",
      "components/webhook_form",
      "data/admin_routes",
      "language/event_words",
      "views/admin_webhooks",
    ],
    load: () => import("./admin_webhooks.js").then(({ webhooksPage }) => webhooksPage),
  },
  {
    key: "templates",
    role: "admin",
    scope: "templates",
    modules: [
      "components/loaded",
      "components/plain_table",
      "components/problem_note",
      "components/status_light",
      "data/admin_routes",
      "views/admin_templates",
    ],
    load: () => import("./admin_templates.js").then(({ templatesPage }) => templatesPage),
  },
  {
    key: "keywords",
    role: "admin",
    scope: "admin",
    modules: [
      "components/loaded",
      "components/problem_note",
      "components/status_light",
      "data/admin_routes",
      "views/admin_keywords",
    ],
    load: () => import("./admin_keywords.js").then(({ keywordsPage }) => keywordsPage),
  },
  {
    key: "unrecognized",
    role: "admin",
    scope: "admin",
    modules: [
      "components/load_more",
      "components/loaded",
      "components/plain_table",
      "components/problem_note",
      "components/shown_dialog",
      "data/admin_routes",
      "views/admin_unrecognized",
    ],
    load: () => import("./admin_unrecognized.js").then(({ unrecognizedPage }) => unrecognizedPage),
  },
  {
    key: "members",
    role: "admin",
    scope: "admin",
    modules: [
      "components/choices",
      "components/loaded",
      "components/plain_table",
      "components/problem_note",
      "data/staff_routes",
      "views/admin_members",
    ],
    load: () => import("./admin_members.js").then(({ membersPage }) => membersPage),
  },
  {
    key: "keys",
    role: "admin",
    scope: "admin",
    isForMembers: true,
    modules: [
      "components/choices",
      "components/loaded",
      "components/plain_table",
      "components/problem_note",
      "components/secret_dialog",
      "components/shown_dialog",
      "data/staff_routes",
      "views/admin_keys",
    ],
    load: () => import("./admin_keys.js").then(({ keysPage }) => keysPage),
  },
  {
    key: "erasures",
    role: "admin",
    scope: "erase",
    modules: [
      "components/actor",
      "components/load_more",
      "components/loaded",
      "components/plain_table",
      "components/problem_note",
      "components/status_light",
      "data/staff_routes",
      "views/admin_erasures",
    ],
    load: () => import("./admin_erasures.js").then(({ erasuresPage }) => erasuresPage),
  },
  {
    key: "audit",
    role: "admin",
    scope: "admin",
    modules: [
      "components/act_words",
      "components/actor",
      "components/load_more",
      "components/loaded",
      "components/plain_table",
      "components/problem_note",
      "data/staff_routes",
      "language/event_words",
      "views/admin_audit",
    ],
    load: () => import("./admin_audit.js").then(({ auditPage }) => auditPage),
  },
  {
    key: "import",
    role: "supervisor",
    scope: "consent",
    style: "import",
    modules: [
      "components/consent_fields",
      "components/download",
      "components/import_file",
      "components/import_rows",
      "data/people_import",
      "data/people_routes",
      "data/table_file",
      "language/reason_words",
      "views/admin_import",
    ],
    load: () => import("./admin_import.js").then(({ importPage }) => importPage),
  },
];

/** Those that whoever is signed in may open. */
export const openPages = () =>
  PAGES.filter(
    ({ role, scope, isForMembers }) =>
      hasRole(role) && hasScope(scope) && (!isForMembers || signedInAs().kind === "member"),
  );
