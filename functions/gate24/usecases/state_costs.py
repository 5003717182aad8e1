"""Costs in the organization's own currency: what is priced by a rate card in another one is converted by the rate of
the message's local day. The table keeps the card's own amounts, so that a rate that comes later is taken, too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gate24.channels import Organization
from gate24.costs import FEES, Cost, Exchange, Fee, Line
from gate24.messages import Message
from gate24.rules.exchange import NotConvertible, converted, find_exchange
from gate24.rules.pricing import as_estimate
from gate24.rules.rate_cards import card_currencies
from gate24.rules.rollup import local_day
from gate24.rules.settlement import is_in_conversation, is_settled_later, settled
from gate24.store import costs, exchange_rates
from gate24.store.table import StoreError
from gate24.usecases.open_conversation import is_paid


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


def with_settled_cost(organization: Organization, message: Message) -> Message:
    """The same with its cost as its day states it: settled beside the others of its month, once a rollup has passed it.
    Before that it is what the message costs by itself."""
    return with_stated_cost(organization, _settled(organization, message))


def _settled(organization: Organization, message: Message) -> Message:
    entry = message.ledger
    if entry is None or message.cost is None or not is_settled_later(entry):
        return message
    stated = costs.remembered_counts(organization.id, message.ledger_day or "")
    if stated.begun_at <= max(message.key.at, message.send_time):
        return replace(message, cost=as_estimate(message.cost, entry))
    is_followed = is_in_conversation(entry) and is_paid(organization.id, message, entry)
    fees = settled(entry, stated.counts, is_followed)
    by_fee: dict[Fee, int] = {"whatsapp": fees.whatsapp, "gupshup": fees.gupshup, "media": entry.media}
    lines = tuple(Line(fee, by_fee[fee]) for fee in FEES)
    cost = Cost(entry.currency, lines, entry.unpriced, undelivered=fees.undelivered, is_verified=fees.is_verified)
    return replace(message, cost=cost)


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
