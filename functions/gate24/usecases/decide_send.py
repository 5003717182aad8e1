"""Decides a request to send, from what is known of the contact at this moment. The dry run and the send do the same."""

from __future__ import annotations

from dataclasses import dataclass

from gate24.contacts import Contact
from gate24.costs import Cost
from gate24.events import Media
from gate24.messages import SendRequest, TemplateRequest
from gate24.rules import content_limits
from gate24.rules.decision import Decision, Facts, Wanted, decide, facts_of
from gate24.rules.pricing import media_too_large, price, rate_card
from gate24.store import contacts, templates
from gate24.templates import Template


@dataclass(frozen=True, slots=True)
class Verdict:
    """``decision`` with the facts that it rests on and what the message will cost (None: it does not go).
    ``template``: the registry's entry of the template that goes out, ``asked_template`` the part of the request that
    asks for it. ``at``: the server's time of the decision (epoch ms)."""

    decision: Decision
    facts: Facts
    contact: Contact
    cost: Cost | None
    template: Template | None
    asked_template: TemplateRequest | None
    at: int

    @property
    def category(self) -> str | None:
        return self.template.category if self.template else None


def decide_send(request: SendRequest, now: int) -> Verdict:
    """Decides by one consistent read of the contact (and one of the template) at ``now`` (epoch ms)."""
    contact = contacts.read(request.organization.id, request.contact_id)
    facts = facts_of(contact, request.channel, request.to, now)
    asked, template, fallback = request.template, None, None
    if asked is not None:
        template = _registered(request, asked)
        decision = decide(facts, _wanted(request, asked, template))
    else:
        if request.fallback is not None and not facts.state.is_open:
            asked = request.fallback
            template = _registered(request, asked)
            fallback = _wanted(request, asked, template)
        decision = decide(facts, _freeform(request), fallback)
    if decision.sent_as == "freeform":
        asked, template = None, None
    cost = _cost(request, decision, asked, template) if decision.allowed else None
    return Verdict(decision, facts, contact, cost, template, asked, now)


def _freeform(request: SendRequest) -> Wanted:
    detail = content_limits.text_fault(request.text, request.media.caption if request.media else None)
    if detail is not None:
        return Wanted("freeform", content_fault="text_too_long", fault_detail=detail)
    if _is_too_large(request, request.media):
        return Wanted("freeform", content_fault="media_too_large")
    return Wanted("freeform")


def _is_too_large(request: SendRequest, media: Media | None) -> bool:
    size = media.size_bytes if media else None
    return size is not None and media_too_large(rate_card(request.channel.rate_card), size)


def _registered(request: SendRequest, asked: TemplateRequest) -> Template | None:
    """The template in the registry as it is now."""
    return templates.template(request.organization.id, request.channel.id, asked.name, asked.language)


def _wanted(request: SendRequest, asked: TemplateRequest, template: Template | None) -> Wanted:
    """The template as it is asked for, with what is wrong with that."""
    if template is None:
        return Wanted("template", template_fault="template_not_found")
    if template.status != "approved":
        detail = f"The template is {template.status} at the provider."
        return Wanted("template", template.category, template_fault="template_not_approved", fault_detail=detail)
    if _is_too_large(request, asked.media):
        return Wanted("template", template.category, content_fault="media_too_large")
    mismatch = None
    if template.params != len(asked.params):
        mismatch = f"The template takes {template.params} parameters, {len(asked.params)} were given."
    elif (asked.media.kind if asked.media else None) != template.media:
        mismatch = f"The template's header takes {template.media or 'no media'}."
    fault = "template_params_mismatch" if mismatch else None
    return Wanted("template", template.category, template_fault=fault, fault_detail=mismatch)


def _cost(request: SendRequest, decision: Decision, asked: TemplateRequest | None, template: Template | None) -> Cost:
    media = asked.media if asked else request.media
    return price(
        rate_card(request.channel.rate_card),
        decision.sent_as,
        request.to.phone,
        template.category if template else None,
        media.size_bytes if media else None,
        has_media=media is not None,
        country=request.to.country,
    )
