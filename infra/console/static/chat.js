// One chat: who, how long the window is still open, the conversation and the composer.

import { ask, contactPath } from "./api.js";
import { now, onBeat } from "./clock.js";
import { composer } from "./composer.js";
import { conversation } from "./conversation.js";
import { freshId, h, mark, say } from "./dom.js";
import { isOpen, latestChannel, stateOf } from "./gate.js";
import { clockTime, dayName, localDay, t } from "./i18n.js";
import { icon } from "./icons.js";
import { problemWords } from "./message.js";
import { poll } from "./poll.js";
import { inWords, paint, ring } from "./ring.js";
import { go } from "./router.js";
import { channelName, channels } from "./session.js";

const EVERY = 2000;

/** The pane of one contact. `onContact(contact)` is called with each newer state of it; `latest()` is the list's. */
export function chatPane(start, { onContact, onGone, latest }) {
  let contact = start;
  let chosen = null;
  const channel = () => chosen ?? latestChannel(contact) ?? channels()[0]?.id ?? null;

  const drawn = ring();
  const name = h("h2", { class: "name", dir: "auto", tabindex: "-1" });
  const phone = h("span", { class: "phone", dir: "ltr", text: contact.phone });
  const left = h("span", { class: "left" });
  const until = h("span", { class: "until" });
  const timer = h("div", { class: "timer", role: "timer" }, h("div", { class: "timer-words" }, left, until), drawn.element);
  const panelButton = h("button", { type: "button", class: "icon-button", "aria-label": t("chat.details"), title: t("chat.details"), onclick: () => go({ panel: true }) }, icon("contact"));
  const back = h("button", { type: "button", class: "icon-button back", "aria-label": t("chat.back"), onclick: () => go({ phone: null, panel: false }) }, icon("back"));
  const picker = channelPicker();
  const talk = conversation(contact);
  const write = composer({ phone: contact.phone, channel, attempts: talk.attempts, onSent, onTrouble: () => polling.now() });
  const element = h("section", { class: "pane chat", "aria-label": t("chat.with", { name: contact.name || contact.phone }) },
    h("header", { class: "chat-head" }, back, h("div", { class: "who" }, name, h("span", { class: "under" }, phone, picker)), timer, panelButton),
    talk.element, write.element);

  function channelPicker() {
    if (channels().length < 2) return null;
    const select = h("select", { id: freshId("channel"), "aria-label": t("chat.channel"), title: t("chat.channel"), onchange: () => {
      chosen = select.value;
      beat(now());
      write.moved();
    } }, channels().map(({ id }) => h("option", { value: id, text: channelName(id) })));
    return select;
  }

  function draw() {
    say(name, contact.name || contact.phone);
    mark(phone, "hidden", !contact.name);
    mark(panelButton, "hidden", contact.numberless);
    if (picker && !chosen && channel()) picker.value = channel();
    beat(now());
  }

  function beat(time) {
    const status = stateOf(contact, time, channel() ?? undefined);
    paint(drawn, status, contact.name);
    mark(timer, "data-state", status.state);
    say(left, inWords(status));
    say(until, untilWords(status, time));
    write.update(contact, status);
    return status.expiresAt ?? undefined;
  }

  function onSent(answer, request) {
    talk.add({
      id: answer.id, direction: "outbound", channel: request.channel, type: request.type, text: request.text, media: request.media,
      template: request.template, status: answer.status, at: new Date(now()).toISOString(), statuses: [], cost: answer.cost,
    });
    polling.now();
  }

  const polling = contact.numberless ? { now() {}, stop() {} } : poll(EVERY, async (signal) => {
    try {
      const [answer] = await Promise.all([
        ask("GET", contactPath(contact.phone), { signal }),
        talk.refresh(signal),
      ]);
      const next = { ...answer, phone: contact.phone };
      if (lasting(next) !== lasting(contact)) {
        contact = next;
        onContact(contact);
      }
      draw();
    } catch (error) {
      if (error.status === 404 && !signal.aborted) onGone(contact.phone);
      else if (error.status && !signal.aborted) talk.fail(problemWords(error.code));
      throw error;
    }
  });
  if (contact.numberless) talk.fail(t("why.numberless"));
  const stopBeat = onBeat((time) => {
    // The API names a contact by the number: of one without, only the list tells.
    if (contact.numberless) contact = latest() ?? contact;
    return beat(time);
  });
  draw();

  return {
    element, phone: contact.phone, refresh: () => polling.now(), contact: () => contact,
    focus: () => name.focus({ preventScroll: true }),
    stop: () => (polling.stop(), stopBeat(), write.leave()),
  };
}

/** What of a contact is not only the passing of time. */
const lasting = (contact) => JSON.stringify(contact, (name, value) => (name === "seconds_left" || name === "server_time" ? undefined : value));

/** The absolute time of the expiry, in the organization's zone. */
function untilWords(status, time) {
  if (status.expiresAt === null) return "";
  const today = time !== null && localDay(status.expiresAt) === localDay(time);
  const at = today ? clockTime(status.expiresAt) : `${dayName(status.expiresAt)}, ${clockTime(status.expiresAt)}`;
  return isOpen(status.state) ? t("timer.until", { at }) : status.state === "closed" ? t("timer.since", { at }) : "";
}
