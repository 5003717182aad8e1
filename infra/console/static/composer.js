// The composer follows the gate: it is open while the window is, and when it shuts it says why and what would work.

import { freshId, h, mark, say, show } from "./dom.js";
import { actionsOf, dryRun } from "./dryrun.js";
import { windowOf } from "./gate.js";
import { known, number, t } from "./i18n.js";
import { icon } from "./icons.js";
import { alertOf, tell } from "./live.js";
import { mediaForm } from "./media.js";
import { problemWords } from "./message.js";
import { attempt, send } from "./sending.js";
import { may } from "./session.js";
import { templateForm } from "./template.js";
import { blockOf, explain } from "./why.js";

const LONGEST = 4096;
const drafts = new Map(); // by number, for as long as this page lives

export const forgetDrafts = () => drafts.clear();

/** What the contact may be sent: reader, numberless, blocked, opted_out, open, shut (templates only) or no_consent. */
function modeOf(contact, status) {
  if (!may("send")) return "reader";
  if (contact.numberless) return "numberless";
  if (contact.blocked) return "blocked";
  if (status.mayReply) return "open";
  if (contact.consent?.status === "opted_out") return "opted_out";
  return contact.consent?.status === "opted_in" ? "shut" : "no_consent";
}

/** `onSent(answer, request)` after an acceptance, `onTrouble()` when the conversation should be read again. */
export function composer({ phone, channel, onSent, onTrouble, attempts }) {
  let mode = null;
  let contact = null;
  let sending = false;

  const input = h("textarea", { id: freshId("message"), rows: 2, dir: "auto", placeholder: t("composer.write"), "aria-label": t("composer.label"), value: drafts.get(phone) ?? "" });
  const price = dryRun(() => (mode === "open" && input.value.trim() ? textRequest() : null));
  const count = h("span", { class: "length" });
  const sendButton = h("button", { type: "submit", class: "primary" }, icon("send"), h("span", { text: t("composer.send") }));
  const toggles = { templates: toggle("templates", "template"), file: toggle("file", "media") };
  const why = h("div", { class: "why" });
  const outcome = h("div", { class: "outcome" });
  const place = h("div", {});
  const form = h("form", { class: "text-form", onsubmit: sendText }, input,
    h("div", { class: "send-line" }, h("div", { class: "parts" }, Object.values(toggles)), price.element, count, sendButton));
  const element = h("section", { class: "composer", "aria-label": t("composer.label") }, outcome, why, form, place);
  let part = null; // the form of a template or of a file, where one is open

  const textRequest = () => ({ to: phone, channel: channel() ?? undefined, type: "text", text: { body: input.value.trim() } });
  const partRequest = (type) => (value) => ({ to: phone, channel: channel() ?? undefined, type, [type]: value });

  input.addEventListener("input", () => {
    drafts.set(phone, input.value);
    show(outcome);
    changed();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  });

  function changed() {
    const length = [...input.value.trim()].length;
    say(count, length > LONGEST - 500 ? `${number(length)} / ${number(LONGEST)}` : "");
    mark(count, "data-over", length > LONGEST);
    mark(sendButton, "disabled", mode !== "open" || !length || length > LONGEST || sending);
    price.later();
  }

  function toggle(name, picture) {
    return h("button", { type: "button", class: "secondary", "aria-expanded": "false", onclick: () => usePart(part?.name === name ? null : name, true) },
      icon(picture), h("span", { text: t(`composer.${name}`) }));
  }

  function usePart(name, byHand = false) {
    if (name === (part?.name ?? null)) return;
    part?.leave();
    const sendPart = (request) => run(attempt(request));
    const made = {
      templates: () => templateForm({ channel, requestOf: partRequest("template"), onSend: sendPart, onRefused: explainRefusal }),
      file: () => mediaForm({
        requestOf: partRequest("media"), onRefused: explainRefusal,
        onSend: async (request) => (await sendPart(request)) && (usePart(null), input.focus()),
      }),
    }[name]?.();
    part = made ? { name, ...made } : null;
    show(place, part?.element);
    for (const each of Object.keys(toggles)) mark(toggles[each], "aria-expanded", String(each === name));
    if (byHand) part?.focus();
  }

  /** Called with every new state of the contact and at every beat of the clock. */
  function update(next, status) {
    const nextMode = modeOf(next, status);
    const same = nextMode === mode && next === contact;
    contact = next;
    if (same) return;
    const before = mode;
    mode = nextMode;
    mark(element, "data-mode", mode);
    tellWhy(status);
    if (before === mode) return;
    const hadFocus = element.contains(document.activeElement);
    mark(input, "readonly", mode !== "open");
    mark(form, "hidden", mode !== "open" && !input.value.trim());
    for (const button of [...Object.values(toggles), sendButton]) mark(button, "hidden", mode !== "open");
    usePart(mode === "shut" ? "templates" : null);
    if (mode === "open") show(outcome);
    changed();
    if (before === "open") {
      alertOf(t(input.value.trim() ? "live.locked_draft" : "live.locked"));
      if (hadFocus) part?.focus();
    } else if (before !== null && mode === "open") tell(t("live.unlocked"));
  }

  /** A block's time and reason stand in the history only. */
  async function tellWhy(status) {
    const asked = contact;
    const said = (block) => show(why, ...explain(mode, contact, windowOf(contact, channel()), status, block));
    said(null);
    if (mode !== "blocked") return;
    const block = await blockOf(contact);
    if (block && contact === asked) said(block);
  }

  async function sendText(event) {
    event.preventDefault();
    if (sendButton.hasAttribute("disabled")) return;
    const request = textRequest();
    setSending(true);
    try {
      const dry = await price.now();
      if (dry?.decision === "refuse") return explainRefusal(dry);
      if (await run(attempt(request))) clear();
    } finally {
      setSending(false);
    }
  }

  function setSending(value) {
    sending = value;
    mark(form, "aria-busy", value);
    mark(input, "readonly", value || mode !== "open");
    changed();
  }

  function clear() {
    input.value = "";
    drafts.delete(phone);
    price.forget();
    if (mode !== "open") mark(form, "hidden", true);
  }

  /** One attempt to its end; true if what was typed is not needed any more. */
  async function run(one) {
    show(outcome, h("p", { class: "note" }, icon("underway"), t("composer.sending")));
    const result = await send(one);
    show(outcome);
    if (result.outcome === "sent") {
      onSent(result.answer, one.body);
      return true;
    }
    onTrouble();
    if (result.outcome === "unknown") {
      if (result.problem) show(outcome, h("p", { class: "note", "data-kind": "unknown" }, icon("unknown"), t("unknown.explained")));
      else lost(one);
      alertOf(t("unknown.short"));
      return true;
    }
    explainRefusal(result.problem.body, result.problem);
    return false;
  }

  /** No answer at all: only the same key may be asked about again, and that cannot send twice. */
  function lost(one) {
    const text = one.body.text?.body ?? one.body.media?.url ?? t("message.template", { name: one.body.template?.name ?? "" });
    const again = h("button", { type: "button", class: "secondary", text: t("unknown.ask"), onclick: async () => {
      item.remove();
      await run(one);
    } });
    const item = h("li", { class: "message", "data-direction": "outbound", "data-status": "unknown" },
      h("div", { class: "bubble" }, h("p", { class: "text", dir: "auto", text }),
        h("p", { class: "meta" }, h("span", { class: "status", "data-status": "unknown" }, icon("unknown"), h("span", { class: "status-text", text: t("status.unknown") })))),
      h("p", { class: "reason" }, h("span", { text: t("unknown.no_answer") })), again);
    attempts.append(item);
    item.scrollIntoView({ block: "nearest" });
  }

  function explainRefusal(answer, problem) {
    const words = problem?.code === "throttled" && problem.retryAfter
      ? t("problem.throttled_for", { count: problem.retryAfter })
      : known(`problem.${answer?.code}`) ? problemWords(answer.code) : answer?.detail ?? problemWords(answer?.code);
    show(outcome, h("div", { class: "note", "data-kind": "refused" }, icon("refused"),
      h("div", {}, h("p", { text: words }), actionsOf(answer).map((action) => h("p", { class: "action", text: action })))));
    alertOf(words);
  }

  return { element, update, moved: () => (price.forget(), part?.reload(), changed()), focus: () => input.focus(), leave: () => (price.forget(), part?.leave()) };
}
