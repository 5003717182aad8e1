// What is known of a contact: the windows, the consent with its evidence, and what may be changed about it.

import { ask, contactPath } from "./api.js";
import { instant, now, onBeat } from "./clock.js";
import { confirm } from "./dialog.js";
import { freshId, h, say, show } from "./dom.js";
import { stateOf } from "./gate.js";
import { fullTime, known, t } from "./i18n.js";
import { icon } from "./icons.js";
import { tell } from "./live.js";
import { inWords, paint, ring } from "./ring.js";
import { go } from "./router.js";
import { channelName, may } from "./session.js";
import { sourceWords } from "./why.js";

const PAGE = 50;

/** The panel. `onChanged()` asks for the contact anew, `onGone(phone)` after an erasure. */
export function contactPanel(start, { onChanged, onGone }) {
  let contact = start;
  const path = (below) => contactPath(contact.phone, below);
  const title = h("h2", { id: freshId("contact"), tabindex: "-1", dir: "auto" });
  const facts = h("dl", { class: "facts" });
  const windows = h("ul", { class: "windows", role: "list" });
  const actions = h("div", { class: "actions" });
  const history = h("ol", { class: "history" });
  const element = h("aside", { class: "pane panel", "aria-labelledby": title.id },
    h("header", { class: "panel-head" }, title,
      h("button", { type: "button", class: "icon-button", "aria-label": t("close"), onclick: () => go({ panel: false }) }, icon("close"))),
    h("div", { class: "scroller", tabindex: "0", role: "region", "aria-labelledby": title.id }, facts,
      h("h3", { text: t("contact.windows") }), windows,
      h("h3", { text: t("contact.history") }), history, actions));
  let beats = [];

  function draw() {
    say(title, contact.name || contact.phone);
    show(facts,
      fact(t("contact.phone"), h("span", { dir: "ltr", text: contact.phone })),
      fact(t("contact.consent"), consentWords()),
      contact.blocked ? fact(t("contact.blocked"), t("why.blocked")) : null,
      contact.unreachable ? fact(t("contact.reach"), t("why.unreachable")) : null,
      contact.marketing_stopped ? fact(t("contact.marketing"), t("problem.marketing_stopped")) : null,
      contact.last_activity_at ? fact(t("contact.activity"), fullTime(instant(contact.last_activity_at))) : null);
    beats = [];
    show(windows, (contact.windows ?? []).map(windowRow));
    paintAll(now());
    if (!contact.windows?.length) show(windows, h("li", { class: "none", text: t("state.never") }));
    show(actions, ...buttons());
  }

  const fact = (term, value) => h("div", {}, h("dt", { text: term }), h("dd", {}, value));

  function consentWords() {
    const { status, at, source } = contact.consent ?? { status: "none" };
    if (status === "none" || !at) return t(`consent.${status}`);
    return t(`consent.${status}_since`, { at: fullTime(instant(at)), how: sourceWords(source) });
  }

  function windowRow({ channel }) {
    const drawn = ring();
    const words = h("span", { class: "state" });
    beats.push((time) => {
      const status = stateOf({ ...contact, blocked: false, unreachable: false, consent: { status: "none" } }, time, channel);
      paint(drawn, status, "");
      say(words, status.expiresAt === null ? inWords(status) : `${inWords(status)} · ${fullTime(status.expiresAt)}`);
    });
    return h("li", {}, drawn.element, h("span", { class: "who" }, h("span", { dir: "ltr", text: channelName(channel) }), words));
  }

  function buttons() {
    const list = [];
    if (may("send")) {
      if (contact.consent?.status !== "opted_in") list.push(button("opt_in", () => consent("opt_in")));
      if (contact.consent?.status !== "opted_out") list.push(button("opt_out", () => consent("opt_out")));
      list.push(contact.blocked ? button("unblock", () => block(false)) : button("block", () => block(true)));
    }
    if (may("admin")) list.push(button("erase", erase, "danger"));
    return list.length ? list : [h("p", { class: "hint", text: t("why.reader") })];
  }

  const button = (name, onclick, kind = "secondary") => h("button", { type: "button", class: kind, text: t(`contact.${name}`), onclick });

  async function asked(question, told) {
    if (!(await confirm(question))) return;
    tell(told);
    onChanged();
    load();
  }

  function consent(action) {
    const reason = h("textarea", { id: freshId("reason"), rows: 2, maxlength: 500, required: true, dir: "auto" });
    return asked({
      title: t(`contact.${action}`), explanation: t(`contact.${action}_explained`), action: t("contact.record"),
      fields: [h("div", { class: "field" }, h("label", { for: reason.id, text: t("contact.reason") }), reason)],
      ready: () => reason.value.trim().length > 0,
      act: () => ask("POST", path("/consents"), { body: { action, source: "console", evidence: reason.value.trim() } }),
    }, t(`contact.${action}_done`));
  }

  function block(wanted) {
    const name = wanted ? "block" : "unblock";
    const reason = h("textarea", { id: freshId("reason"), rows: 2, maxlength: 500, dir: "auto" });
    return asked({
      title: t(`contact.${name}`), explanation: t(`contact.${name}_explained`), action: t(`contact.${name}`), danger: wanted,
      fields: wanted ? [h("div", { class: "field" }, h("label", { for: reason.id, text: t("contact.block_reason") }), reason)] : [],
      act: () => (wanted ? ask("PUT", path("/block"), { body: reason.value.trim() ? { reason: reason.value.trim() } : {} }) : ask("DELETE", path("/block"))),
    }, t(`contact.${name}_done`));
  }

  async function erase() {
    const typed = h("input", { id: freshId("typed"), type: "text", inputmode: "tel", autocomplete: "off", dir: "ltr" });
    const digits = (text) => text.replace(/\D/g, "");
    const erased = await confirm({
      title: t("contact.erase"), explanation: t("contact.erase_explained"), action: t("contact.erase_now"), danger: true,
      fields: [h("div", { class: "field" }, h("label", { for: typed.id, text: t("contact.erase_type", { phone: contact.phone }) }), typed)],
      ready: () => digits(typed.value) === digits(contact.phone),
      act: () => ask("DELETE", path("")),
    });
    if (!erased) return;
    tell(t("contact.erase_done"));
    onGone(contact.phone);
  }

  async function load() {
    try {
      const answer = await ask("GET", path("/consents"), { query: { limit: PAGE } });
      show(history, answer.data.length ? answer.data.map(entry) : h("li", { class: "none", text: t("contact.no_history") }));
    } catch {
      show(history, h("li", { class: "none" }, t("problem.unreachable"), " ", h("button", { type: "button", class: "quiet", text: t("try_again"), onclick: load })));
    }
  }

  function entry({ action, at, source, evidence, actor }) {
    return h("li", { "data-action": action },
      h("p", { class: "what" }, icon(action === "opt_in" || action === "unblock" ? "tick" : "refused"), h("strong", { text: known(`history.${action}`) ? t(`history.${action}`) : action }),
        h("time", { datetime: at, text: fullTime(instant(at)) })),
      h("p", { class: "how" }, h("span", {}, sourceWords(source), actor ? [" · ", h("bdi", { text: actor })] : null), evidence ? h("q", { class: "evidence", dir: "auto", text: evidence }) : null));
  }

  const paintAll = (time) => beats.forEach((paintOne) => paintOne(time));
  const stopBeat = onBeat(paintAll);
  show(history, h("li", { class: "none", text: t("loading") }));
  draw();
  load();
  return {
    element, phone: start.phone,
    focus: () => title.focus(),
    update(next) {
      const consentChanged = next.consent?.at !== contact.consent?.at || next.blocked !== contact.blocked;
      contact = next;
      draw();
      if (consentChanged) load();
    },
    stop: stopBeat,
  };
}
