"""Every flow of gate24 as a table: what happened before, and what is done while a call fails.

What happens is dated before ``START`` (``redelivery``), so that it has the same time in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gate24.rules.rollup import local_day
from gate24.store import rollup_queue
from gate24.store.rollup_queue import QueuedDay
from tests.support import bodies
from tests.support.redelivery import START, World
from tests.support.scene import HOUR, MINUTE, SECOND, body_about
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, TEMPLATE, TEXT

PHONE, OTHER_PHONE, NEW_PHONE = "919876543210", "919876543211", "919876543212"
USER_ID, NEW_USER_ID = "IN.Ab12Cd34Ef56", "IN.Gh78Ij90Kl12"
EARLIER, LATELY = START - 3 * HOUR, START - HOUR
AFTER = START + 2 * MINUTE
TODAY = local_day(START, "Asia/Kolkata")
PATH = f"/v1/contacts/{PHONE}"

Act = Callable[[World], Any]


@dataclass(frozen=True, slots=True)
class Flow:
    """``before``: what happened before, without a fault; ``acts``: what a fault strikes. ``people``: of whom the end is
    compared. ``sends``: whether the BSP is asked to send something. ``is_drained``: whether the queues are consumed."""

    name: str
    acts: tuple[Act, ...]
    before: tuple[Act, ...] = ()
    people: tuple[str, ...] = (PHONE,)
    is_drained: bool = True


# What contacts do


def wrote(
    text: str = "Namaste",
    channel: str = GUPSHUP,
    at: int = LATELY,
    name: str = "wamid.in-1",
    phone: str | None = PHONE,
    user_id: str | None = None,
) -> Act:
    if channel == META:
        return lambda world: world.webhook(META, bodies.meta_text(text, name, phone, at, META_NUMBER, user_id))
    body = bodies.gupshup_message("text", {"text": text}, name, phone or "", at, user_id=user_id)
    return lambda world: world.webhook(GUPSHUP, body)


def tells(body: bodies.Body, channel: str = GUPSHUP, at: int = LATELY) -> Act:
    """A body of ``bodies``, at a time, on the system's own Meta number."""
    told = body_about(body, PHONE, at)
    return lambda world: world.webhook(channel, told)


def system_message(kind: str, phone: str | None = PHONE, **part: Any) -> Act:
    told = bodies.message("system", {"type": kind, **part}, f"wamid.{kind}", phone, LATELY)
    return lambda world: world.webhook(META, bodies.meta(bodies.change("messages", {"messages": [told]}, META_NUMBER)))


def moved(**user_ids: str) -> Act:
    return system_message("user_changed_number", wa_id=NEW_PHONE, body="changed", **user_ids)


def renamed(phone: str | None = PHONE) -> Act:
    return system_message("user_changed_user_id", phone, previous_user_id=USER_ID, user_id=NEW_USER_ID)


def several_wrote(world: World) -> None:
    """One request of Meta's with messages of several contacts, and two of one."""
    told = [(PHONE, "wamid.1"), (OTHER_PHONE, "wamid.2"), (PHONE, "wamid.3")]
    messages = [bodies.message("text", {"body": name}, name, phone, LATELY) for phone, name in told]
    world.webhook(META, bodies.meta(bodies.change("messages", {"messages": messages}, META_NUMBER)))


OPTED_IN = tells(bodies.gupshup_consent("opted-in"), at=EARLIER)

# What staff and software do


def asks(method: str, path: str, body: Any = None) -> Act:
    return lambda world: world.request(method, path, body)


def sends(body: dict[str, Any] = TEXT, channel: str = GUPSHUP, to: str = PHONE) -> Act:
    return lambda world: world.send(body | {"channel": channel, "to": f"+{to}"})


def bsp_answers(status: int, body: Any = None, count: int = 1) -> Act:
    def act(world: World) -> None:
        world.aws.bsp.script += [(status, body)] * count

    return act


def window_is_closed(status: int, body: Any) -> Act:
    """At the BSP, which refuses every freeform so."""

    def act(world: World) -> None:
        world.aws.bsp.to_freeform = (status, body)

    return act


def registered(name: str, channel: str = GUPSHUP, **changes: Any) -> Act:
    entry = {"bsp_template_id": f"{channel}-{name}", "language": "en", "category": "utility", "status": "approved"}
    return asks("PUT", f"/v1/templates/{name}", {"channel": channel, **entry, "params": 1, "media": None, **changes})


def passes(milliseconds: int) -> Act:
    return lambda world: world.passes(milliseconds)


# What the BSP says of what was sent


def gupshup_says(status: str, **more: Any) -> Act:
    def act(world: World) -> None:
        taken = world.aws.bsp.taken[-1]
        body = bodies.gupshup_status(status, taken.id, f"wamid.{taken.id}", taken.phone, AFTER, **more)
        world.webhook(GUPSHUP, body)

    return act


def gupshup_bills(world: World) -> None:
    body = bodies.gupshup_billing(world.aws.bsp.taken[-1].id, at=AFTER, category="service")
    world.webhook(GUPSHUP, body)


def meta_says(status: str, **more: Any) -> Act:
    def act(world: World) -> None:
        taken = world.aws.bsp.taken[-1]
        body = bodies.meta_status(
            status, taken.id, taken.our_id, taken.phone, AFTER, phone_number_id=META_NUMBER, **more
        )
        world.webhook(META, body)

    return act


METERED = {"pricing": {"pricing_model": "PMP", "type": "regular", "category": "utility", "billable": True}}

# Outages


@contextmanager
def broken(world: World, *calls: str) -> Iterator[None]:
    world.aws.calls.broken = frozenset(calls)
    try:
        yield
    finally:
        world.aws.calls.broken = frozenset()


WRITES = tuple(f"dynamodb.{name}" for name in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"))
EVERYTHING = (*WRITES, "dynamodb.GetItem", "dynamodb.Query", "secretsmanager.GetSecretValue")


def in_an_outage(act: Act, *calls: str) -> Act:
    """The act while these calls fail; then the outage is over."""

    def during(world: World) -> None:
        with broken(world, *calls):
            act(world)
        world.passes(MINUTE)
        world.starts_anew()

    return during


def sends_in_an_outage(outcome: tuple[int, Any]) -> Act:
    """A send whose outcome cannot be written, and is queued."""

    def act(world: World) -> None:
        def breaks() -> None:
            world.aws.calls.broken = frozenset(WRITES)

        world.aws.bsp.script.append(outcome)
        world.aws.bsp.then = breaks
        sends()(world)
        world.aws.bsp.then, world.aws.calls.broken = None, frozenset()
        world.passes(MINUTE)
        world.starts_anew()

    return act


# Rollups


def queues_a_day(world: World) -> None:
    world.aws.queues[world.days] = []
    rollup_queue.put([QueuedDay(ORG, TODAY)])


def queues_a_changed_day(world: World) -> None:
    from datetime import timedelta

    from gate24.store import changed_days

    day = TODAY - timedelta(days=20)
    changed_days.note(ORG, day.isoformat())
    world.passes(HOUR)
    rollup_queue.put([QueuedDay(ORG, day, is_changed=True)])


def runs(world: World) -> None:
    world.scheduled_run()


def empties_the_queue(world: World) -> None:
    world.aws.queues.clear()


def reads_little(world: World) -> None:
    world.reads_little_at_once()


def erases_little(world: World) -> None:
    world.erases_little_at_once()


def runs_by_hand(world: World) -> None:
    world.run_by_hand(str(TODAY), str(TODAY))


CONVERSATION = (
    *(wrote(f"message {number}", at=EARLIER + number * MINUTE, name=f"wamid.{number}") for number in range(5)),
    OPTED_IN,
    sends(),
)
KNOWN = (wrote("earlier", at=EARLIER, name="wamid.in-0"),)
KNOWN_AT_META = (wrote("earlier", META, EARLIER, "wamid.in-0"),)
SENT = (wrote(), sends(), passes(3 * MINUTE))
SENT_BY_META = (wrote(channel=META), sends(channel=META), passes(3 * MINUTE))
UNKNOWN = (wrote(), bsp_answers(500), sends(), passes(3 * MINUTE))
UNKNOWN_AT_META = (wrote(channel=META), bsp_answers(500), sends(channel=META), passes(3 * MINUTE))
AGAIN = wrote("again", at=START + 500, name="wamid.again")
FALLBACK = TEXT | {"fallback": {"template": TEMPLATE["template"]}}
IMAGE = {"type": "media", "media": {"kind": "image", "url": "https://files.example.org/1.jpg", "caption": "Map"}}
CLOSED_AT_GUPSHUP = {"status": "error", "code": 470, "message": "too late"}
OPTED_OUT_AT_GUPSHUP = {"status": "error", "code": 1012, "message": "opted out"}
CLOSED_AT_META = {"error": {"code": 131047, "message": "Re-engagement message"}}
PHOTO = {"url": "https://files.example.org/1", "contentType": "image/png", "urlExpiry": START + HOUR}
CLOUD_PHOTO = {"id": "9001", "mime_type": "image/png", "caption": "Photo"}
THUMB = {"emoji": "\U0001f44d"}

FLOWS = (
    # What contacts say
    Flow("inbound, new contact, Gupshup", (wrote(),)),
    Flow("inbound, new contact, Meta", (wrote(channel=META),)),
    Flow("inbound, new contact with user id, Meta", (wrote(channel=META, user_id=USER_ID),), people=(PHONE, USER_ID)),
    Flow("inbound, known contact, Gupshup", (wrote(),), KNOWN),
    Flow("inbound, known contact, Meta", (wrote(channel=META),), KNOWN_AT_META),
    Flow("inbound, user id new to the contact, Gupshup", (wrote(user_id=USER_ID),), KNOWN, (PHONE, USER_ID)),
    Flow(
        "inbound, user id new to the contact, Meta",
        (wrote(channel=META, user_id=USER_ID),),
        KNOWN_AT_META,
        (PHONE, USER_ID),
    ),
    Flow("inbound without a number", (wrote(channel=META, phone=None, user_id=USER_ID),), people=(USER_ID,)),
    Flow(
        "inbound of a hidden number that is named now",
        (wrote(channel=META, user_id=USER_ID),),
        (
            wrote("hidden", META, EARLIER, "wamid.in-0", None, USER_ID),
            asks("POST", f"/v1/contacts/{USER_ID}/consents", {"action": "opt_in", "source": "phone"}),
        ),
        (PHONE, USER_ID),
    ),
    Flow(
        "inbound of a hidden number that is another known contact",
        (wrote(channel=META, user_id=USER_ID),),
        (*KNOWN, wrote("hidden", META, EARLIER, "wamid.in-1b", None, USER_ID)),
        (PHONE, USER_ID),
    ),
    Flow("inbound, late, of before the window's start", (wrote(at=EARLIER - 20 * HOUR, name="wamid.late"),), KNOWN),
    Flow("inbound, several contacts in one request", (several_wrote,), people=(PHONE, OTHER_PHONE)),
    Flow("STOP, Gupshup", (wrote("STOP"),), KNOWN),
    Flow("STOP, Meta", (wrote("STOP", META),), KNOWN_AT_META),
    Flow("START after STOP", (wrote("START"),), (wrote("STOP", at=EARLIER, name="wamid.in-0"),)),
    Flow("reaction, Gupshup", (tells(bodies.gupshup_message("reaction", THUMB | {"id": "w.1"})),), KNOWN),
    Flow("reaction, Meta", (tells(bodies.meta_message("reaction", THUMB | {"message_id": "w.1"}), META),)),
    Flow("media, Gupshup", (tells(bodies.gupshup_message("image", PHOTO)),)),
    Flow("media, Meta", (tells(bodies.meta_message("image", CLOUD_PHOTO), META),)),
    Flow("call", (tells(bodies.meta_call(), META), tells(bodies.meta_call("terminate", duration=9), META))),
    # Consent
    Flow("opt-in by a user-event", (tells(bodies.gupshup_consent("opted-in")),)),
    Flow("opt-out by a user-event", (tells(bodies.gupshup_consent("opted-out")),), (*KNOWN, OPTED_IN)),
    Flow("marketing stopped, Gupshup", (tells(bodies.gupshup_preference("stop")),), KNOWN),
    Flow("marketing resumed, Meta", (tells(bodies.meta_preference("resume"), META),), KNOWN_AT_META),
    Flow("opt-in by the API", (asks("POST", f"{PATH}/consents", {"action": "opt_in", "source": "paper"}),)),
    Flow("opt-out by the API", (asks("POST", f"{PATH}/consents", {"action": "opt_out", "source": "phone"}),), KNOWN),
    Flow("block", (asks("PUT", f"{PATH}/block", {"reason": "abuse"}),), KNOWN),
    Flow("unblock", (asks("DELETE", f"{PATH}/block"),), (*KNOWN, asks("PUT", f"{PATH}/block"), passes(MINUTE))),
    # Numbers and user ids
    Flow("number change", (moved(),), (*KNOWN, OPTED_IN), (PHONE, NEW_PHONE)),
    Flow(
        "number change with user ids",
        (moved(previous_user_id=USER_ID, user_id=NEW_USER_ID),),
        (wrote("earlier", META, EARLIER, "wamid.in-0", user_id=USER_ID), OPTED_IN),
        (PHONE, NEW_PHONE, USER_ID, NEW_USER_ID),
    ),
    Flow(
        "number change to a known number",
        (moved(),),
        (*KNOWN, OPTED_IN, wrote("new", at=EARLIER + HOUR, name="wamid.n", phone=NEW_PHONE)),
        (PHONE, NEW_PHONE),
    ),
    Flow(
        "user id change",
        (renamed(),),
        (wrote("earlier", META, EARLIER, "wamid.in-0", user_id=USER_ID),),
        (PHONE, USER_ID, NEW_USER_ID),
    ),
    Flow(
        "user id change without a number",
        (renamed(None),),
        (wrote("earlier", META, EARLIER, "wamid.in-0", None, USER_ID),),
        (USER_ID, NEW_USER_ID),
    ),
    # Sends
    Flow("freeform accepted, Gupshup", (sends(),), (wrote(),)),
    Flow("freeform accepted, Meta", (sends(channel=META),), (wrote(channel=META),)),
    Flow("media accepted, Gupshup", (sends(IMAGE),), (wrote(),)),
    Flow("freeform rejected, Gupshup", (bsp_answers(400, {"status": "error"}), sends()), (wrote(),)),
    Flow(
        "freeform rejected, Meta",
        (bsp_answers(400, {"error": {"code": 131009}}), sends(channel=META)),
        (wrote(channel=META),),
    ),
    Flow("rejected, as the contact opted out, Gupshup", (bsp_answers(400, OPTED_OUT_AT_GUPSHUP), sends()), (wrote(),)),
    Flow(
        "rejected, as the contact stopped marketing, Meta",
        (bsp_answers(400, {"error": {"code": 131050}}), sends(channel=META)),
        (wrote(channel=META),),
    ),
    Flow("freeform of unknown outcome, Gupshup", (bsp_answers(500), sends()), (wrote(),)),
    Flow("freeform of unknown outcome, Meta", (bsp_answers(500), sends(channel=META)), (wrote(channel=META),)),
    Flow("freeform throttled, then accepted", (bsp_answers(429, {}, 3), sends()), (wrote(),)),
    Flow("window closed at the BSP, Gupshup", (window_is_closed(400, CLOSED_AT_GUPSHUP), sends()), (wrote(),)),
    Flow("window closed at the BSP, Meta", (window_is_closed(400, CLOSED_AT_META), sends(channel=META)), KNOWN_AT_META),
    Flow("fallback, Gupshup", (window_is_closed(400, CLOSED_AT_GUPSHUP), sends(FALLBACK)), (wrote(), OPTED_IN)),
    Flow(
        "fallback after 131047, Meta",
        (window_is_closed(400, CLOSED_AT_META), sends(FALLBACK, META)),
        (*KNOWN_AT_META, OPTED_IN),
    ),
    Flow("template, Gupshup", (sends(TEMPLATE),), (OPTED_IN,)),
    Flow("template, Meta", (sends(TEMPLATE, META),), (OPTED_IN,)),
    Flow("refusal, of a stranger", (sends(),)),
    Flow("refusal, window closed", (sends(),), (OPTED_IN,)),
    Flow("the same key again", (sends(),), (wrote(), sends(), passes(MINUTE))),
    Flow("dry run", (asks("POST", "/v1/messages/check", TEXT | {"channel": GUPSHUP, "to": f"+{PHONE}"}),), KNOWN),
    # What becomes of what was sent
    *(
        Flow(f"status {name}, Gupshup", (gupshup_says(name),), SENT)
        for name in ("enqueued", "sent", "delivered", "read")
    ),
    *(
        Flow(f"status {name}, Meta", (meta_says(name, **METERED),), SENT_BY_META)
        for name in ("sent", "delivered", "read")
    ),
    *(
        Flow(f"status failed ({code}), Gupshup", (gupshup_says("failed", code=code, reason="no"),), SENT)
        for code in (470, 1002, 1012)
    ),
    *(
        Flow(f"status failed ({code}), Meta", (meta_says("failed", code=code),), SENT_BY_META)
        for code in (131047, 131026, 131050)
    ),
    Flow("billing", (gupshup_bills,), SENT),
    Flow("status that settles an unknown send, Gupshup", (gupshup_says("enqueued"), gupshup_says("sent")), UNKNOWN),
    Flow("status that settles an unknown send, Meta", (meta_says("sent", **METERED),), UNKNOWN_AT_META),
    Flow(
        "status before its message", (tells(bodies.gupshup_status("delivered", "gs-1"), at=START), sends()), (wrote(),)
    ),
    # What was sent around gate24
    Flow(
        "sent around, Gupshup",
        tuple(tells(bodies.gupshup_status(status, "gs-9", "wamid.9")) for status in ("enqueued", "sent", "delivered")),
    ),
    Flow(
        "sent around, Meta",
        (tells(bodies.meta_status("sent", "wamid.9", pricing=METERED["pricing"]), META),),
        KNOWN_AT_META,
    ),
    Flow(
        "sent around while a send of ours is unknown",
        (tells(bodies.gupshup_status("sent", "gs-9", "wamid.9")), gupshup_says("enqueued")),
        UNKNOWN,
    ),
    Flow(
        "billing before its message", (tells(bodies.gupshup_billing(category="service"), at=START), sends()), (wrote(),)
    ),
    Flow("failure of another tool's message", (tells(bodies.gupshup_status("failed", "gs-x", code=1012)),), KNOWN),
    # Templates and the unknown
    Flow("template entered", (registered("greeting"),)),
    Flow(
        "template paused, Gupshup",
        (tells(bodies.gupshup_template({"type": "status-update", "status": "paused"})),),
        (registered("greeting", bsp_template_id="tpl-uuid-1"),),
    ),
    Flow(
        "template's category changed, Meta",
        (tells(bodies.meta_template("template_category_update", new_category="MARKETING"), META),),
        (registered("greeting", META, language="en_US", bsp_template_id="77001"),),
    ),
    Flow(
        "template that is not registered", (tells(bodies.gupshup_template({"type": "status-update", "status": "x"})),)
    ),
    Flow("unrecognized event, Gupshup", (tells(bodies.gupshup("moon-event", {"of": PHONE})),), KNOWN),
    Flow("unrecognized event, Meta", (tells(bodies.meta(bodies.change("tides", {"height": 2})), META),)),
    # Erasure
    Flow("erasure", (asks("DELETE", PATH),), (*KNOWN, OPTED_IN)),
    Flow("erasure of a person with an opt-out", (asks("DELETE", PATH),), (*KNOWN, wrote("STOP"))),
    Flow(
        "erasure of a person with user ids",
        (asks("DELETE", PATH),),
        (wrote("hidden", META, EARLIER, "wamid.in-0", None, USER_ID), wrote(channel=META, user_id=USER_ID)),
        (PHONE, USER_ID),
    ),
    Flow("erasure of a person who moved", (asks("DELETE", f"/v1/contacts/{NEW_PHONE}"),), (*KNOWN, OPTED_IN, moved())),
    Flow(
        "erasure with an unrecognized event",
        (asks("DELETE", PATH),),
        (*KNOWN, tells(bodies.gupshup("x", {"of": PHONE}))),
    ),
    Flow("erasure, and a message after it", (asks("DELETE", PATH), passes(SECOND), AGAIN), KNOWN),
    Flow("erasure in steps", (erases_little, asks("DELETE", PATH)), CONVERSATION),
    Flow("a message after an erasure", (wrote("again"),), (*KNOWN, asks("DELETE", PATH), passes(MINUTE))),
    # What was parked
    Flow("parked event", (), (in_an_outage(wrote("STOP"), *WRITES),)),
    Flow("parked event, Meta", (), (in_an_outage(wrote(channel=META, user_id=USER_ID), *WRITES),), (PHONE, USER_ID)),
    Flow("parked request, Gupshup", (), (in_an_outage(wrote(), *EVERYTHING),)),
    Flow("parked request, Meta", (), (in_an_outage(several_wrote, *EVERYTHING),), (PHONE, OTHER_PHONE)),
    Flow("parked settlement, accepted", (), (wrote(), sends_in_an_outage((202, None)))),
    Flow("parked settlement, rejected", (), (wrote(), sends_in_an_outage((400, {"status": "error"})))),
    # Costs
    Flow("rollup, the first run", (runs,), SENT, is_drained=False),
    Flow("rollup, a day later", (runs,), (*SENT, runs, empties_the_queue, passes(24 * HOUR)), is_drained=False),
    Flow("a day's rollup", (), (*SENT, queues_a_day)),
    Flow(
        "a day's rollup that goes on", (reads_little,), (*SENT, wrote("2", name="w.2", phone=OTHER_PHONE), queues_a_day)
    ),
    Flow("a changed day's rollup", (), (*SENT, queues_a_changed_day)),
    Flow("rollup by hand", (runs_by_hand,), SENT),
    # What is read
    Flow("contacts listed", (asks("GET", "/v1/contacts?counts=true"),), SENT),
    Flow("contact read", (asks("GET", PATH),), SENT),
    Flow("conversation read", (asks("GET", f"{PATH}/messages"),), SENT),
    Flow("consents read", (asks("GET", f"{PATH}/consents"),), (OPTED_IN,)),
    Flow("templates read", (asks("GET", "/v1/templates"),)),
    Flow("costs read", (asks("GET", f"/v1/costs/daily?from={TODAY}&to={TODAY}"),), (*SENT, runs_by_hand)),
    Flow("unrecognized read", (asks("GET", "/v1/unrecognized"),), (tells(bodies.gupshup("moon-event", {})),)),
    Flow("key read", (asks("GET", "/v1/me"),)),
)
