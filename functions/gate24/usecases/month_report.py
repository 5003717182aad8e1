"""What a report of a month needs to know: its costs, and by which price lists and exchange rates they were reckoned."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gate24.channels import Channel
from gate24.costs import DayCosts, Exchange, MonthCosts
from gate24.lazy_dataclass import dataclass
from gate24.rules.rate_cards import Source, rate_card
from gate24.store import organizations
from gate24.usecases.daily_costs import monthly_costs


@dataclass(frozen=True, slots=True)
class PriceList:
    """A rate card by which messages of a month were priced, from a local day (``YYYY-MM-DD``) on. ``sources``: of its
    prices."""

    card: str
    currency: str
    since: str
    channels: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class MonthReport:
    """``organization``: its name, ``month``: ``YYYY-MM``. ``costs``: one for each currency that the organization had in
    it; none where nothing is stated. ``last_day``: up to which, ``provisional_days``: how many of them are not final.
    ``exchanges``: the rates in the order of their days. ``is_part``: of some of the channels alone."""

    organization: str
    month: str
    costs: tuple[MonthCosts, ...]
    last_day: str
    provisional_days: int
    price_lists: tuple[PriceList, ...]
    exchanges: tuple[Exchange, ...]
    is_part: bool = False


def month_report(
    organization_id: str, name: str, month: str, days: Sequence[DayCosts], limit: Collection[str] | None = None
) -> MonthReport:
    """``days``: of the month, oldest first. ``limit``: the channels that they are of, None where they are of all."""
    known = [each for each in organizations.channels(organization_id) if limit is None or each.id in limit]
    exchanges = {(each.from_currency, each.day): each for day in days for each in day.exchanges.values()}
    return MonthReport(
        organization=name,
        month=month,
        costs=tuple(monthly_costs(days)),
        last_day=days[-1].day if days else "",
        provisional_days=sum(day.status == "provisional" for day in days),
        price_lists=_price_lists(known, days),
        exchanges=tuple(exchanges[key] for key in sorted(exchanges)),
        is_part=limit is not None,
    )


def _price_lists(channels: Sequence[Channel], days: Sequence[DayCosts]) -> tuple[PriceList, ...]:
    """Those of the channels on which there was something, in the order of their days."""
    since: dict[str, str] = {}
    users: dict[str, set[str]] = {}
    for day in days:
        for channel in channels:
            if channel.id in day.by_channel:
                card = channel.card_on(day.day)
                since.setdefault(card, rate_card(card).effective_from)
                users.setdefault(card, set()).add(channel.id)
    return tuple(
        PriceList(card, rate_card(card).currency, since[card], tuple(sorted(users[card])), _sources(card))
        for card in sorted(since, key=lambda card: (since[card], card))
    )


def _sources(card: str) -> tuple[Source, ...]:
    """Of the card's prices, those first from which most of them are."""
    prices = [
        price
        for by_fee in rate_card(card).fees.values()
        for by_market in by_fee.values()
        for by_category in by_market.values()
        for price in by_category.values()
    ]
    found: dict[Source, int] = {}
    for price in prices:
        found[price.source] = found.get(price.source, 0) + 1
    return tuple(sorted(found, key=lambda source: (-found[source], source)))
