"""Shadow mode: what the gate would have said of what a channel's software sent around it, and what it says of that."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from gate24.channels import Channel
from gate24.store import organizations
from tests.support.administration import Printed, administered
from tests.support.bodies import gupshup_consent, gupshup_status, gupshup_text, meta_status, meta_text
from tests.support.memory_table import memory_table
from tests.support.scene import (
    HOUR,
    new_number,
    now,
    post_webhook,
    put_channel_secrets,
    standing_clock,
)
from tests.support.system import APP_SECRET, GUPSHUP, META, ORG, TOKEN, System, system

DAY = 24 * HOUR
LOCAL_DAYS = ("--from", "2020-01-01")

# Of each person: what happened and how long ago; what the gate says, and where it and the provider disagree.
PEOPLE: dict[str, tuple[list[tuple[Any, ...]], str, str | None]] = {
    "open": ([("wrote", 2 * HOUR), ("freeform", HOUR, "delivered")], "allow", None),
    "closed": (
        [("in", 40 * HOUR), ("wrote", 30 * HOUR), ("freeform", HOUR, "read")],
        "window_closed",
        "delivered_though_closed",
    ),
    "closed and failed": (
        [("in", 40 * HOUR), ("wrote", 30 * HOUR), ("freeform", HOUR, "closed")],
        "window_closed",
        None,
    ),
    "open and failed": ([("wrote", 2 * HOUR), ("freeform", HOUR, "closed")], "allow", "failed_though_open"),
    "in the margin": (
        [("in", 40 * HOUR), ("wrote", 25 * HOUR), ("freeform", HOUR + 10_000, "delivered")],
        "window_closed",
        "delivered_in_margin",
    ),
    "wrote again later": (
        [("in", 40 * HOUR), ("wrote", 30 * HOUR), ("freeform", 2 * HOUR, "delivered"), ("wrote", HOUR)],
        "window_closed",
        "delivered_though_closed",
    ),
    "opted out": ([("wrote", 4 * HOUR), ("out", 3 * HOUR), ("utility", HOUR, "delivered")], "opted_out", None),
    "wrote STOP": ([("wrote", 4 * HOUR), ("STOP", 3 * HOUR), ("freeform", HOUR, "delivered")], "opted_out", None),
    "wrote after STOP": (
        [("STOP", 4 * HOUR), ("wrote", 3 * HOUR), ("freeform", 2 * HOUR, "delivered"), ("STOP", HOUR)],
        "allow",
        None,
    ),
    "opted out later": ([("in", 40 * HOUR), ("utility", 3 * HOUR, "read"), ("out", HOUR)], "allow", None),
    "never asked": ([("utility", HOUR, "delivered")], "not_opted_in", None),
    "blocked": ([("block", 5 * HOUR), ("wrote", 2 * HOUR), ("freeform", HOUR, "delivered")], "blocked", None),
    "blocked later": ([("wrote", 3 * HOUR), ("freeform", 2 * HOUR, "delivered"), ("block", HOUR)], "allow", None),
    "template in the window": ([("in", DAY), ("wrote", 2 * HOUR), ("utility", HOUR, "delivered")], "allow", None),
    "marketing without a yes": ([("wrote", 2 * HOUR), ("marketing", HOUR, "delivered")], "not_opted_in", None),
    "kind not told": ([("in", 40 * HOUR), ("untold", HOUR, "delivered")], "kind_not_told", None),
}
UNKNOWN = {"kind_not_told"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with (
        system(tmp_path_factory.mktemp("shadow"), simulate=False) as made,
        memory_table(made.dynamodb),
        administered(made),
    ):
        yield made


def new_channel(like: str, since: int | None = 10 * DAY) -> Channel:
    """Another channel of the same organization and provider, in shadow mode ``since`` so long ago."""
    found = organizations.channel(like)
    assert found is not None
    number = new_number()
    channel = Channel(
        f"{like}-{number}",
        ORG,
        found.provider,
        f"+{number}",
        found.api_base,
        found.rate_card,
        app=found.app,
        phone_number_id=number if found.provider == "meta" else None,
        mode="enforce" if since is None else "shadow",
        shadow_since=None if since is None else now() - since,
    )
    organizations.put_channel(channel)
    put_channel_secrets(channel.id, webhook_tokens=[TOKEN], app_secrets=[APP_SECRET])
    return channel


def post(gate24: System, channel: Channel, body: Any) -> None:
    is_meta = channel.provider == "meta"
    answer = gate24.meta_webhook(body, channel.id) if is_meta else gate24.webhook(body, channel.id)
    assert (answer.status, answer.text) == (200, "")


def statuses(channel: Channel, phone: str, name: str, kind: str, at: int, outcome: str) -> list[Any]:
    """What the provider says of a message, as far as ``kind`` and ``outcome`` have it say."""
    is_template = kind in ("utility", "marketing")
    said = [("sent", at)] if outcome != "closed" else []
    said += [("failed", at + 1000)] if outcome == "closed" else [("delivered", at + 2000)]
    said += [("read", at + 3000)] if outcome == "read" else []
    bodies: list[Any] = []
    if channel.provider == "meta":
        for each, when in said:
            more: dict[str, Any] = {"phone": phone, "phone_number_id": channel.phone_number_id}
            if kind != "untold":
                category = kind if is_template else "service"
                more["pricing"] = {"billable": is_template, "pricing_model": "PMP", "category": category}
            code = 131047 if each == "failed" else None
            bodies.append(meta_status(each, f"wamid.out-{phone}-{name}", at=when, code=code, **more))
        return bodies
    ids = (f"gs-{phone}-{name}", f"wamid.out-{phone}-{name}", phone)
    if kind != "untold":
        bodies.append(gupshup_status("enqueued", *ids, at, kind="template" if is_template else "session"))
    pricing = {"policy": "PMP", "category": kind} if is_template else None
    for each, when in said:
        bodies.append(gupshup_status(each, *ids, when, 470 if each == "failed" else None, pricing=pricing))
    return bodies


def webhooks_of(channel: Channel, phone: str, happened: list[tuple[Any, ...]], start: int) -> list[Any]:
    """What the provider tells of one person, as bodies; what staff did as a call of the API."""
    bodies: list[Any] = []
    for number, (what, ago, *rest) in enumerate(happened):
        at, name = (start - ago) // 1000 * 1000, str(number)
        if what in ("wrote", "STOP"):
            text, told = ("STOP" if what == "STOP" else "Namaste"), f"wamid.in-{phone}-{name}"
            is_meta = channel.provider == "meta"
            bodies.append(
                meta_text(text, told, phone, at, channel.phone_number_id or "")
                if is_meta
                else gupshup_text(text, told, phone, at)
            )
        elif what in ("in", "out"):
            bodies.append(gupshup_consent(f"opted-{what}", phone, at))
        elif what == "block":
            bodies.append((phone, at))
        else:
            bodies += statuses(channel, phone, name, what, at, rest[0])
    return bodies


def tell(gate24: System, channel: Channel, order: str) -> None:
    """All that happened to all people, in this order of arrival."""
    start = now()
    told = [body for happened, *_ in PEOPLE.values() for body in webhooks_of(channel, new_number(), happened, start)]
    if order == "backwards":
        told.reverse()
    elif order != "as it happened":
        random.Random(order).shuffle(told)
    for body in told:
        if isinstance(body, tuple):
            phone, at = body
            with standing_clock(at):
                assert gate24.http("PUT", f"/v1/contacts/{phone}/block", {}).status in (200, 204)
        elif "user-event" in json.dumps(body):  # consent is the organization's, whichever channel tells it
            post_webhook(gate24, GUPSHUP, body)
        else:
            post(gate24, channel, body)


def report(capsys: pytest.CaptureFixture[str], channel: Channel, *more: str) -> Any:
    printed = Printed(capsys, "shadow", "report", channel.id, *LOCAL_DAYS, "--json", *more)
    assert printed.status == 0, printed.err
    return printed.json


@pytest.mark.parametrize("order", ["as it happened", "backwards", "in one order", "in another"])
@pytest.mark.parametrize("provider", [GUPSHUP, META])
def test_every_send_around_the_gate_is_judged_as_of_its_time_in_whatever_order_it_is_told(
    shared: System, capsys: pytest.CaptureFixture[str], provider: str, order: str
) -> None:
    channel = new_channel(provider)
    tell(shared, channel, order)
    found = report(capsys, channel)
    codes = [code for _, code, _ in PEOPLE.values()]
    assert found["seen"] == len(PEOPLE)
    assert found["allowed"] == codes.count("allow")
    refused = {code: codes.count(code) for code in codes if code not in UNKNOWN | {"allow"}}
    assert found["refused"] == {"total": sum(refused.values()), "by_code": refused}
    assert found["unknown"] == {"total": 1, "by_reason": {"kind_not_told": 1}}
    assert found["provider"] == {"delivered": len(PEOPLE) - 2, "failed": 2, "not_told": 0}
    kinds = sorted(each["disagreement"] for each in found["disagreements"]["messages"])
    assert kinds == sorted(kind for *_, kind in PEOPLE.values() if kind)
    against = [each["gate"]["code"] for each in found["against_consent"]["messages"]]
    assert sorted(against) == ["blocked", "not_opted_in", "not_opted_in", "opted_out", "opted_out"]
    assert found["cost"]["templates_in_open_windows"]["count"] == 1
