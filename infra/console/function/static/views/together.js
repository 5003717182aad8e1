// @ts-check
// Working together on a chat: who answers it, labels, done, notes, quick replies, and who is writing at this moment.

import { announce } from "../components/announcer.js";
import { answeringPart } from "../components/answering.js";
import { h, replaceContent, setAttribute } from "../components/dom.js";
import { labelForm } from "../components/label_form.js";
import { noteForm, noteItem } from "../components/note.js";
import { quickReplies } from "../components/quick_replies.js";
import { readMark } from "../components/read_mark.js";
import { teamBar } from "../components/team_bar.js";
import { Problem } from "../data/api.js";
import { assign, fetchNotes, postNote, putLabels, putState } from "../data/inbox_routes.js";
import { memberName } from "../data/members.js";
import { hasScope } from "../data/session.js";
import { t } from "../language/i18n.js";
import { problemWords } from "../language/problem_words.js";

const NOTES_EVERY_MS = 10_000;

/**
 * @param {object} options
 * @param {() => Console.Contact} options.contact as it is now
 * @param {(answer: Api.Contact) => void} options.take a newer state of the contact
 * @param {() => string | null} options.channel from which an answer is sent
 * @param {ReturnType<typeof import("../components/message_list.js").messageList>} options.messages
 * @param {HTMLElement} options.composer
 * @param {() => string[]} options.labels that are in use
 * @param {() => void} options.onActed something was done that the contact does not tell
 * @param {HTMLElement} options.bar
 * @param {HTMLElement} options.notice
 */
export function together({ contact, take, channel, messages, composer, labels, onActed, bar, notice }) {
  const { phone } = contact();
  const mayAct = hasScope("send");
  /** @type {Api.Note[]} */
  let notes = [];
  /** The items of notes that are shown, by id. @type {Map<string, HTMLElement>} */
  const drawn = new Map();
  let notesAt = -Infinity;
  /** How many notes were saved here: what was asked for before one has it not. */
  let saved = 0;
  let owner = contact().assignee ?? null;

  const trouble = h("p", { class: "trouble", role: "alert" });
  const answering = answeringPart({ contact, composer, take });
  const reading = readMark({
    contact,
    take,
    scroller: /** @type {HTMLElement} */ (messages.element.firstElementChild),
  });
  const writing = noteForm({ phone, onSave: saveNote, onClose: () => showNoteForm(false) });
  const labelling = labelForm({
    contact,
    labelsInUse: labels,
    onChange: (all, before, words) => act(() => putLabels(phone, all, before), words),
    onClose() {
      showLabels(false);
      buttons.focus("labels");
    },
  });
  const buttons = teamBar({
    contact,
    onAssign: (email) => act(() => assign(phone, email)),
    onState: (state) => act(() => putState(phone, state), t(state === "done" ? "team.is_done" : "team.is_open")),
    onLabels: () => showLabels(labelling.element.hidden),
    onNote: () => showNoteForm(writing.element.hidden),
  });
  const replies = mayAct ? quickReplies({ contact, channel, composer }) : null;

  replaceContent(bar, mayAct && buttons.element, mayAct && labelling.element);
  setAttribute(bar, "hidden", !mayAct);
  replaceContent(notice, trouble, answering.element, mayAct && writing.element);

  /**
   * Does what somebody asked for, and says so or why not.
   *
   * @param {() => Promise<Api.Contact>} work
   * @param {string} [words] announced where it succeeded
   */
  async function act(work, words) {
    replaceContent(trouble);
    try {
      take(await work());
      if (words) announce(words);
      return true;
    } catch (error) {
      const reason = error instanceof Problem ? problemWords(error.code) : t("problem.unreachable");
      replaceContent(trouble, reason);
      update();
      return false;
    }
  }

  /** @param {boolean} isShown */
  function showLabels(isShown) {
    setAttribute(labelling.element, "hidden", !isShown);
    buttons.press("labels", isShown);
    if (isShown) labelling.focus();
  }

  /** @param {boolean} isShown */
  function showNoteForm(isShown) {
    setAttribute(writing.element, "hidden", !isShown);
    setAttribute(composer, "hidden", isShown);
    buttons.press("note", isShown);
    if (isShown) writing.focus();
    else composer.querySelector("textarea")?.focus();
  }

  /** @param {string} text */
  async function saveNote(text) {
    replaceContent(trouble);
    try {
      const note = await postNote(phone, text);
      saved += 1;
      notes = [note, ...notes.filter(({ id }) => id !== note.id)];
      showNotes();
      drawn.get(note.id)?.scrollIntoView({ block: "nearest" });
      announce(t("note.saved"));
      onActed();
      return true;
    } catch (error) {
      replaceContent(trouble, error instanceof Problem ? problemWords(error.code) : t("problem.unreachable"));
      return false;
    }
  }

  async function loadNotes() {
    notesAt = performance.now();
    const before = saved;
    const answer = await fetchNotes(phone).catch(() => null);
    if (!answer || saved !== before) return;
    notes = answer.data;
    showNotes();
  }

  function showNotes() {
    for (const note of notes) if (!drawn.has(note.id)) drawn.set(note.id, noteItem(note));
    messages.setAsides(notes.map(({ id, at }) => ({ id, at, element: /** @type {HTMLElement} */ (drawn.get(id)) })));
  }

  /** Whoever gave the chat away, here or elsewhere. */
  function tellOwner() {
    const now = contact().assignee ?? null;
    if (now === owner) return;
    owner = now;
    announce(now ? t("row.assigned", { name: memberName(now) }) : t("team.nobody"));
  }

  function update() {
    tellOwner();
    buttons.update();
    labelling.update();
    answering.update();
  }

  update();
  reading.look();
  loadNotes();
  return {
    update,
    loaded() {
      reading.look();
      answering.update();
      if (performance.now() - notesAt >= NOTES_EVERY_MS) loadNotes();
    },
    stop() {
      answering.stop();
      reading.stop();
      replies?.stop();
    },
  };
}
