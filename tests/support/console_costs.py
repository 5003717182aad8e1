"""The costs of the console's API in memory: days, and what the routes of the costs answer about them. All parts of the
page show something: a dear day, two rate cards, a budget that is nearly used up, a bill with differences."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from gate24.api.problems import Problem
from gate24.api.render import author_json, day_json, month_json, rfc3339
from gate24.authors import Author
from gate24.costs import FEES, NOTHING, CountedAmount, DayCosts, Exchange, Sums, message_counts
from gate24.rules.day_parts import author_id
from gate24.rules.money import amount
from gate24.rules.rate_cards import rate_card, rate_card_ids
from gate24.rules.rollup import month_costs
from tests.support.console_people import ZONE, now_ms

Json = dict[str, Any]

DAYS = 75
BUDGET = 70_000_000
CHANNEL_BUDGET = 30_000_000
NOT_CONVERTED = "meta-inr-2023-06-01"
PAGE_DAYS = 8
"""So many days are on a page of what-if."""

_EXCHANGE = Exchange("INR", "USD", 112_345_678, "2026-11-20", "ECB")
_TEMPLATES = {"utility": (0.6, 4200), "marketing": (0.3, 10_700), "authentication": (0.1, 1400)}
_NAMES = {"utility": "camp_reminder", "marketing": "annual_appeal", "authentication": "login_code"}
_STAFF = [Author("member", "Asha Rao"), Author("member", "Bimal Das"), Author("member", "Asha Rao")]
_SOFTWARE = Author("key", "newsletter")
MORE_LIVE = 2
"""Messages that came in since today was stated, in what is live."""
_MARKETS = {"India": 0.9, "Nepal": 0.08, "Bangladesh": 0.02}
_REASONS = {
    "different": ("category_changed", "The provider counts it in another category."),
    "only_ours": ("no_event", "No billing event came."),
    "only_theirs": ("not_in_ledger", "No message of this id is in the period's ledger."),
}


def costs() -> list[DayCosts]:
    """The last days, oldest first."""
    today = datetime.now(ZONE).date()
    return [_day(today - timedelta(days=ago), ago) for ago in reversed(range(DAYS))]


def _day(day: date, ago: int) -> DayCosts:
    dice = random.Random(ago)
    inbound, freeform, template = dice.randint(80, 240), dice.randint(40, 180), dice.randint(20, 90)
    if ago % 25 == 12:  # a campaign: one tall day
        template *= 40
    unknown = int(ago % 9 == 4)
    by_meta = template // 4
    media = dice.randint(0, 12) * 1000
    kinds = {name: round(template * share) for name, (share, _) in _TEMPLATES.items()}
    kinds["utility"] += template - sum(kinds.values())
    fees = {name: kinds[name] * micro for name, (_, micro) in _TEMPLATES.items()}
    meta_fee, whatsapp = by_meta * 4200, sum(fees.values())
    messages = message_counts({"failed": ago % 3, "refused": ago % 4, "unknown": unknown})
    own = {"inbound": inbound, "freeform": freeform, "template": template}
    gupshup = (inbound + freeform + template - by_meta) * 1000
    total = whatsapp + gupshup + media
    meta = Sums(message_counts({"template": by_meta}), {"whatsapp": meta_fee, "gupshup": 0, "media": 0})
    rest = Sums(
        messages | own | {"template": template - by_meta},
        {"whatsapp": whatsapp - meta_fee, "gupshup": gupshup, "media": media},
    )
    counted = sum(own.values())
    found = DayCosts(
        day=day.isoformat(),
        timezone=str(ZONE),
        currency="USD",
        status="provisional" if ago < 2 else "restated" if ago == 5 else "final",
        sums=Sums(messages | own, {"whatsapp": whatsapp, "gupshup": gupshup, "media": media}),
        by_channel={"gupshup-1": rest, "meta-1": meta},
        by_category={
            **{
                name: CountedAmount(kinds[name], fees[name] + (kinds[name] - by_meta * (name == "utility")) * 1000)
                for name in kinds
            },
            "service": CountedAmount(freeform, freeform * 1000 + media),
            "inbound": CountedAmount(inbound, inbound * 1000),
        },
        by_market={
            name: CountedAmount(round(counted * share), round(total * share)) for name, share in _MARKETS.items()
        },
        by_campaign={"Diwali camp": CountedAmount(template // 2, whatsapp // 2), "": CountedAmount(3, 12_600)},
        unpriced=int(ago % 8 == 3),
        unknown_amount=unknown * 1000,
        provider_billed=freeform + template,
        provider_differences=2 if ago % 10 == 5 else 0,
        card_amounts={"INR": by_meta * 373_846} if by_meta else {},
        exchanges={"INR": _EXCHANGE} if by_meta else {},
        undelivered=CountedAmount(ago % 4, (ago % 4) * 4200),
        in_window=CountedAmount(ago % 5, (ago % 5) * 3200),
        unverified=by_meta if ago % 7 == 0 else 0,
    )
    rows = rows_of(found)
    return replace(
        found,
        by_template=_summed((row.template, row.total) for row in rows),
        by_author=_summed((row.author.text if row.author else None, row.total) for row in rows),
        as_of=now_ms() - 20 * 60_000 if ago == 0 else _ms(day + timedelta(days=1)) + 3_600_000,
    )


def _ms(day: date) -> int:
    return int(datetime.combine(day, time(), ZONE).timestamp() * 1000)


def _summed(parts: Iterator[tuple[str | None, int]]) -> dict[str, CountedAmount]:
    found: dict[str, CountedAmount] = {}
    for name, micro in parts:
        if name is not None:
            found[name] = found.get(name, NOTHING) + CountedAmount(1, micro)
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Row:
    """A message that a day is made of; fees in micro-units."""

    channel: str
    kind: str
    category: str
    fees: dict[str, int]
    template: str | None = None
    author: Author | None = None

    @property
    def total(self) -> int:
        return sum(self.fees.values())


def _fees(whatsapp: int = 0, gupshup: int = 1000, media: int = 0) -> dict[str, int]:
    return {"whatsapp": whatsapp, "gupshup": gupshup, "media": media}


def rows_of(day: DayCosts) -> list[Row]:
    """The messages that count, whose sum is the day."""
    rows = []
    by_meta = day.by_channel["meta-1"].messages["template"]
    for name, (_, micro) in _TEMPLATES.items():
        for number in range(day.by_category[name].count):
            is_meta = name == "utility" and number < by_meta
            author = _SOFTWARE if name == "marketing" else _STAFF[number % 3]
            fees = _fees(micro, 0 if is_meta else 1000)
            rows.append(Row("meta-1" if is_meta else "gupshup-1", "template", name, fees, _NAMES[name], author))
    with_file = day.sums.fees["media"] // 1000
    for number in range(day.by_category["service"].count):
        fees = _fees(media=1000 if number < with_file else 0)
        rows.append(Row("gupshup-1", "freeform", "service", fees, author=_STAFF[number % 3]))
    rows += [Row("gupshup-1", "inbound", "inbound", _fees())] * day.by_category["inbound"].count
    return rows


def now_live(day: DayCosts) -> DayCosts:
    """Today with what came in since it was stated; another day as it is."""
    if day.day != datetime.now(ZONE).date().isoformat():
        return day

    def more(sums: Sums) -> Sums:
        counts = {**sums.messages, "inbound": sums.messages["inbound"] + MORE_LIVE}
        return Sums(counts, {**sums.fees, "gupshup": sums.fees["gupshup"] + MORE_LIVE * 1000})

    came = CountedAmount(MORE_LIVE, MORE_LIVE * 1000)
    return replace(
        day,
        sums=more(day.sums),
        by_channel={**day.by_channel, "gupshup-1": more(day.by_channel["gupshup-1"])},
        by_category={**day.by_category, "inbound": day.by_category["inbound"] + came},
        by_market={**day.by_market, "India": day.by_market["India"] + came},
        as_of=now_ms(),
    )


@dataclass
class Costs:
    """What is answered of days, oldest first. ``known``: contacts and ids of messages that can be opened."""

    days: list[DayCosts]
    known: list[tuple[str, str]] = field(default_factory=list)

    def live(self, query: dict[str, str]) -> Json:
        day = query.get("day") or datetime.now(ZONE).date().isoformat()
        (found,) = (each for each in self.days if each.day == day)
        return {**day_json(now_live(found)), "counted_until": None, "next_cursor": None}

    def messages(self, query: dict[str, str]) -> Json:
        (day,) = (each for each in self.days if each.day == query["day"])
        rows = list(enumerate(rows_of(now_live(day))))
        for name, of in _ASKED.items():
            if name in query:
                rows = [(number, row) for number, row in rows if of(row) == query[name]]
        if "fee" in query:
            rows = [(number, row) for number, row in rows if row.fees[query["fee"]]]
        start, limit = int(query.get("cursor", 0)), int(query["limit"])
        end = start + limit
        data = [self._message(day, number, row) for number, row in rows[start:end]]
        return {"data": data, "next_cursor": str(end) if end < len(rows) else None}

    def _message(self, day: DayCosts, number: int, row: Row) -> Json:
        """One in seven is of somebody who was erased."""
        contact, message_id = self.known[number] if number < len(self.known) else (f"+9198764{number:05}", f"x{number}")
        is_erased = number % 7 == 6
        return {
            "message_id": None if is_erased else message_id,
            "at": rfc3339(_ms(date.fromisoformat(day.day)) + number * 1000),
            "direction": "inbound" if row.kind == "inbound" else "outbound",
            "type": None if is_erased else "template" if row.kind == "template" else "text",
            "contact": None if is_erased else contact,
            "channel": row.channel,
            "kind": row.kind,
            "category": row.category,
            "template": row.template,
            "author": None if row.author is None else author_json(row.author),
            "currency": "USD",
            "total": amount(row.total),
            "fees": {fee: amount(row.fees[fee]) for fee in FEES},
            "undelivered": amount(4200 if number == 1 else 0),
            "unpriced": number == 2,
            "corrected": number == 3,
            **({"card": {"amount": "0.3738", "currency": "INR"}} if row.channel == "meta-1" else {}),
        }

    def daily(self, query: dict[str, str]) -> Json:
        return {"data": [day_json(day) for day in self.between(query)], "next_cursor": None}

    def monthly(self, query: dict[str, str]) -> Json:
        return {"data": [month_json(month_costs(days)) for days in self.months(query)], "next_cursor": None}

    def months(self, query: dict[str, str]) -> list[list[DayCosts]]:
        """The days of each month that has some."""
        names = sorted({day.day[:7] for day in self.days if query["from"] <= day.day[:7] <= query["to"]})
        return [[day for day in self.days if day.day[:7] == name] for name in names]

    def between(self, query: dict[str, str]) -> list[DayCosts]:
        return [day for day in self.days if query["from"] <= day.day <= query["to"]]

    def rate_cards(self, _query: dict[str, str]) -> Json:
        found = (rate_card(name) for name in rate_card_ids())
        facts = ("id", "provider", "currency", "effective_from", "effective_to", "model")
        return {"rate_cards": [{name: getattr(each, name) for name in facts} for each in found]}

    def budget(self, query: dict[str, str]) -> Json:
        month = query.get("month") or datetime.now(ZONE).date().isoformat()[:7]
        days = [day for day in self.days if day.day.startswith(month)]
        channels = [("gupshup-1", CHANNEL_BUDGET), ("meta-1", None)]
        return {
            "month": month,
            "timezone": str(ZONE),
            "currency": "USD",
            "as_of": rfc3339(now_ms()) if days else None,
            "delay_seconds": 3630,
            "organization": _budget(days, BUDGET, lambda day: day.sums.total),
            "unpriced": sum(day.unpriced for day in days),
            "channels": [
                {"channel": name, **_budget(days, limit, partial(_of_channel, name))} for name, limit in channels
            ],
        }

    def what_if(self, query: dict[str, str]) -> Json:
        if query["card"] == NOT_CONVERTED:
            raise Problem("payload_invalid", "card cannot be converted: there is no exchange rate.")
        days = self.between(query)
        start = int(query.get("cursor", 0))
        lines = [line for day in days[start : start + PAGE_DAYS] for line in _lines(day)]
        cost, other = (sum(line[name] for line in lines) for name in ("cost", "what_if"))
        then = start + PAGE_DAYS
        return {
            "card": query["card"],
            "from": query["from"],
            "to": query["to"],
            "currency": "USD",
            **_beside(cost, other),
            "unpriced": len(lines) // 7,
            "lines": [{**line, **_beside(line["cost"], line["what_if"])} for line in lines],
            "assumed": ["delivered", "first_volume_tier"],
            "next_cursor": str(then) if then < len(days) else None,
        }

    def bill(self, query: dict[str, str]) -> Json:
        lines = [line for day in self.between(query) for line in _bill_lines(day)]
        start, limit = int(query.get("cursor", 0)), int(query.get("limit", 100))
        asked = [line for line in lines if query.get("class", "all") in ("all", line["class"])]
        end = start + limit
        # The sums are of what was read to the page's end: of all lines on the last page.
        read = lines if end >= len(asked) else lines[: lines.index(asked[end - 1]) + 1]
        return {
            "data": asked[start:end],
            "next_cursor": str(end) if end < len(asked) else None,
            "summary": _summary(read, len(read) == len(lines)),
        }


_ASKED: dict[str, Callable[[Row], str | None]] = {
    "channel": lambda row: row.channel,
    "category": lambda row: row.category,
    "template": lambda row: row.template,
    "author": lambda row: None if row.author is None else author_id(row.author.text),
}


def _of_channel(name: str, day: DayCosts) -> int:
    return day.by_channel[name].total


def bill_csv(page: Json) -> tuple[str, dict[str, str]]:
    """A page as CSV, and the header that tells of a next one."""
    rows = ["class,date,message_id", *(f"{line['class']},{line['date']},{line['message_id']}" for line in page["data"])]
    cursor = page["next_cursor"]
    return "\r\n".join([*rows, ""]), {} if cursor is None else {"x-next-cursor": cursor}


def _budget(days: list[DayCosts], limit: int | None, of: Callable[[DayCosts], int]) -> Json:
    spent = sum(map(of, days))
    over = [of(day) for day in days if day.status != "provisional"]
    left = 30 - len(over)
    is_over = bool(days) and days[-1].status != "provisional"
    total = spent if is_over else sum(over) + sum(over) * left // max(len(over), 1)
    share = None if limit is None else spent * 100 // limit
    return {
        "budget": None if limit is None else amount(limit),
        "shares": [50, 80, 100],
        "refuse_above_budget": limit is not None,
        "spent": amount(spent),
        "share": share,
        "reached": [] if share is None else [each for each in (50, 80, 100) if share >= each],
        "is_refusing": share is not None and share >= 100,
        "forecast": {
            "amount": amount(max(total, spent)) if over else None,
            "method": None if not over else "ended" if is_over else "days",
            "days": len(over),
            "reason": None if over else "no_day_is_over",
        },
        "budget_reached_on": days[-1].day if share is not None and share >= 80 else None,
    }


def _beside(cost: int, other: int) -> Json:
    return {"cost": amount(cost), "what_if": amount(other), "difference": amount(other - cost)}


def _lines(day: DayCosts) -> Iterator[Json]:
    kinds = [("template", name, "India") for name in _TEMPLATES] + [("freeform", None, None), ("inbound", None, None)]
    for kind, category, market in kinds:
        part = day.by_category[category or ("service" if kind == "freeform" else "inbound")]
        facts = {"date": day.day, "channel": "gupshup-1", "kind": kind, "category": category, "market": market}
        other = part.micro * 2 if category == "marketing" else part.micro - part.count * 900
        yield {**facts, "count": part.count, "cost": part.micro, "what_if": other}


def _bill_lines(day: DayCosts) -> Iterator[Json]:
    """Some of each class; amounts are of one message."""
    classes = (
        ["matched"] * 12
        + ["different"] * day.provider_differences
        + ["only_ours"]
        + ["only_theirs"] * (day.provider_differences // 2)
    )
    for number, name in enumerate(classes):
        reckoned: Json = {}
        ours: Json | None = {"category": "utility", "charged": True, "amount": "0.0052", "currency": "USD"}
        theirs: Json | None = {"category": "utility", "charged": True, "amount": None, "currency": "USD"}
        if name == "different" and ours and theirs:
            theirs["category"] = ours["category"] = "marketing"
            reckoned["reckoned"] = {"category": "utility", "charged": True}
            ours["card"] = {"amount": "0.4629", "currency": "INR"}
        code, words = _REASONS.get(name, (None, None))
        yield {
            "class": name,
            "reason": None if code is None else {"code": code, "text": words},
            "date": day.day,
            "at": f"{day.day}T06:30:00.000Z",
            "message_id": None if name == "only_theirs" else f"msg-{day.day}-{number}",
            "provider_id": f"gs-{day.day}-{number}",
            "channel": "gupshup-1",
            "kind": None if name == "only_theirs" else "template",
            "ours": None if name == "only_theirs" else ours,
            "theirs": None if name == "only_ours" else theirs,
            **reckoned,
        }


def _summary(lines: list[Json], is_complete: bool) -> Json:
    names = ("matched", "different", "only_ours", "only_theirs")
    told = [line for line in lines if line["reason"]]
    reasons = dict.fromkeys((line["class"], line["reason"]["code"], line["reason"]["text"]) for line in told)
    return {
        "is_complete": is_complete,
        "timezone": str(ZONE),
        "currency": "USD",
        "classes": [{"class": name, **_counts([line for line in lines if line["class"] == name])} for name in names],
        "reasons": [
            {
                **{"class": name, "code": code, "text": words},
                **_counts([line for line in told if line["class"] == name]),
            }
            for name, code, words in reasons
        ],
        **{side: counts for side, counts in _counts(lines).items() if side != "count"},
        "unconverted": [{"amount": "12.5000", "currency": "EUR"}],
        "channels": [
            {"channel": "gupshup-1", "provider": "gupshup", "billing_events": True},
            {"channel": "meta-1", "provider": "meta", "billing_events": False},
        ],
    }


def _counts(lines: list[Json]) -> Json:
    ours, theirs = ([line for line in lines if line[side]] for side in ("ours", "theirs"))
    charged = sum(line["theirs"]["charged"] for line in theirs)
    return {
        "count": len(lines),
        "ours": {"count": len(ours), "amount": amount(len(ours) * 5200)},
        "theirs": {"count": len(theirs), "charged": charged, "free": len(theirs) - charged},
    }
