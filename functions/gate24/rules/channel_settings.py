"""What a channel's settings may be, alone and beside those of other channels. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from gate24.channels import Channel, DatedCard, Organization, ProviderName
from gate24.rules.budget_settings import BUDGET_SETTINGS, budget_faults
from gate24.rules.rate_cards import RateCard, rate_card, rate_card_ids
from gate24.rules.settings_table import (
    Fault,
    Setting,
    WrongSettings,
    business_number,
    id_fault,
    one_of,
    pattern,
    provider_address,
    read_settings,
    switch,
    whole_number,
)


class _Provider(NamedTuple):
    """``api_base``, ``rate_card``: of a channel that names none. ``needs``: by which setting the provider knows the
    number; ``has_not``: the other provider's settings."""

    api_base: str
    rate_card: str
    needs: str
    has_not: tuple[str, ...]


PROVIDERS: dict[ProviderName, _Provider] = {
    "gupshup": _Provider("https://api.gupshup.io", "gupshup-2021-02", needs="app", has_not=("phone_number_id",)),
    "meta": _Provider(
        "https://graph.facebook.com", "meta-2026-10-01", needs="phone_number_id", has_not=("app", "app_id")
    ),
}

_MEANING = {
    "app": "the name of the app at Gupshup",
    "app_id": "the id of the app at Gupshup",
    "phone_number_id": "the phone number ID at Meta",
}


ExchangeFault = Callable[[str], str | None]
"""Of a currency why amounts in it cannot be converted into the organization's; None where they can."""


class ChosenCard(NamedTuple):
    """A price list, and the day from which it is to hold; None: from where the list itself begins."""

    card: str
    since: date | None = None


def _rate_cards(given: Any) -> tuple[ChosenCard, ...]:
    """From CARD, CARD:FROM or ``{"card", "from"}``, or a list of them."""
    entries = list(given) if isinstance(given, (list, tuple)) else [given]
    if not entries:
        raise ValueError("A channel has one rate card at least.")
    return tuple(_chosen_card(each) for each in entries)


def _chosen_card(entry: Any) -> ChosenCard:
    if isinstance(entry, Mapping):
        card_id, since = entry.get("card"), entry.get("from")
    else:
        card_id, colon, since = entry.partition(":") if isinstance(entry, str) else (entry, "", None)
        since = since if colon else None
    if card_id not in rate_card_ids():
        raise ValueError(f"There is no rate card {card_id!r}. There are: {', '.join(rate_card_ids())}.")
    try:
        return ChosenCard(str(card_id), None if since is None else date.fromisoformat(since))
    except (TypeError, ValueError):
        raise ValueError(f"{since!r} is no day from which a rate card holds, as 2026-10-01 is.") from None


SETTINGS = (
    Setting("provider", one_of(*PROVIDERS), "The provider: gupshup or meta", is_required=True),
    Setting("business_number", business_number, "The business number with its country code", True, option="number"),
    Setting(
        "app",
        pattern(r"[A-Za-z0-9_-]{1,64}", "is no name of an app at Gupshup, which has letters, digits, - and _."),
        "The app's name (Gupshup)",
    ),
    Setting(
        "app_id",
        pattern(
            r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
            "is no id of an app at Gupshup, which is a UUID and not the app's name.",
        ),
        "The app's id, a UUID, by which messages are marked as read and templates listed (Gupshup)",
    ),
    Setting(
        "phone_number_id",
        pattern(r"[0-9]{5,32}", "is no phone number ID: Meta's has 5 to 32 digits and is not the number itself."),
        "The phone number ID (Meta)",
    ),
    Setting("api_base", provider_address, "The provider's address, where it is not the usual one"),
    Setting(
        "rate_card",
        _rate_cards,
        "The price list, CARD or CARD:FROM with the day from which it holds; given again, those that follow it",
    ),
    Setting(
        "margin_seconds",
        whole_number(0, 3600, "seconds"),
        "How long before WhatsApp's end a window is treated as closed",
    ),
    Setting("messages_per_second", whole_number(1, 1000, "messages"), "How many messages a second the provider takes"),
    Setting("pair_limit", switch, "Whether WhatsApp's limit for each recipient is held: on or off"),
    Setting(
        "unsupported_opens", switch, "Whether a message that WhatsApp does not pass on opens the window: on or off"
    ),
    Setting("reactions_open", switch, "Whether a reaction opens the window: on or off"),
    *BUDGET_SETTINGS,
)

FIXED = frozenset({"provider"})
"""What is said once: another provider is another channel."""


def new_channel(
    channel_id: str,
    organization: Organization,
    given: Mapping[str, Any],
    others: Iterable[Channel],
    today: date,
    exchange_fault: ExchangeFault,
) -> Channel:
    """A channel of the organization. ``others``: all channels there are. WrongSettings with all that is wrong."""
    values, faults = read_settings(SETTINGS, given, is_new=True)
    faults = id_fault("a channel", channel_id) + faults
    provider = values.get("provider")
    if provider is not None:
        usual = PROVIDERS[provider]
        values = {"api_base": usual.api_base, "rate_card": (ChosenCard(usual.rate_card),)} | values
        missing = [] if usual.needs in given else [_missing(provider)]
        faults += missing + _foreign(provider, given) + _taken(provider, values, others)
        if "rate_card" in values:
            faults += _card_faults(values["rate_card"], organization, today, exchange_fault)
    if not faults:
        found = Channel(id=channel_id, organization_id=organization.id, **_with_cards(values, today))
        faults = budget_faults(found)
    if faults:
        raise WrongSettings(*faults)
    return found


def changed_channel(
    channel: Channel,
    organization: Organization,
    given: Mapping[str, Any],
    others: Iterable[Channel],
    today: date,
    exchange_fault: ExchangeFault,
) -> Channel:
    """The channel with what is given. WrongSettings."""
    values, faults = read_settings(SETTINGS, given, is_new=False)
    faults += [
        Fault(name, f"The {name} of a channel cannot be changed. Create another channel.")
        for name in FIXED & values.keys()
        if values[name] != getattr(channel, name)
    ]
    faults += _foreign(channel.provider, given)
    faults += _taken(channel.provider, values, (other for other in others if other.id != channel.id))
    if "rate_card" in values:
        faults += _card_faults(values["rate_card"], organization, today, exchange_fault)
    if not faults:
        found = replace(channel, **_with_cards(values, today))
        faults = budget_faults(found)
    if faults:
        raise WrongSettings(*faults)
    return found


def _with_cards(values: dict[str, Any], today: date) -> dict[str, Any]:
    """The fields of a channel: of chosen cards, their days and the one of today."""
    if "rate_card" not in values:
        return values
    cards = tuple(DatedCard(card, since.isoformat()) for card, since in _dated(values["rate_card"]))
    held = [card for card, since in cards if since <= today.isoformat()]
    return {**values, "rate_cards": cards, "rate_card": held[-1]}


def _dated(chosen: Iterable[ChosenCard]) -> list[tuple[str, date]]:
    """Each with its day, the earliest first."""
    dated = [(card, since or date.fromisoformat(rate_card(card).effective_from)) for card, since in chosen]
    return sorted(dated, key=lambda each: each[1])


def _missing(provider: ProviderName) -> Fault:
    name = PROVIDERS[provider].needs
    return Fault(name, f"A channel at {provider} needs {name}: {_MEANING[name]}.")


def _foreign(provider: ProviderName, given: Mapping[str, Any]) -> list[Fault]:
    return [
        Fault(name, f"A channel at {provider} has no {name}, which is {_MEANING[name]}.")
        for name in PROVIDERS[provider].has_not
        if name in given
    ]


def _taken(provider: ProviderName, values: Mapping[str, Any], others: Iterable[Channel]) -> list[Fault]:
    """What names the number is the number of one channel alone, or webhooks would go to either."""
    return [
        Fault(name, f"{values[name]} is used by the channel {other.id} already; a number has one channel.")
        for other in others
        for name in ("business_number", "app", "app_id", "phone_number_id")
        if other.provider == provider and name in values and values[name] == getattr(other, name)
    ]


def _card_faults(
    chosen: Iterable[ChosenCard], organization: Organization, today: date, exchange_fault: ExchangeFault
) -> list[Fault]:
    dated = _dated(chosen)
    faults = [
        fault for card, since in dated for fault in _card_fault(rate_card(card), since, organization, exchange_fault)
    ]
    days = [since for _, since in dated]
    twice = next((day for day in days if days.count(day) > 1), None)
    if twice is not None:
        faults.append(f"Two rate cards hold from {twice} on; say of one of them from which day it holds, as CARD:FROM.")
    if not faults and days[0] > today:
        faults.append(f"{days[0]} is to come; give the rate card that holds until then, too.")
    return [Fault("rate_card", each) for each in faults]


def _card_fault(
    card: RateCard, since: date, organization: Organization, exchange_fault: ExchangeFault
) -> Iterator[str]:
    reason = None if card.currency == organization.currency else exchange_fault(card.currency)
    if reason is not None:
        fitting = ", ".join(each for each in rate_card_ids() if rate_card(each).currency == organization.currency)
        yield (
            f"The rate card {card.id} is in {card.currency}, and the organization's currency is "
            f"{organization.currency}. {reason} "
            f"Rate cards in {organization.currency}: {fitting or 'none'}."
        )
    begins = date.fromisoformat(card.effective_from)
    if since < begins:
        yield f"The rate card {card.id} holds from {begins} on, not from {since}."
