"""How fast a channel and a contact may be sent to."""

from gate24.rules.rate_limit import CONTACT_BURST, CONTACT_INTERVAL_MS, CONTACT_PERIOD_MS, contact_wait_ms, slot_us

NOW = 1_790_000_000_000


def test_slots_are_a_second_divided_by_the_rate_apart() -> None:
    assert [slot_us(rate) for rate in (1, 20, 1000)] == [1_000_000, 50_000, 1_000]


def test_a_burst_to_one_contact_passes() -> None:
    assert contact_wait_ms([NOW - 1] * (CONTACT_BURST - 1), NOW) == 0


def test_after_a_burst_the_contact_is_left_alone_until_it_would_have_gone_out_one_by_one() -> None:
    assert contact_wait_ms([NOW - 1000] * CONTACT_BURST, NOW) == CONTACT_PERIOD_MS - 1000
    assert contact_wait_ms([NOW - CONTACT_PERIOD_MS] * CONTACT_BURST, NOW) == 0


def test_one_message_every_six_seconds_never_waits() -> None:
    sent = [NOW - number * CONTACT_INTERVAL_MS for number in range(1, CONTACT_BURST + 1)]
    assert contact_wait_ms(sent, NOW) == 0


def test_the_order_in_which_sends_are_told_does_not_matter() -> None:
    sent = [NOW - number * 10 for number in range(CONTACT_BURST + 5)]
    assert contact_wait_ms(sent, NOW) == contact_wait_ms(sent[::-1], NOW) > 0
