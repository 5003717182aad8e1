// @ts-check
// Administration: who of the organization signs in, and what each of them may do.

import { announce } from "../components/announcer.js";
import { choices, labelledInput } from "../components/choices.js";
import { confirm } from "../components/dialog.js";
import { foreignText, h } from "../components/dom.js";
import { loadedPlace } from "../components/loaded.js";
import { plainTable } from "../components/plain_table.js";
import { Problem } from "../data/api.js";
import { epochMs } from "../data/clock.js";
import { forgetMembers } from "../data/members.js";
import { signedInAs } from "../data/session.js";
import { fetchMembers, putMember, removeMember } from "../data/staff_routes.js";
import { fullTime, t } from "../language/i18n.js";
import { problemWords } from "../language/problem_words.js";

/** @type {Api.Role[]} */
const ROLES = ["agent", "supervisor", "admin"];

const NAME_LENGTH = 80;
const EMAIL_LENGTH = 254;
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

class AlreadyThere extends Error {}

/** @returns {Console.View} */
export function membersPage() {
  /** @type {Api.Member[]} */
  let members = [];
  const place = loadedPlace(fetchMembers, draw);
  const add = h("button", { type: "button", class: "primary", text: t("members.add"), onclick: onAdd });

  /** @param {Api.Member[]} found */
  function draw(found) {
    members = [...found].sort((a, b) => a.name.localeCompare(b.name));
    if (members.length === 0) return h("p", { class: "admin-note", text: t("members.none") });
    return plainTable({ caption: t("admin.members"), columns: columns(), rows: members });
  }

  /** @type {() => import("../components/plain_table.js").Column<Api.Member>[]} */
  const columns = () => [
    { head: t("members.name"), cell: nameCell },
    {
      head: t("members.role"),
      cell: ({ role }) => [h("p", { text: t(`role.${role}`) }), h("p", { class: "hint", text: t(`role_may.${role}`) })],
    },
    { head: t("members.since"), cell: ({ added_at: at }) => h("time", { datetime: at, text: since(at) }) },
    { head: t("admin.actions"), isPlain: true, cell: actionsCell },
  ];

  /** @param {Api.Member} member */
  const isOnlyAdmin = ({ role }) => role === "admin" && members.filter((each) => each.role === "admin").length === 1;

  /** @param {Api.Member} member */
  const nameCell = (member) => [
    foreignText("p", member.name),
    h("p", { class: "hint", dir: "ltr", text: member.email }),
    isSelf(member) ? h("p", { class: "hint", text: t("members.you") }) : null,
    isOnlyAdmin(member) ? h("p", { class: "hint", text: t("members.only_admin") }) : null,
  ];

  /** @param {Api.Member} member */
  function actionsCell(member) {
    const { name } = member;
    const button = (/** @type {string} */ words, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
      h("button", { type: "button", class: "quiet", text: words, "aria-label": label, onclick });
    return [
      button(t("members.change"), t("members.change_of", { name }), () => onChange(member)),
      isOnlyAdmin(member)
        ? null
        : button(t("members.remove"), t("members.remove_of", { name }), () => onRemove(member)),
    ];
  }

  /** @param {string} said */
  function changed(said) {
    forgetMembers();
    announce(said);
    place.reload();
  }

  async function onAdd() {
    const address = labelledInput(t("members.email"), {
      type: "email",
      maxlength: EMAIL_LENGTH,
      dir: "ltr",
      required: true,
    });
    const name = labelledInput(t("members.name"), { type: "text", maxlength: NAME_LENGTH });
    const role = roleChoice("agent");
    const email = () => address.input.value.trim();
    const isDone = await confirm({
      title: t("members.add"),
      explanation: t("members.add_explained"),
      fields: [address.element, name.element, role.element],
      action: t("members.add_now"),
      ready: () => ADDRESS.test(email()),
      async act() {
        if (members.some((each) => each.email === email().toLowerCase())) throw new AlreadyThere();
        await putMember(email(), { role: role.value(), ...nameOf(name.input) });
      },
      troubleOf,
    });
    if (isDone) changed(t("members.added", { email: email() }));
  }

  /** @param {Api.Member} member */
  async function onChange(member) {
    const name = labelledInput(t("members.name"), { type: "text", maxlength: NAME_LENGTH, value: member.name });
    const role = roleChoice(member.role);
    const isDone = await confirm({
      title: t("members.change_of", { name: member.name }),
      explanation: t(isSelf(member) ? "members.change_yourself" : "members.change_explained", { email: member.email }),
      fields: [name.element, role.element],
      action: t("members.change_now"),
      act: () => putMember(member.email, { role: role.value(), ...nameOf(name.input) }),
      troubleOf,
    });
    if (isDone) changed(t("members.changed", { name: name.input.value.trim() || member.name }));
  }

  /** @param {Api.Member} member */
  async function onRemove(member) {
    const isDone = await confirm({
      title: t("members.remove_of", { name: member.name }),
      explanation: t(isSelf(member) ? "members.remove_yourself" : "members.remove_explained", { email: member.email }),
      action: t("members.remove_now"),
      danger: true,
      act: () => removeMember(member.email),
      troubleOf,
    });
    if (isDone) changed(t("members.removed", { name: member.name }));
  }

  return {
    element: h(
      "div",
      { class: "admin-body" },
      h("p", { class: "about", text: t("members.about") }),
      h("div", { class: "admin-actions" }, add),
      place.element,
    ),
    stop: place.stop,
  };
}

/** @param {string} at */
const since = (at) => fullTime(epochMs(at) ?? 0);

/** @param {Api.Member} member */
const isSelf = ({ email }) => email === signedInAs().email;

/** @param {HTMLInputElement} input left empty, it stays or is made of the address */
const nameOf = ({ value }) => (value.trim() ? { name: value.trim() } : {});

/** @param {Api.Role} chosen */
function roleChoice(chosen) {
  const { element, value } = choices({
    legend: t("members.role"),
    type: "radio",
    options: ROLES.map((role) => ({ value: role, words: t(`role.${role}`), hint: t(`role_may.${role}`) })),
    chosen: [chosen],
  });
  return { element, value: () => /** @type {Api.Role} */ (value()[0]) };
}

/** @param {unknown} error */
function troubleOf(error) {
  if (error instanceof AlreadyThere) return t("members.already");
  return error instanceof Problem && error.code === "last_admin" ? problemWords(error.code) : null;
}
