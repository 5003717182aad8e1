// @ts-check
// One conversation: name, time left, messages and composer.

import { composer } from "../components/composer.js";
import { freshId, h, setAttribute, setForeignText, setText } from "../components/dom.js";
import { icon } from "../components/icons.js";
import { marginWords } from "../components/margin.js";
import { messageList } from "../components/message_list.js";
import { ring, stateWords } from "../components/ring.js";
import { Problem } from "../data/api.js";
import { epochMs, onTick, serverNow } from "../data/clock.js";
import { identified } from "../data/contact_store.js";
import { poll } from "../data/poll.js";
import { fetchContact } from "../data/routes.js";
import { channelName, channels } from "../data/session.js";
import { contactStateOf, isOpen, latestChannel } from "../data/window_state.js";
import { clockTime, dayName, localDay, t } from "../language/i18n.js";
import { legibleName, nameOf } from "../language/names.js";
import { problemWords } from "../language/problem_words.js";
import { go } from "./router.js";
import { teamPart } from "./team.js";

const EVERY_MS = 2000;

/**
 * @param {Console.Contact} start
 * @param {object} options
 * @param {(contact: Console.Contact) => void} options.onContact called with each newer state of the contact
 * @param {(phone: string) => void} options.onGone
 * @param {() => string[]} options.labels that are in use
 * @param {() => void} options.onActed something was done that the contact does not tell
 * @param {string | null} options.opensAt the message at which it is opened; null: at the newest
 */
export function conversationPane(start, { onContact, onGone, labels, onActed, opensAt }) {
  let contact = start;
  /** The channel that was chosen by hand. @type {string | null} */
  let chosen = null;
  const channel = () => chosen ?? latestChannel(contact) ?? channels()[0]?.id ?? null;

  const drawn = ring();
  const name = h("h2", { class: "name", dir: "auto", tabindex: "-1" });
  const phone = h("span", { class: "phone", dir: "ltr" });
  const left = h("span", { id: freshId("left"), class: "left" });
  setAttribute(name, "aria-describedby", left.id);
  const until = h("span", { class: "until" });
  const timer = h(
    "div",
    { class: "timer", role: "timer" },
    h("div", { class: "timer-words" }, left, until),
    drawn.element,
  );
  const details = iconButton("contact", t("chat.details"), () => go({ details: true }));
  const back = iconButton("back", t("chat.back"), () => go({ phone: null, details: false }));
  back.classList.add("back");
  const picker = channels().length > 1 ? channelPicker() : null;
  const messages = messageList(contact, {
    opensAt,
    onReply: (message) => write.reply(message),
    onReact: (request, answer) => write.react(request, answer),
    reactionOf: ({ id, channel: sentBy }, emoji) => ({
      to: contact.phone,
      channel: sentBy,
      type: "reaction",
      reaction: { message_id: id, emoji },
    }),
  });
  const write = composer({ phone: contact.phone, channel, attempts: messages.attempts, onSent, onTrouble: refresh });
  const team = teamPart({ contact: () => contact, take, channel, messages, composer: write.element, labels, onActed });
  const element = h(
    "section",
    { class: "pane conversation", ondragover: onDrag, ondragleave: onDragEnd, ondrop: onDrop },
    h(
      "header",
      { class: "conversation-head" },
      back,
      h("div", { class: "who" }, name, phone),
      picker && h("label", { class: "ours" }, h("span", { text: t("chat.channel") }), picker),
      timer,
      details,
    ),
    team.bar,
    messages.element,
    team.notice,
    write.element,
  );

  /** @param {DragEvent} event */
  function onDrag(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = write.isOpen() ? "copy" : "none";
    setAttribute(element, "data-dropping", write.isOpen());
  }

  function onDragEnd() {
    setAttribute(element, "data-dropping", null);
  }

  /** @param {DragEvent} event */
  function onDrop(event) {
    onDragEnd();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    write.attach(files);
  }

  function channelPicker() {
    const options = channels().map(({ id }) => h("option", { value: id, text: channelName(id) }));
    const select = h("select", { onchange: onChoose }, options);
    function onChoose() {
      chosen = select.value;
      onBeat(serverNow());
      write.reload();
    }
    return select;
  }

  function draw() {
    const shown = contact.number ?? contact.phone;
    setAttribute(element, "aria-label", t("chat.with", { name: nameOf(contact) }));
    setForeignText(name, nameOf(contact));
    setText(phone, shown);
    setAttribute(phone, "hidden", legibleName(contact.name) === null);
    if (picker) picker.value = channel() ?? "";
    team.update();
    onBeat(serverNow());
  }

  /** @param {number | null} now */
  function onBeat(now) {
    const status = contactStateOf(contact, now, channel());
    drawn.paint(status, contact.name ?? "");
    setAttribute(timer, "data-state", status.state);
    setText(left, stateWords(status));
    setText(until, untilWords(status, epochMs(contact.number_changed_at), now));
    setAttribute(until, "title", status.closesAt === null ? null : marginWords(channel()) || null);
    write.update(contact, status);
    messages.allowAnswers(write.isOpen() ? channel() : null);
    return status.closesAt ?? undefined;
  }

  /**
   * @param {Api.SendAnswer} answer
   * @param {Api.SendRequest} request
   */
  function onSent({ id, status, cost }, { channel: sentBy, type, text, media, template, reaction, context }) {
    messages.add({
      id,
      direction: "outbound",
      channel: sentBy,
      type,
      text: text?.body,
      media,
      template,
      reaction,
      reply_to: context?.message_id,
      status,
      at: new Date(serverNow() ?? 0).toISOString(),
      statuses: [],
      cost,
    });
    refresh();
  }

  /** A contact that was asked for before is older. */
  let takenAt = -Infinity;

  /** @param {Api.Contact} answer what a change of the contact was answered with */
  function take(answer) {
    takenAt = performance.now();
    hold({ ...identified(answer), phone: contact.phone });
    draw();
  }

  /** @param {Console.Contact} next */
  function hold(next) {
    const isLeft = next.number_changed_at !== null && next.number_changed_at !== contact.number_changed_at;
    if (isLeft) messages.startAgain(next);
    if (withoutTime(next) === withoutTime(contact)) return;
    contact = next;
    onContact(contact);
  }

  /** @param {AbortSignal} signal */
  async function load(signal) {
    const askedAt = performance.now();
    try {
      const [answer] = await Promise.all([fetchContact(contact.phone, signal), messages.refresh(signal)]);
      if (askedAt > takenAt) hold({ ...identified(answer), phone: contact.phone });
      draw();
      team.loaded();
    } catch (error) {
      if (error instanceof Problem && !signal.aborted) {
        if (error.status === 404) onGone(contact.phone);
        else messages.fail(problemWords(error.code));
      }
      throw error;
    }
  }

  const polling = poll(EVERY_MS, load);

  function refresh() {
    polling.now();
  }

  const stopTicking = onTick(onBeat);
  draw();

  return {
    element,
    phone: contact.phone,
    contact: () => contact,
    refresh,
    focus: () => name.focus({ preventScroll: true }),
    stop() {
      polling.stop();
      stopTicking();
      team.stop();
      write.leave();
      messages.leave();
    },
  };
}

/**
 * @param {import("../components/icons.js").IconName} picture
 * @param {string} label
 * @param {() => void} onclick
 */
const iconButton = (picture, label, onclick) =>
  h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick }, icon(picture));

/**
 * Differs only if something other than the time has changed.
 *
 * @param {Console.Contact} contact
 */
const withoutTime = (contact) =>
  JSON.stringify(contact, (name, value) => (name === "seconds_left" || name === "server_time" ? undefined : value));

/**
 * When the window closes or closed, or since when the number is not the person's, in the organization's time zone.
 *
 * @param {Console.ContactState} status
 * @param {number | null} leftAt
 * @param {number | null} now
 */
function untilWords({ state, closesAt }, leftAt, now) {
  const time = state === "number_changed" ? leftAt : closesAt;
  if (time === null) return "";
  const isToday = now !== null && localDay(time) === localDay(now);
  const at = isToday ? clockTime(time) : `${dayName(time)}, ${clockTime(time)}`;
  if (isOpen(state)) return t("timer.until", { at });
  return state === "closed" || state === "number_changed" ? t("timer.since", { at }) : "";
}
