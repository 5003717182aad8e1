"""Money: integer micro-units inside, decimal strings outside, and never a float.

One micro-unit is a millionth of the currency's unit (USD 0.0010 is 1000), fine enough for every price that a
BSP publishes (four decimals) and summable without rounding.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation

MICRO_DIGITS = 6
MICRO_PER_UNIT = 10**MICRO_DIGITS

_SHOWN_DIGITS = 4
"""Providers' price lists have four decimals, so an amount shows at least as many."""

_MICRO = Decimal(1).scaleb(-MICRO_DIGITS)
_EXACT = Context(prec=40, traps=[Inexact, InvalidOperation])


def amount(micro: int) -> str:
    """The decimal string of an amount in micro-units: at least four decimals, more where needed, "0" for none."""
    if micro == 0:
        return "0"
    whole, fraction = divmod(abs(micro), MICRO_PER_UNIT)
    decimals = f"{fraction:0{MICRO_DIGITS}d}".rstrip("0").ljust(_SHOWN_DIGITS, "0")
    return f"{'-' if micro < 0 else ''}{whole}.{decimals}"


def micro(text: str) -> int:
    """The micro-units of a decimal string, exactly. ValueError if it is not a number or is finer than a
    micro-unit."""
    try:
        return int(_EXACT.scaleb(_EXACT.quantize(Decimal(text), _MICRO), MICRO_DIGITS))
    except (Inexact, InvalidOperation):
        raise ValueError("not a decimal number of at most six decimals") from None
