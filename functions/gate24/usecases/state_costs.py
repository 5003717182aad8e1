"""Costs in the organization's own currency: what is priced by a rate card in another one is converted by the rate of
the message's local day. The table keeps the card's own amounts, so that a rate that comes later is taken, too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gate24.channels import Organization
from gate24.costs import Cost, Exchange
from gate24.messages import Message
from gate24.rules.exchange import NotConvertible, converted, find_exchange
from gate24.rules.rate_cards import card_currencies
from gate24.rules.rollup import local_day
from gate24.store import exchange_rates
from gate24.store.table import StoreError


def day_exchanges(organization: Organization, day: date) -> dict[str, Exchange]:
    """By the currencies of rate cards how a day's costs are converted; those without a rate are not there."""
    others = [each for each in card_currencies() if each != organization.currency]
    publications = exchange_rates.publications_before(day) if others else []
    found = {}
    for each in others:
        try:
            found[each] = find_exchange(publications, each, organization.currency, day)
        except NotConvertible:
            continue
    return found


def stated_cost(organization: Organization, cost: Cost, at: int) -> Cost:
    """The cost of a message of that moment (epoch ms); as it is, in the card's own currency, where there is no rate or
    it cannot be read: what was sent is answered all the same."""
    if cost.currency == organization.currency:
        return cost
    try:
        return _converted(organization, cost, local_day(at, organization.timezone))
    except StoreError:
        return cost


def with_stated_cost(organization: Organization, message: Message) -> Message:
    """The message with its cost in the organization's currency, by the rate of the day to which it is counted."""
    if message.cost is None or message.cost.currency == organization.currency:
        return message
    if message.ledger_day is not None:
        day = date.fromisoformat(message.ledger_day)
    else:
        day = local_day(message.send_time, organization.timezone)
    return replace(message, cost=_converted(organization, message.cost, day))


def exchange_fault(organization: Organization, currency: str, day: date) -> str | None:
    """Why what is priced in the currency could not be stated in the organization's; None where it can."""
    try:
        find_exchange(exchange_rates.publications_before(day), currency, organization.currency, day)
    except NotConvertible as error:
        return str(error)
    return None


def _converted(organization: Organization, cost: Cost, day: date) -> Cost:
    try:
        publications = exchange_rates.remembered_before(day)
        return converted(cost, find_exchange(publications, cost.currency, organization.currency, day))
    except NotConvertible:
        return cost
