"""A month's report as full as one can be that is still said to fit on a page."""

from __future__ import annotations

from gate24.costs import FEES, MESSAGE_COUNTS, CountedAmount, Exchange, MonthCosts, Sums
from gate24.rules.rate_cards import Source
from gate24.rules.reached import Reached
from gate24.usecases.month_report import MonthReport, PriceList

FORGED = "<script>alert(1)</script>"


def full_report(channels: int = 5, campaigns: int = 12) -> MonthReport:
    """With long names, every kind of message and category, everything that there is to know, and rates of 30 days."""
    reached = Reached()
    for number in range(300):
        reached.add(str(number))
    counts = {name: 1234 * number for number, name in enumerate(MESSAGE_COUNTS, 1)}
    sums = Sums(counts, {fee: 410_230_000 * number for number, fee in enumerate(FEES, 1)})
    categories = ("utility", "marketing", "authentication", "service", "inbound", "unknown")
    some = CountedAmount(120, 44_000_000)
    costs = MonthCosts(
        month="2026-10",
        timezone="Asia/Kolkata",
        currency="INR",
        status="restated",
        days=31,
        sums=sums,
        by_channel={f"learning-in-the-evening-{number}": sums for number in range(channels)},
        by_category={name: CountedAmount(17, 1_000_000) for name in categories},
        by_market={},
        by_campaign={
            f"{number} {FORGED} for all the parents of class": CountedAmount(number, 123_000_000 * number)
            for number in range(1, campaigns + 1)
        },
        unpriced=12,
        unknown_amount=3_000_000,
        provider_billed=5000,
        provider_differences=17,
        card_amounts={"USD": 30_123_456},
        undelivered=some,
        in_window=some,
        unverified=321,
        reached=reached.text,
    )
    words = "The list of prices that the provider has published for its partners, with notes on markets and more"
    sources = tuple(Source(f"{words} {number}", "2026-10-01", number == 0) for number in range(3))
    lists = tuple(
        PriceList(f"gupshup-2026-10-0{number}", "USD", f"2026-10-0{number}", ("a",), sources) for number in (1, 2, 3)
    )
    bank = "Financial Benchmarks India, reference rates"
    rates = tuple(
        Exchange("USD", "INR", 815_522_000_000 + day * 10**7, f"2026-10-{day:02d}", bank) for day in range(1, 31)
    )
    return MonthReport("Digital Learning Trust", "2026-10", (costs,), "2026-10-31", 2, lists, rates)
