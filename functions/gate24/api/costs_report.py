"""A month's costs as one printable page for people outside, donors above all: HTML without scripts or anything from
elsewhere, in plain words (``report_words.json``)."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from gate24.costs import FEES, MESSAGE_COUNTS, CountedAmount, Exchange, MonthCosts, nearest
from gate24.rules.money import MICRO_PER_UNIT
from gate24.rules.reached import EXACT_MOST, cost_per_reached, reached_by
from gate24.usecases.month_report import MonthReport, PriceList

LANGUAGES = ("en", "hi")
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""With which a page with the names of campaigns in it is answered."""

CHANNELS_MOST, CAMPAIGNS_MOST = 8, 12
"""So many have a line of their own, those that cost most: it is one page."""

_SOURCES_MOST = 2
_PRICE_LISTS_MOST = 5
_NAME_LETTERS, _SOURCE_LETTERS = 40, 90
_SMALL = 10 * MICRO_PER_UNIT
"""A month that cost less is shown with four decimals."""

_HERE = Path(__file__)

Row = tuple[str, ...]


def language_of(accept_language: str) -> str:
    """Of a header Accept-Language the first language in which there is a report."""
    tags = (each.strip()[:2].lower() for each in accept_language.split(","))
    return next((each for each in tags if each in LANGUAGES), LANGUAGES[0])


def report_html(report: MonthReport, language: str) -> str:
    """The page; ``language``: one of ``LANGUAGES``."""
    return _Page(report, language).html()


@cache
def _words(language: str) -> dict[str, Any]:
    words: dict[str, Any] = json.loads(_HERE.with_name("report_words.json").read_text(encoding="utf-8"))[language]
    return words


@cache
def _style() -> str:
    return _HERE.with_name("report.css").read_text(encoding="utf-8")


class _Page:
    def __init__(self, report: MonthReport, language: str) -> None:
        self.report, self.language, self.words = report, language, _words(language)
        self.decimals = 2 if any(each.sums.total >= _SMALL for each in report.costs) else 4

    def html(self) -> str:
        report, year, month = self.report, self.report.month[:4], int(self.report.month[5:])
        of = f"{self.words['months'][month - 1]} {year}"
        title = f"{self.words['title']}: {report.organization}, {of}"
        parts = [
            f'<!doctype html>\n<html lang="{self.language}">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<header>",
            f"<h1>{escape(self.words['title'])}</h1>",
            f'<p class="of"><strong>{escape(report.organization)}</strong>, {of}</p>',
            f"<p>{escape(self._state())}{' ' + self.words['part'] if report.is_part else ''}</p>\n</header>\n<main>",
            *(self._costs(each) for each in report.costs),
            self._prices(),
            "</main>",
        ]
        zone = report.costs[0].timezone if report.costs else ""
        parts += [f"<footer><p>{self._say('made', zone=zone)}</p></footer>"] if zone else []
        return "\n".join(part for part in parts if part) + "\n</body>\n</html>\n"

    def _state(self) -> str:
        report = self.report
        if not report.costs:
            return str(self.words["no_costs"])
        if report.provisional_days:
            is_over = report.last_day == _last_day(report.month)
            which = "provisional" if is_over else "so_far"
            return self._plain(which, day=report.last_day, count=self._number(report.provisional_days))
        return str(self.words["corrected" if any(each.status == "restated" for each in report.costs) else "complete"])

    def _costs(self, costs: MonthCosts) -> str:
        counts = costs.sums.messages
        reached, each = reached_by(costs), cost_per_reached(costs)
        figures = [
            ("total", self._money(costs.sums.total, costs.currency)),
            ("sent", self._number(counts["freeform"] + counts["template"])),
            ("received", self._number(counts["inbound"])),
        ]
        if not self.report.is_part:
            unknown = str(self.words["not_known"])
            figures += [
                ("reached", unknown if reached is None else self._number(reached)),
                ("per_reached", "-" if each is None else self._money(each, costs.currency, 4)),
            ]
        shown = "".join(
            f"<div><dt>{escape(self.words[name])}</dt><dd>{escape(value)}</dd></div>" for name, value in figures
        )
        own = [
            f"<p>{self._say('card_amount', currency=name, amount=self._money(micro, name))}</p>"
            for name, micro in sorted(costs.card_amounts.items())
        ]
        left = self._fees(costs) + self._counts(costs) + self._categories(costs) + self._channels(costs)
        right = self._campaigns(costs)
        notes = [] if self.report.is_part else self._notes(costs, reached)
        listed = "".join(f"<li>{note}</li>" for note in notes)
        return "\n".join(
            [
                f"<dl>{shown}</dl>",
                *own,
                f'<div class="columns">\n<div>{left}</div>\n<div>{right}</div>\n</div>',
                f"<section><h2>{escape(self.words['notes'])}</h2>\n<ul>{listed}</ul></section>" if listed else "",
            ]
        )

    def _fees(self, costs: MonthCosts) -> str:
        total = costs.sums.total
        rows = [
            (self.words[fee], self._amount(costs.sums.fees[fee], costs.currency), _share(costs.sums.fees[fee], total))
            for fee in FEES
        ]
        last = (self.words["all"], self._amount(total, costs.currency), _share(total, total))
        return self._table(costs, "spent_on", ("what", "amount", "share"), rows, last)

    def _counts(self, costs: MonthCosts) -> str:
        counts = costs.sums.messages
        rows = [(self.words[name], self._number(counts[name])) for name in MESSAGE_COUNTS if counts[name]]
        return self._table(costs, "counted", ("kind", "messages"), rows)

    def _categories(self, costs: MonthCosts) -> str:
        names = self.words["categories"]
        rows = [
            (names.get(name, name), self._number(part.count), self._amount(part.micro, costs.currency))
            for name, part in _by_amount(costs.by_category)
        ]
        return self._table(costs, "by_category", ("category", "messages", "amount"), rows)

    def _channels(self, costs: MonthCosts) -> str:
        parts = {
            name: CountedAmount(sum(sums.messages[kind] for kind in ("inbound", "freeform", "template")), sums.total)
            for name, sums in costs.by_channel.items()
        }
        rows = self._folded(_by_amount(parts), CHANNELS_MOST, costs.currency)
        return self._table(costs, "by_channel", ("channel", "messages", "amount"), rows)

    def _campaigns(self, costs: MonthCosts) -> str:
        named = [(name, part) for name, part in _by_amount(costs.by_campaign) if name]
        rest = [part for name, part in costs.by_campaign.items() if not name]
        rows = self._folded(named, CAMPAIGNS_MOST, costs.currency, rest)
        return self._table(costs, "by_campaign", ("campaign", "messages", "amount"), rows)

    def _folded(
        self,
        parts: Sequence[tuple[str, CountedAmount]],
        most: int,
        currency: str,
        rest: Sequence[CountedAmount] = (),
    ) -> list[Row]:
        """The first of them, and the sum of the others. ``rest``: others of which nobody knows how many they are."""
        folded = [*(part for _, part in parts[most:]), *rest]
        others = self.words["rest"] if rest else self._plain("others", count=self._number(len(folded)))
        shown = [(_short(name), part) for name, part in parts[:most]]
        shown += [(others, sum(folded, CountedAmount()))] if folded else []
        return [(name, self._number(part.count), self._amount(part.micro, currency)) for name, part in shown]

    def _notes(self, costs: MonthCosts, reached: int | None) -> list[str]:
        exact = self._number(EXACT_MOST)
        notes = [self._say("reached_unknown") if reached is None else self._say("reached_note", exact=exact)]
        unknown = CountedAmount(costs.sums.messages["unknown"], costs.unknown_amount)
        counted = {
            "undelivered": costs.undelivered,
            "unknown_amount": unknown,
            "unpriced": CountedAmount(costs.unpriced),
            "unverified": CountedAmount(costs.unverified),
            "differences": CountedAmount(costs.provider_differences),
            "in_window": costs.in_window if costs.in_window.micro > 0 else CountedAmount(),
        }
        return notes + [
            self._say(name, count=self._number(part.count), amount=self._money(part.micro, costs.currency))
            for name, part in counted.items()
            if part.count
        ]

    def _prices(self) -> str:
        lists = self.report.price_lists
        lines = [self._price_list(each) for each in lists[-_PRICE_LISTS_MOST:]]
        lines += [self._rates(list(of)) for _, of in groupby(self.report.exchanges, lambda each: each.from_currency)]
        listed = "".join(f"<li>{line}</li>" for line in lines)
        title = escape(self.words["prices"])
        return f'<section class="fine"><h2>{title}</h2>\n<ul>{listed}</ul></section>' if lines else ""

    def _price_list(self, each: PriceList) -> str:
        told = []
        for source in each.sources[:_SOURCES_MOST]:
            said = self._plain("source", name=_short(source.name, _SOURCE_LETTERS), date=source.date)
            told.append(said if source.verified else f"{said} ({self.words['unread']})")
        more = len(each.sources) - _SOURCES_MOST
        told += [self._plain("more_sources", count=more)] if more > 0 else []
        return self._say(
            "price_list", card=each.card, currency=each.currency, since=each.since, sources="; ".join(told)
        )

    def _rates(self, found: list[Exchange]) -> str:
        first, last = found[0], found[-1]
        source = ", ".join(dict.fromkeys(each.source for each in found))
        pair = {"from": first.from_currency, "to": first.to_currency, "source": source}
        least, most = (pick(found, key=lambda each: each.rate) for pick in (min, max))
        if least.rate == most.rate:
            return self._say("rate", **pair, rate=least.text, day=first.day)
        return self._say("rates", **pair, least=least.text, most=most.text, first=first.day, last=last.day)

    def _table(self, costs: MonthCosts, title: str, columns: Row, rows: Sequence[Row], last: Row = ()) -> str:
        if not rows:
            return ""
        named = {"amount": f"{self.words['amount']} ({costs.currency})"}
        head = "".join(f'<th scope="col">{escape(named.get(each, self.words[each]))}</th>' for each in columns)
        body = "\n".join(_row(row) for row in rows)
        foot = f"\n<tfoot>{_row(last)}</tfoot>" if last else ""
        name = f"{title}-{costs.currency}"
        return (
            f'<h2 id="{name}">{escape(self.words[title])}</h2>\n<table aria-labelledby="{name}">\n'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>{foot}\n</table>\n"
        )

    def _plain(self, name: str, /, **values: Any) -> str:
        return str(self.words[name]).format(**values)

    def _say(self, name: str, /, **values: Any) -> str:
        return escape(self._plain(name, **values))

    def _money(self, micro: int, currency: str, decimals: int | None = None) -> str:
        return f"{currency} {self._amount(micro, currency, decimals)}"

    def _amount(self, micro: int, currency: str, decimals: int | None = None) -> str:
        """Rounded for readers; what would round to nothing is said to be less."""
        decimals = self.decimals if decimals is None else decimals
        unit = 10 ** (6 - decimals)
        rounded = nearest(micro, unit)
        less = "<" if micro > 0 and rounded == 0 else ""
        whole, fraction = divmod(max(rounded, bool(less)), 10**decimals)
        return f"{less}{self._number(whole, currency)}.{fraction:0{decimals}d}"

    def _number(self, number: int, currency: str = "") -> str:
        """Grouped as readers write it: by lakh and crore in Hindi and for rupees."""
        if self.language != "hi" and currency != "INR":
            return f"{number:,}"
        head, tail = divmod(number, 1000)
        if not head:
            return str(number)
        digits = str(head)
        pairs = [digits[max(0, end - 2) : end] for end in range(len(digits), 0, -2)][::-1]
        return f"{','.join(pairs)},{tail:03d}"


def _row(cells: Row) -> str:
    first, *others = cells
    return f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(each)}</td>" for each in others)}</tr>'


def _by_amount(parts: Mapping[str, CountedAmount]) -> list[tuple[str, CountedAmount]]:
    return sorted(parts.items(), key=lambda each: (-each[1].micro, -each[1].count, each[0]))


def _share(part: int, total: int) -> str:
    return f"{nearest(100 * part, total)} %" if total else "-"


def _short(name: str, letters: int = _NAME_LETTERS) -> str:
    return name if len(name) <= letters else f"{name[: letters - 1]}…"


def _last_day(month: str) -> str:
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]:02d}"
