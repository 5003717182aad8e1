// @ts-check
// The composer: open while a freeform message may be sent; otherwise it says why not and what would work.

import { fetchConsents } from "../data/routes.js";
import { newAttempt, send } from "../data/sending.js";
import { t } from "../language/i18n.js";
import { actionWords, refusalWords } from "../language/problem_words.js";
import { announce, announceNow } from "./announcer.js";
import { composerMode } from "./composer_mode.js";
import { freshId, h, onEscape, replaceContent, setAttribute } from "./dom.js";
import { explanation } from "./explanation.js";
import { fileForm } from "./file_form.js";
import { icon } from "./icons.js";
import { outcomeNote } from "./outcome_note.js";
import { replyingTo } from "./quote.js";
import { templateForm } from "./template_form.js";
import { textForm } from "./text_form.js";
import { unansweredMessages } from "./unanswered_message.js";

/** @typedef {"templates" | "file"} PartName */

const LATEST_ENTRIES = 20;

/**
 * @param {object} options
 * @param {string} options.phone
 * @param {() => string | null} options.channel
 * @param {HTMLElement} options.attempts where messages stand that the server never answered
 * @param {(answer: Api.SendAnswer, request: Api.SendRequest) => void} options.onSent
 * @param {() => void} options.onTrouble the conversation should be read again
 */
export function composer({ phone, channel, attempts, onSent, onTrouble }) {
  /** @type {Console.ComposerMode | null} */
  let mode = null;
  /** @type {Console.Contact | null} */
  let contact = null;
  /** @type {Api.Allowance} */
  let may = { freeform: false, template: false, marketing: false, code: null };
  let isMarketingStopped = false;
  /** The form of a template or of a file, where one is open. @type {(Console.PartForm & { name: PartName }) | null} */
  let part = null;
  /** The message that is replied to. @type {Api.Message | null} */
  let quoted = null;
  /** The reactions that are on their way. @type {Set<string>} */
  const reacting = new Set();

  const toggles = { templates: toggle("templates", "template"), file: toggle("file", "file") };
  const why = h("div", { class: "why", tabindex: "-1" });
  const outcome = outcomeNote();
  const unanswered = unansweredMessages({ phone, attempts, onAskAgain: deliver });
  const quotePlace = h("div");
  const quoteId = freshId("quote");
  const partPlace = h("div");
  const text = textForm({
    phone,
    aboutId: quoteId,
    tools: Object.values(toggles),
    requestOf: (body) => request("text", { body }),
    onSend: (made) => deliver(newAttempt(made)),
    onRefused: tellRefusal,
    onAsking: (isAsking) => (isAsking ? tellUnderway() : outcome.clear()),
    onType: outcome.clear,
    onFiles: attach,
  });
  const parts = [outcome.element, why, quotePlace, text.element, partPlace];
  const attributes = { class: "composer", "aria-label": t("composer.label"), onkeydown: onEscape(closePart) };
  const element = h("section", attributes, parts);

  /**
   * @param {Api.SendRequest["type"]} type
   * @param {object} content
   * @returns {Api.SendRequest}
   */
  const request = (type, content) => {
    const context = quoted && type !== "template" ? { message_id: quoted.id } : undefined;
    return { to: phone, channel: channel() ?? undefined, type, [type]: content, context };
  };

  /** @param {Api.Message | null} message */
  function quote(message) {
    quoted = message;
    replaceContent(quotePlace, message && replyingTo(message, quoteId, drop));
    text.reload();
  }

  function drop() {
    quote(null);
    text.focus();
  }

  /**
   * @param {PartName} name
   * @param {import("./icons.js").IconName} picture
   */
  function toggle(name, picture) {
    const onclick = () => {
      usePart(part?.name === name ? null : name);
      part?.focus();
      part?.choose?.();
    };
    return h(
      "button",
      { type: "button", class: "secondary", "aria-expanded": "false", onclick },
      icon(picture),
      h("span", { text: t(`composer.${name}`) }),
    );
  }

  /** @param {PartName | null} name */
  function usePart(name) {
    if (name === (part?.name ?? null)) return;
    part?.leave();
    part = name && { name, ...partForm(name) };
    replaceContent(partPlace, part?.element);
    text.setAside(part !== null);
    setAttribute(toggles.templates, "aria-expanded", String(name === "templates"));
    setAttribute(toggles.file, "aria-expanded", String(name === "file"));
  }

  function closePart() {
    if (mode !== "open" || !part) return false;
    usePart(null);
    text.focus();
  }

  /**
   * A file that was dropped or pasted. One message carries one.
   *
   * @param {readonly File[]} files
   */
  function attach([file, ...more]) {
    if (!file || mode !== "open") return;
    usePart("file");
    part?.attach?.(file);
    part?.focus();
    if (more.length) announce(t("attach.one"));
  }

  /** @param {PartName} name */
  function partForm(name) {
    if (name === "templates") {
      return templateForm({
        phone,
        channel,
        may: () => may,
        isMarketingStopped: () => isMarketingStopped,
        requestOf: (template) => request("template", template),
        onSend: (made) => deliver(newAttempt(made)),
        onRefused: tellRefusal,
      });
    }
    return fileForm({
      channel,
      requestOf: (media) => request("media", media),
      onSend: async (made) => {
        const own = part;
        if ((await deliver(newAttempt(made))) && part === own) closePart();
      },
      onRefused: tellRefusal,
    });
  }

  /**
   * Called when the contact changes and at every tick of the clock.
   *
   * @param {Console.Contact} next
   * @param {Console.ContactState} status
   */
  function update(next, status) {
    const nextMode = composerMode(status.may);
    if (nextMode === mode && next === contact && status.may === may) return;
    const before = { mode, may };
    contact = next;
    mode = nextMode;
    may = status.may;
    isMarketingStopped = status.isMarketingStopped;
    explain(next, status);
    setAttribute(toggles.templates, "disabled", !may.template);
    if (mode !== before.mode) changeMode(before.mode);
    else if (part?.name === "templates" && !may.template) usePart(null);
    else if (JSON.stringify(may) !== JSON.stringify(before.may)) askAgain();
  }

  /** What may be sent has changed, and with it what the gate says. */
  function askAgain() {
    text.reload();
    part?.reload();
  }

  /** @param {Console.ComposerMode | null} before */
  function changeMode(before) {
    const hadFocus = element.contains(document.activeElement);
    const isOpen = mode === "open";
    setAttribute(element, "data-mode", mode);
    text.setOpen(isOpen);
    for (const button of Object.values(toggles)) setAttribute(button, "hidden", !isOpen);
    usePart(mode === "shut" && may.template ? "templates" : null);
    // What is written above the composer is not said again, and not what was refused while that was otherwise.
    if (isOpen || outcome.isRefusal()) outcome.clear();
    if (!isOpen) quote(null);
    if (before === "open") {
      announceNow(lockedWords());
      if (hadFocus) why.focus(); // no letter that is still on its way chooses a template
    } else if (before !== null && isOpen) {
      announce(t("live.unlocked"));
    }
  }

  function lockedWords() {
    if (mode !== "shut" && mode !== "no_consent") return t(`why.${mode}`);
    return t(text.hasDraft() ? "live.locked_draft" : "live.locked");
  }

  /**
   * @param {Console.Contact} of
   * @param {Console.ContactState} status
   */
  async function explain(of, status) {
    const shownMode = composerMode(status.may);
    replaceContent(why, explanation(shownMode, of, status, null, channel()));
    if (shownMode !== "blocked") return;
    // Only the history has a block's time and reason.
    const history = await fetchConsents(phone, LATEST_ENTRIES).catch(() => null);
    const block = history?.data.find((entry) => entry.action === "block") ?? null;
    if (block && contact === of) replaceContent(why, explanation(shownMode, of, status, block, channel()));
  }

  /**
   * Sends and shows the outcome. True if the text is no longer needed.
   *
   * @param {Console.Attempt} attempt
   * @returns {Promise<boolean>}
   */
  async function deliver(attempt) {
    tellUnderway();
    const result = await send(attempt);
    outcome.clear();
    unanswered.keep(attempt, result.outcome === "unknown" && !result.problem);
    if (result.outcome === "sent") {
      if (quoted && attempt.request.context?.message_id === quoted.id) quote(null);
      announce(t("live.sent"));
      onSent(result.answer, attempt.request);
      return true;
    }
    onTrouble();
    if (result.outcome === "not_sent") {
      outcome.refuse(result.problem.body, result.problem.retryAfter);
      return false;
    }
    if (result.problem) outcome.show("unknown", "unknown", t("unknown.explained"));
    announceNow(t("unknown.short"));
    return true;
  }

  const tellUnderway = () => outcome.show(null, "underway", t("composer.sending"));

  /**
   * The dry run said no at the moment of sending; its reason stands beside the button.
   *
   * @param {Api.Refusal} answer
   */
  function tellRefusal(answer) {
    announceNow([refusalWords(answer), ...actionWords(answer)].join(" "));
    onTrouble();
  }

  return {
    element,
    update,
    isOpen: () => mode === "open",
    /** @param {Api.Message} message */
    reply(message) {
      if (part?.name === "templates") usePart(null);
      quote(message);
      (part ?? text).focus();
    },
    /**
     * @param {Api.SendRequest} reaction
     * @param {Api.CheckAnswer | null} [answer] what the gate says to it, where it was asked
     */
    react(reaction, answer) {
      const what = JSON.stringify(reaction);
      if (answer?.decision === "refuse") return outcome.refuse(answer);
      if (reacting.has(what)) return; // nothing shows it yet, and a second click means the same
      reacting.add(what);
      deliver(newAttempt(reaction)).finally(() => reacting.delete(what));
    },
    /** Another channel was chosen. */
    reload() {
      quote(null);
      askAgain();
      part?.rechannel?.();
    },
    attach,
    leave() {
      text.leave();
      part?.leave();
    },
  };
}
