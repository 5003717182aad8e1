"""Decides a request to send, from what is known of the contact at this moment. The dry run and the send do the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from gate24 import at_once
from gate24.contacts import Contact
from gate24.costs import Cost
from gate24.events import Media
from gate24.lazy_dataclass import dataclass
from gate24.messages import Message, SendRequest, TemplateRequest
from gate24.providers import provider
from gate24.providers.interface import Outbound
from gate24.rules import content_limits
from gate24.rules.decision import REFUSALS, Decision, Facts, Wanted, decide, facts_of
from gate24.rules.media_files import size_fault
from gate24.rules.message_content import has_file, header_file
from gate24.rules.pricing import card_at, media_too_large, price
from gate24.store import contacts, templates
from gate24.templates import Template
from gate24.usecases.check_budget import budget_fault
from gate24.usecases.find_answered import find_answered
from gate24.usecases.follow_entry_points import hours_in_entry_point
from gate24.usecases.open_conversation import open_conversation
from gate24.usecases.outbound_message import freeform_outbound, template_outbound


@dataclass(frozen=True, slots=True)
class Verdict:
    """``decision`` with the facts that it rests on and what the message will cost (None: it does not go).
    ``template``: the registry's entry of the template that goes out, ``asked_template`` the part of the request that
    asks for it. ``at``: the server's time of the decision (epoch ms). ``answered``: the message that a freeform answers
    or reacts to. ``conversation``: the open one that the message is part of, by a card that prices such."""

    decision: Decision
    facts: Facts
    contact: Contact
    cost: Cost | None
    template: Template | None
    asked_template: TemplateRequest | None
    at: int
    answered: Message | None = None
    conversation: str | None = None

    @property
    def category(self) -> str | None:
        return self.template.category if self.template else None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a decision rests on, as it is read: each gives it when it is there. StoreError where it cannot be read."""

    contact: Callable[[], Contact]
    template: Callable[[], Template | None]


def begin_reading(request: SendRequest) -> Reading:
    """Begins to read the contact and the template that is asked for, beside whatever else the caller does."""
    return Reading(at_once.start(_contact_of(request)), _begin_reading_template(request))


def _contact_of(request: SendRequest) -> Callable[[], Contact]:
    return partial(contacts.read, request.organization.id, request.contact_id)


def _begin_reading_template(request: SendRequest) -> Callable[[], Template | None]:
    asked = request.template
    if asked is None:
        return lambda: None
    return at_once.start(partial(_registered, request, asked))


def decide_send(request: SendRequest, now: int, reading: Reading | None = None) -> Verdict:
    """Decides by one consistent read of the contact (one of the template beside it, and the search of the
    message that is answered) at ``now`` (epoch ms). ``reading``: where the reading was begun before."""
    if reading is None:
        reading = Reading(_contact_of(request), _begin_reading_template(request))
    contact = reading.contact()
    facts = facts_of(contact, request.channel, request.to, now)
    asked, template, fallback, answered = request.template, None, None, None
    if asked is not None:
        template = reading.template()
        facts = _with_budget(facts, request, template, now)
        decision = decide(facts, _wanted(request, asked, template, now))
    else:
        if request.fallback is not None and not facts.state.is_open:
            asked = request.fallback
            template = _registered(request, asked)
            facts = _with_budget(facts, request, template, now)
            fallback = _wanted(request, asked, template, now)
        if request.answers is not None:
            answered = find_answered(request.channel, contact, request.answers)
        decision = decide(facts, _freeform(request, answered, now), fallback)
    if decision.sent_as == "freeform":
        asked, template = None, None
    is_open = facts.state.is_open
    cost = _cost(request, decision, asked, template, contact, now, is_open) if decision.allowed else None
    if not isinstance(answered, Message) or decision.sent_as == "template":
        answered = None
    conversation = None
    if cost is not None:
        category = template.category if template else None
        conversation = open_conversation(request, cost, decision.sent_as, category, now)
    return Verdict(decision, facts, contact, cost, template, asked, now, answered, conversation)


def _with_budget(facts: Facts, request: SendRequest, template: Template | None, now: int) -> Facts:
    """With what the budgets say, where they bear on the template."""
    if template is None or template.category != "marketing":
        return facts
    fault = budget_fault(request.organization, request.channel, now, request.is_of_limited_key)
    return replace(facts, budget_fault=fault)


def _freeform(request: SendRequest, answered: Message | str | None, now: int) -> Wanted:
    """``answered``: the message that it answers or reacts to, or what is wrong with that."""
    caption = request.media.caption if request.media else None
    detail = content_limits.text_fault(request.text, caption, (request.content or {}).get("interactive"))
    if detail is not None:
        return Wanted("freeform", content_fault="text_too_long", fault_detail=detail)
    if too_large := _size_fault(request, request.media or header_file(request.content or {}), now):
        return Wanted("freeform", content_fault="media_too_large", fault_detail=too_large)
    if isinstance(answered, str):
        return Wanted("freeform", content_fault="not_supported_by_provider", fault_detail=answered)
    return Wanted("freeform", **_form_fault(request, freeform_outbound(request, "", answered)))


def _form_fault(request: SendRequest, message: Outbound) -> dict[str, str]:
    """What the provider has no form for."""
    detail = provider(request.channel.provider).unsupported(message)
    return {} if detail is None else {"content_fault": "not_supported_by_provider", "fault_detail": detail}


def _size_fault(request: SendRequest, media: Media | None, now: int) -> str | None:
    """What is wrong with the size of the file, as far as that is known, for people: of an uploaded one what its kind
    takes, of any other what the provider takes."""
    if media is None:
        return None
    uploaded = request.files.get(media.media_id or "")
    if uploaded is not None and uploaded.size_bytes is not None:
        return size_fault(media.kind, uploaded.size_bytes)
    card = card_at(request.channel, request.organization, now)
    is_too_large = media.size_bytes is not None and media_too_large(card, media.size_bytes)
    return REFUSALS["media_too_large"].detail if is_too_large else None


def _registered(request: SendRequest, asked: TemplateRequest) -> Template | None:
    """The template in the registry as it is now."""
    return templates.template(request.organization.id, request.channel.id, asked.name, asked.language)


def _wanted(request: SendRequest, asked: TemplateRequest, template: Template | None, now: int) -> Wanted:
    """The template as it is asked for, with what is wrong with that."""
    if template is None:
        return Wanted("template", template_fault="template_not_found")
    if template.status != "approved":
        because = f": {template.reason.rstrip('.')}" if template.reason else ""
        detail = f"The template is {template.status} at the provider{because}."
        return Wanted("template", template.category, template_fault="template_not_approved", fault_detail=detail)
    if too_large := _size_fault(request, asked.media, now):
        return Wanted("template", template.category, content_fault="media_too_large", fault_detail=too_large)
    form_fault = _form_fault(request, template_outbound(request, "", asked, template))
    if form_fault:
        return Wanted("template", template.category, **form_fault)
    mismatch = None
    if template.params != len(asked.params):
        mismatch = f"The template takes {template.params} parameters, {len(asked.params)} were given."
    elif (asked.media.kind if asked.media else None) != template.media:
        mismatch = f"The template's header takes {template.media or 'no media'}."
    fault = "template_params_mismatch" if mismatch else None
    return Wanted("template", template.category, template_fault=fault, fault_detail=mismatch)


def _cost(
    request: SendRequest,
    decision: Decision,
    asked: TemplateRequest | None,
    template: Template | None,
    contact: Contact,
    now: int,
    in_window: bool,
) -> Cost:
    organization_id, channel_id = request.organization.id, request.channel.id
    window = contact.window(channel_id)
    media = asked.media if asked else request.media
    return price(
        card_at(request.channel, request.organization, now),
        decision.sent_as,
        request.to.phone,
        template.category if template else None,
        media.size_bytes if media else None,
        has_media=media is not None or (asked is None and has_file(request.content)),
        country=request.to.country,
        in_window=in_window,
        entry_point_hours=hours_in_entry_point(organization_id, request.contact_id, channel_id, window, now),
    )
