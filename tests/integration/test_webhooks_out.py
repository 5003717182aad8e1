"""An organization's own software hears of events: signed, in order, again where it failed, and nobody else's."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from standardwebhooks import Webhook

from gate24 import clock, settings
from gate24.api import event_bodies
from gate24.api.render import rfc3339
from gate24.rules.delivery_lanes import LANES_OF_ENDPOINT, LANES_OF_ORGANIZATION, lanes_of_endpoint
from gate24.rules.delivery_retries import (
    CUT_OFF_FROM,
    DELAYS_MS,
    EARLIER_SECRETS_MOST,
    FAILING_AFTER_MS,
    GIVEN_UP_AFTER_MS,
    JITTER,
)
from gate24.store import api_keys, aws, deliveries, delivery_queue, feed, subscriptions
from gate24.store.api_keys import KeyHolder
from gate24.store.table import StoreError
from gate24.subscriptions import SUBSCRIPTIONS_MOST, Delivery, QueuedDelivery
from gate24.usecases import forget_deliveries, replay_events
from gate24.usecases.queue_deliveries import queue_events
from gate24.usecases.retry_deliveries import PROBES_SECONDS
from tests.support.hooks import (
    arrived,
    deliver,
    deliveries_of,
    hook_url,
    make_webhook,
    new_event,
    queued_records,
    render_all,
    run_schedule,
    script_hook,
    tell,
    webhook,
)
from tests.support.scene import HOUR, MINUTE, now, standing_clock
from tests.support.system import GUPSHUP, META, ORG, OTHER, OTHER_ORG, System

pytestmark = pytest.mark.in_memory

DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def any_event_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    render_all(monkeypatch)


@pytest.fixture
def time() -> Iterator[list[int]]:
    with standing_clock(now()) as clock:
        yield clock


def ids(hooks: list[dict[str, Any]]) -> list[str]:
    return [each["headers"]["webhook-id"] for each in hooks]


# Set up


def test_a_webhook_is_made_with_its_secret_and_shown_without(gate24: System) -> None:
    made = make_webhook(gate24, description="the bot", channels=[GUPSHUP])
    assert made["status"] == "active" and made["channels"] == [GUPSHUP] and made["format"] == "gate24"
    shown = {name: value for name, value in made.items() if name != "secret"}
    assert webhook(gate24, made["id"]) == shown
    assert gate24.http("GET", "/v1/webhooks").json["data"] == [shown]


def test_no_secret_is_stored(gate24: System) -> None:
    made = make_webhook(gate24)
    rotated = gate24.http("POST", f"/v1/webhooks/{made['id']}/rotate").json
    stored = json.dumps(gate24.items(), default=str)
    assert made["secret"] not in stored and rotated["secret"] not in stored
    assert made["secret"].removeprefix("whsec_") not in stored


@pytest.mark.parametrize(
    ("change", "status", "pointer", "words"),
    [
        ({"events": ["message.recieved"]}, 400, "/events/0", "must be one of: *, message.received"),
        ({"events": []}, 400, "/events", "too few entries: at least 1"),
        ({"channels": [OTHER]}, 400, "/channels/0", "is not a channel of this organization"),
        ({"channels": []}, 400, "/channels", "too few entries: at least 1"),
        ({"format": "xml"}, 400, "/format", "must be one of: gate24, provider"),
        ({"secret": "whsec_x"}, 400, "/secret", "is not a field here"),
        ({"url": "http://bot.example.org/"}, 422, "/url", "must begin with https://"),
        ({"url": "https://10.1.2.3/"}, 422, "/url", "not an address of the internet"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, 422, "/url", "not an address of the internet"),
        ({"url": "https://user:pass@bot.example.org/"}, 422, "/url", "user and password"),
        ({"url": "ftp://bot.example.org/"}, 422, "/url", "must be an https URL"),
    ],
)
def test_what_is_wrong_with_a_webhook_is_said(
    gate24: System, change: dict[str, Any], status: int, pointer: str, words: str
) -> None:
    answer = gate24.http("POST", "/v1/webhooks", {"url": hook_url(gate24), "events": ["*"], **change})
    assert answer.status == status
    assert answer.json["code"] == ("payload_invalid" if status == 400 else "url_not_allowed")
    (error,) = answer.json["errors"]
    assert error["pointer"] == pointer and words in error["detail"]
    assert gate24.http("GET", "/v1/webhooks").json["data"] == []


def test_loopback_is_refused_where_it_is_not_the_local_stack(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_LOOPBACK_ENDPOINTS", "false")
    settings.settings.cache_clear()
    answer = gate24.http("POST", "/v1/webhooks", {"url": "https://127.0.0.1/", "events": ["*"]})
    assert (answer.status, answer.json["code"]) == (422, "url_not_allowed")
    monkeypatch.setenv("ALLOW_LOOPBACK_ENDPOINTS", "true")
    settings.settings.cache_clear()


def test_an_organization_has_only_so_many(gate24: System) -> None:
    for _ in range(SUBSCRIPTIONS_MOST):
        make_webhook(gate24)
    answer = gate24.http("POST", "/v1/webhooks", {"url": hook_url(gate24), "events": ["*"]})
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
    assert "at most 20 webhooks" in answer.json["detail"]
    page = gate24.http("GET", "/v1/webhooks?limit=15").json
    rest = gate24.http("GET", f"/v1/webhooks?limit=15&cursor={page['next_cursor']}").json
    assert (len(page["data"]), len(rest["data"]), rest["next_cursor"]) == (15, 5, None)


def test_the_scope_webhooks_is_needed(gate24: System) -> None:
    assert gate24.http("GET", "/v1/webhooks", key="reader").status == 403
    api_keys.put("key-bot", KeyHolder(ORG, "bot", frozenset({"webhooks"})))
    assert gate24.http("GET", "/v1/webhooks", key="key-bot").status == 200


def test_another_organization_finds_neither_webhook_nor_deliveries(gate24: System) -> None:
    mine = make_webhook(gate24)
    tell(new_event())
    deliver()
    path = f"/v1/webhooks/{mine['id']}"
    for method, more, body in (
        ("GET", "", None),
        ("PATCH", "", {"status": "paused"}),
        ("DELETE", "", None),
        ("POST", "/rotate", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("POST", "/replay", {"from": "2026-11-21T00:00:00Z"}),
    ):
        assert gate24.http(method, path + more, body, key=OTHER_ORG).status == 404, method
    assert len(arrived(gate24)) == 1
    assert webhook(gate24, mine["id"])["status"] == "active"


def test_events_of_one_organization_are_told_to_no_other(gate24: System) -> None:
    make_webhook(gate24, "mine")
    make_webhook(gate24, "theirs", key=OTHER_ORG)
    tell(new_event(), new_event(organization=OTHER_ORG, channel=OTHER))
    deliver()
    (mine,), (theirs,) = arrived(gate24, "mine"), arrived(gate24, "theirs")
    assert json.loads(mine["body"])["organization"] == ORG
    assert json.loads(theirs["body"])["organization"] == OTHER_ORG


def test_only_the_chosen_events_and_channels_are_told(gate24: System) -> None:
    make_webhook(gate24, "statuses", events=["message.status"], channels=[META])
    make_webhook(gate24, "others", events=["message.received", "window.opened"])
    wanted, organizations_own = new_event(channel=META), new_event(channel=None)
    tell(new_event(), wanted, organizations_own)
    deliver()
    assert ids(arrived(gate24)) == [wanted.id, organizations_own.id]
    assert {each["name"] for each in arrived(gate24)} == {"statuses"}


# Signed


def test_the_standards_own_library_verifies_a_delivery(gate24: System) -> None:
    made, event = make_webhook(gate24), new_event()
    tell(event)
    assert deliver() == []
    (hook,) = arrived(gate24)
    assert Webhook(made["secret"]).verify(hook["body"], hook["headers"]) == json.loads(hook["body"])
    assert hook["headers"]["webhook-id"] == event.id == json.loads(hook["body"])["id"]
    assert hook["headers"]["content-type"] == "application/json"


def test_for_a_day_after_a_rotation_both_secrets_verify(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24)
    rotated = gate24.http("POST", f"/v1/webhooks/{made['id']}/rotate").json
    assert rotated["secret"] != made["secret"]
    tell(new_event())
    deliver()
    (hook,) = arrived(gate24)
    for secret in (made["secret"], rotated["secret"]):
        Webhook(secret).verify(hook["body"], hook["headers"])
    assert len(hook["headers"]["webhook-signature"].split(" ")) == 2
    time[0] += DAY
    tell(new_event())
    deliver()
    later = arrived(gate24)[-1]
    assert len(later["headers"]["webhook-signature"].split(" ")) == 1
    standard = Webhook(rotated["secret"])
    signed = standard.sign(later["headers"]["webhook-id"], _when(later), later["body"])
    assert later["headers"]["webhook-signature"] == signed


def _when(hook: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(hook["headers"]["webhook-timestamp"]), UTC)


def rotate(gate24: System, webhook_id: str) -> str:
    """The new secret."""
    answer = gate24.http("POST", f"/v1/webhooks/{webhook_id}/rotate")
    assert answer.status == 200, answer.text
    return str(answer.json["secret"])


def signing(gate24: System, secrets: list[str]) -> list[int]:
    """Which of the secrets sign a delivery that is made now: their places, in the order of the signatures. Nothing else
    signs it."""
    tell(new_event())
    deliver()
    hook = arrived(gate24)[-1]
    head = hook["headers"]
    own = [Webhook(each).sign(head["webhook-id"], _when(hook), hook["body"]) for each in secrets]
    return [own.index(each) for each in head["webhook-signature"].split(" ")]


def test_each_secret_signs_for_its_own_day_however_often_it_is_rotated(gate24: System, time: list[int]) -> None:
    made, began = make_webhook(gate24), time[0]
    secrets = [made["secret"]]
    for hour in (1, 7, 20):
        time[0] = began + hour * HOUR
        secrets.append(rotate(gate24, made["id"]))
        assert signing(gate24, secrets) == list(reversed(range(len(secrets))))
    for hour, still in ((25, [3, 2, 1]), (31, [3, 2]), (44, [3])):
        time[0] = began + hour * HOUR - 1
        assert signing(gate24, secrets) == [*still, still[-1] - 1]
        time[0] = began + hour * HOUR
        assert signing(gate24, secrets) == still


def test_a_rotation_forgets_no_other_that_was_made_at_the_same_moment(
    gate24: System, time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_webhook(gate24)
    secrets, find = [made["secret"]], subscriptions.find

    def found_before_another_rotates(*asked: str) -> Any:
        found = find(*asked)
        monkeypatch.setattr(subscriptions, "find", find)
        secrets.append(rotate(gate24, made["id"]))
        return found

    monkeypatch.setattr(subscriptions, "find", found_before_another_rotates)
    secrets.append(rotate(gate24, made["id"]))
    assert signing(gate24, secrets) == [2, 1, 0]


def test_a_secret_that_was_rotated_by_an_earlier_version_signs_on(gate24: System, time: list[int]) -> None:
    """It stored the last secret alone."""
    made = make_webhook(gate24)
    secrets = [made["secret"], rotate(gate24, made["id"])]
    (item,) = (each for each in gate24.items() if each["sk"]["S"] == f"WEBHOOK#{made['id']}")
    assert {"ge", "pg", "pu"} <= item.keys() and "og" not in item
    time[0] += HOUR
    secrets.append(rotate(gate24, made["id"]))
    assert signing(gate24, secrets) == [2, 1, 0]


def test_no_secret_ends_early_because_there_are_too_many(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24)
    secrets = [made["secret"]]
    for _ in range(EARLIER_SECRETS_MOST):
        secrets.append(rotate(gate24, made["id"]))
        time[0] += MINUTE
    refused = gate24.http("POST", f"/v1/webhooks/{made['id']}/rotate")
    assert (refused.status, refused.json["code"]) == (429, "throttled")
    assert int(refused.headers["retry-after"]) == (DAY - EARLIER_SECRETS_MOST * MINUTE) // 1000
    assert signing(gate24, secrets) == list(reversed(range(len(secrets))))
    time[0] += DAY - EARLIER_SECRETS_MOST * MINUTE
    secrets.append(rotate(gate24, made["id"]))
    assert signing(gate24, secrets) == list(reversed(range(1, len(secrets))))


def test_a_ping_tells_what_the_endpoint_said(gate24: System) -> None:
    made = make_webhook(gate24)
    path = f"/v1/webhooks/{made['id']}/test"
    answer = gate24.http("POST", path).json
    assert (answer["ok"], answer["status"], answer["problem"]) == (True, 200, None)
    assert '"received"' in answer["answer"]
    (hook,) = arrived(gate24)
    assert Webhook(made["secret"]).verify(hook["body"], hook["headers"])["type"] == "ping"
    assert answer["event_id"] == hook["headers"]["webhook-id"]
    script_hook(gate24, status=503)
    assert gate24.http("POST", path).json["ok"] is False
    gate24.http("PATCH", f"/v1/webhooks/{made['id']}", {"url": "http://127.0.0.1:9/"})
    refused = gate24.http("POST", path).json
    assert (refused["ok"], refused["status"], refused["answer"]) == (False, None, None)
    assert refused["problem"] == "The endpoint takes no connection on this port."
    assert deliveries_of(gate24, made["id"]) == []


# Tried again


def test_a_delivery_that_fails_is_tried_again_under_the_same_id_with_growing_delays(
    gate24: System, time: list[int]
) -> None:
    made, event, began = make_webhook(gate24), new_event(), time[0]
    script_hook(gate24, status=500, count=len(DELAYS_MS) + 1)
    tell(event)
    for number, delay in enumerate(DELAYS_MS, 1):
        assert deliver() == []
        (waiting,) = deliveries_of(gate24, made["id"], "pending")
        assert waiting["attempts"] == number and waiting["last_answer"]["status"] == 500
        time[0] += delay - 1
        assert run_schedule()["queued"] == 0
        time[0] += 1 + round(delay * JITTER)
        # an endpoint without other events is cut off by these alone: its probe may be a little later
        while run_schedule()["queued"] == 0:
            time[0] += MINUTE
    deliver()
    assert deliveries_of(gate24, made["id"], "pending") == []
    (failed,) = deliveries_of(gate24, made["id"], "failed")
    assert failed["attempts"] == len(DELAYS_MS) + 1 == len(arrived(gate24))
    assert set(ids(arrived(gate24))) == {event.id}
    assert time[0] - began > DAY
    assert queued_records() == []


def test_the_next_success_ends_it(gate24: System, time: list[int]) -> None:
    made, event = make_webhook(gate24), new_event()
    script_hook(gate24, status=503)
    tell(event)
    deliver()
    assert webhook(gate24, made["id"])["failing_since"] is not None
    time[0] += MINUTE
    assert run_schedule() == {"endpoints": 1, "queued": 1, "given_up": 0, "failing": 0}
    deliver()
    (done,) = deliveries_of(gate24, made["id"])
    assert (done["status"], done["attempts"], done["next_attempt_at"]) == ("delivered", 2, None)
    assert ids(arrived(gate24)) == [event.id, event.id]
    assert webhook(gate24, made["id"])["failing_since"] is None
    assert run_schedule()["queued"] == 0
    time[0] += 11 * MINUTE
    run_schedule()
    assert run_schedule()["endpoints"] == 0


def test_a_failed_event_holds_up_no_later_one_of_its_contact(gate24: System) -> None:
    make_webhook(gate24)
    first, second = new_event("asha"), new_event("asha")
    script_hook(gate24, status=500)
    tell(first, second)
    deliver()
    assert ids(arrived(gate24)) == [first.id, second.id]


def test_events_of_one_contact_are_told_in_order(gate24: System) -> None:
    make_webhook(gate24)
    events = [new_event(f"contact-{number % 3}") for number in range(30)]
    tell(*events)
    deliver()
    for contact in range(3):
        theirs = [event.id for event in events if event.contact_id == f"contact-{contact}"]
        assert [each for each in ids(arrived(gate24)) if each in theirs] == theirs


def test_one_contacts_events_are_one_group_and_an_endpoint_has_sixteen() -> None:
    def group(contact: str, subscription: str = "wh_1") -> str:
        return delivery_queue.group(QueuedDelivery(subscription, new_event(contact)), lanes_of_endpoint(1))

    assert group("asha") == group("asha")
    groups = {group(f"contact-{number}") for number in range(500)}
    assert len(groups) == LANES_OF_ENDPOINT == 16
    assert groups.isdisjoint({group(f"contact-{number}", "wh_2") for number in range(500)})


def test_an_organizations_endpoints_share_its_calls_out() -> None:
    shares = {webhooks: lanes_of_endpoint(webhooks) for webhooks in range(SUBSCRIPTIONS_MOST + 1)}
    assert shares[0] == shares[3] == LANES_OF_ENDPOINT
    assert (shares[4], shares[6], shares[7], shares[12], shares[13], shares[20]) == (8, 8, 4, 4, 2, 2)
    assert all(webhooks * lanes <= LANES_OF_ORGANIZATION for webhooks, lanes in shares.items())


def test_the_same_event_told_twice_by_the_stream_is_delivered_once(gate24: System) -> None:
    made, event = make_webhook(gate24), new_event()
    tell(event)
    tell(event)  # within five minutes: the queue knows it
    records = queued_records()
    assert len(records) == 1
    deliver(records)
    deliver(records)  # later: what became of it is known
    assert len(arrived(gate24)) == 1
    assert [each["status"] for each in deliveries_of(gate24, made["id"])] == ["delivered"]


def test_what_was_told_and_could_not_be_noted_is_told_again_under_the_same_id(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, event = make_webhook(gate24), new_event()
    tell(event)
    records = queued_records()

    def fails(*_: Any) -> None:
        raise StoreError("PutItem", "InternalServerError")

    with monkeypatch.context() as outage:
        outage.setattr(deliveries, "save", fails)
        assert deliver(records) == [records[0]["messageId"]]
    assert deliver(records) == []
    assert ids(arrived(gate24)) == [event.id, event.id]
    assert [each["status"] for each in deliveries_of(gate24, made["id"])] == ["delivered"]


@pytest.mark.parametrize("broken", ["note_waiting", "save"])
def test_a_failure_that_could_not_be_noted_is_not_forgotten(
    gate24: System, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    made = make_webhook(gate24)
    script_hook(gate24, status=500, count=2)
    tell(new_event())
    records = queued_records()

    def fails(*_: Any) -> None:
        raise StoreError("PutItem", "InternalServerError")

    with monkeypatch.context() as outage:
        outage.setattr(deliveries, broken, fails)
        assert deliver(records) == [records[0]["messageId"]]
    assert deliver(records) == []
    assert [each["attempts"] for each in deliveries_of(gate24, made["id"], "pending")] == [1]
    assert run_schedule()["endpoints"] == 1


def test_an_event_that_the_code_trips_on_holds_up_nothing(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    made, event = make_webhook(gate24), new_event()
    tell(event)

    def trips(*_: Any) -> None:
        raise KeyError("a fault of ours")

    with monkeypatch.context() as fault:
        fault.setattr(event_bodies, "body", trips)
        assert deliver() == []
    assert arrived(gate24) == []
    (waiting,) = deliveries_of(gate24, made["id"], "pending")
    assert "gate24 could not write the event (KeyError)" in waiting["last_answer"]["detail"]
    assert webhook(gate24, made["id"])["failing_since"] is None


def test_what_an_event_is_about_is_gone_so_it_is_dropped(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_bodies, "body", lambda *_: None)
    made = make_webhook(gate24)
    tell(new_event())
    deliver()
    assert arrived(gate24) == []
    assert len(deliveries_of(gate24, made["id"], "dropped")) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
def test_every_answer_but_2xx_is_a_failure_and_a_redirect_is_not_followed(gate24: System, status: int) -> None:
    made = make_webhook(gate24)
    script_hook(gate24, status=status)
    tell(new_event())
    deliver()
    (waiting,) = deliveries_of(gate24, made["id"], "pending")
    assert waiting["last_answer"]["status"] == status
    assert len(arrived(gate24)) == 1


def test_an_endpoint_that_is_gone_for_good_is_paused(gate24: System) -> None:
    made = make_webhook(gate24)
    script_hook(gate24, status=410)
    tell(new_event(), new_event("another"))
    deliver()
    shown = webhook(gate24, made["id"])
    assert shown["status"] == "paused" and "410" in shown["pause_reason"]
    assert len(arrived(gate24)) == 1
    assert [each["status"] for each in deliveries_of(gate24, made["id"])].count("failed") == 1
    gate24.http("PATCH", f"/v1/webhooks/{made['id']}", {"description": "who turned it off?"})
    assert "410" in webhook(gate24, made["id"])["pause_reason"]
    gate24.http("PATCH", f"/v1/webhooks/{made['id']}", {"status": "active"})
    run_schedule()
    deliver()
    assert len(arrived(gate24)) == 2
    assert webhook(gate24, made["id"])["pause_reason"] is None


# Endpoints in trouble


def test_a_dead_endpoint_is_cut_off_and_probed_with_one_event_at_a_time(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24)
    script_hook(gate24, status=500, count=CUT_OFF_FROM + 2)
    tell(*(new_event(f"contact-{number}") for number in range(CUT_OFF_FROM + 30)))
    deliver()
    assert len(arrived(gate24)) == CUT_OFF_FROM
    assert webhook(gate24, made["id"])["is_cut_off"] is True
    assert len(deliveries_of(gate24, made["id"], "pending")) == CUT_OFF_FROM + 30
    assert run_schedule()["queued"] == 0
    for _ in range(2):  # these fail, too
        time[0] += 3 * MINUTE
        assert run_schedule()["queued"] == 1
        assert run_schedule()["queued"] == 0  # one at a time
        deliver()
    assert webhook(gate24, made["id"])["is_cut_off"] is True
    time[0] += 3 * MINUTE
    run_schedule()
    deliver()
    assert webhook(gate24, made["id"])["is_cut_off"] is False
    time[0] += 3 * MINUTE
    assert run_schedule()["queued"] == CUT_OFF_FROM + 29
    deliver()
    assert deliveries_of(gate24, made["id"], "pending") == []
    assert len(set(ids(arrived(gate24)))) == CUT_OFF_FROM + 30


def test_what_waits_goes_out_as_soon_as_the_endpoint_is_well_again(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24)
    script_hook(gate24, status=500, count=CUT_OFF_FROM + 1)
    tell(*(new_event(f"contact-{number}") for number in range(CUT_OFF_FROM + 30)))
    deliver()
    time[0] += 3 * MINUTE
    assert run_schedule(while_probing=deliver)["queued"] == 1  # it fails once more
    time[0] += 3 * MINUTE
    assert run_schedule(while_probing=deliver)["queued"] == CUT_OFF_FROM + 30
    deliver()
    assert deliveries_of(gate24, made["id"], "pending") == []
    assert len(set(ids(arrived(gate24)))) == CUT_OFF_FROM + 30


def test_a_run_waits_no_longer_than_a_probe_may_take(
    gate24: System, time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_webhook(gate24)
    script_hook(gate24, status=500, count=CUT_OFF_FROM)
    tell(*(new_event(f"contact-{number}") for number in range(CUT_OFF_FROM)))
    deliver()
    time[0] += 3 * MINUTE
    seconds = [0]
    monkeypatch.setattr(clock, "time_limit", lambda limit: lambda: seconds[0] >= limit)

    def a_second_passes() -> None:
        seconds[0] += 1

    assert run_schedule(while_probing=a_second_passes)["queued"] == 1
    assert seconds == [PROBES_SECONDS]


def test_a_probe_that_was_lost_is_followed_by_another(gate24: System, time: list[int]) -> None:
    make_webhook(gate24)
    script_hook(gate24, status=500, count=CUT_OFF_FROM)
    tell(*(new_event(f"contact-{number}") for number in range(CUT_OFF_FROM)))
    deliver()
    time[0] += 3 * MINUTE
    assert run_schedule()["queued"] == 1
    queued_records()  # lost
    time[0] += 3 * MINUTE
    assert run_schedule()["queued"] == 1


def test_what_waits_behind_a_dead_endpoint_fails_after_more_than_a_day_and_can_be_told_again(
    gate24: System, time: list[int]
) -> None:
    made, events = make_webhook(gate24), [new_event(f"contact-{number}") for number in range(30)]
    script_hook(gate24, status=500, count=CUT_OFF_FROM)
    feed.write(events)
    tell(*events)
    deliver()
    time[0] += GIVEN_UP_AFTER_MS - HOUR
    assert run_schedule()["given_up"] == 0
    queued_records()
    time[0] += 2 * HOUR
    assert run_schedule()["given_up"] == 30
    assert len(deliveries_of(gate24, made["id"], "failed")) == 30
    gate24.http("PATCH", f"/v1/webhooks/{made['id']}", {"url": hook_url(gate24, "new")})
    again = gate24.http("POST", f"/v1/webhooks/{made['id']}/replay", {"event_ids": [each.id for each in events]})
    assert (again.status, again.json["queued"]) == (202, 30)
    deliver()
    assert sorted(ids(arrived(gate24, "new"))) == sorted(each.id for each in events)
    assert deliveries_of(gate24, made["id"], "failed") == []


def test_an_endpoint_that_fails_for_days_is_failing_until_its_first_success(
    gate24: System, time: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_webhook(gate24)
    script_hook(gate24, status=500, count=2)
    tell(new_event("asha"))
    deliver()
    time[0] += FAILING_AFTER_MS
    assert webhook(gate24, made["id"])["status"] == "active"  # nothing failed since: nobody knows
    tell(new_event("asha"))
    deliver()
    assert webhook(gate24, made["id"])["status"] == "failing"
    capsys.readouterr()
    assert run_schedule()["failing"] == 1
    assert '"delivery.failing":[1' in capsys.readouterr().out.replace(" ", "")
    tell(new_event("asha"))
    deliver()
    assert webhook(gate24, made["id"])["status"] == "active"
    assert run_schedule()["failing"] == 0


def test_a_dead_endpoint_delays_nobody_elses(gate24: System) -> None:
    make_webhook(gate24, "dead")
    make_webhook(gate24, "alive")
    make_webhook(gate24, "theirs", key=OTHER_ORG)
    script_hook(gate24, "dead", status=500, count=100)
    for _ in range(20):
        tell(new_event(), new_event(organization=OTHER_ORG, channel=OTHER))
    deliver()
    assert [len(arrived(gate24, name)) for name in ("dead", "alive", "theirs")] == [CUT_OFF_FROM, 20, 20]


# Paused, changed, deleted


def test_while_it_is_paused_nothing_is_queued_and_a_replay_brings_it(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24)
    path = f"/v1/webhooks/{made['id']}"
    assert gate24.http("PATCH", path, {"status": "paused"}).json["status"] == "paused"
    missed = [new_event(f"contact-{number}") for number in range(3)]
    feed.write(missed)
    tell(*missed)
    assert queued_records() == []
    assert gate24.http("PATCH", path, {"status": "active"}).json["status"] == "active"
    time[0] += MINUTE
    replayed = gate24.http("POST", f"{path}/replay", {"from": "2026-01-01T00:00:00Z"})
    assert (replayed.json["queued"], replayed.json["next_from"]) == (3, None)
    deliver()
    assert sorted(ids(arrived(gate24))) == sorted(each.id for each in missed)


def test_what_is_queued_when_it_is_paused_waits_for_its_end(gate24: System, time: list[int]) -> None:
    made, event = make_webhook(gate24), new_event()
    tell(event)
    gate24.http("PATCH", f"/v1/webhooks/{made['id']}", {"status": "paused"})
    deliver()
    assert arrived(gate24) == []
    assert run_schedule()["queued"] == 0
    gate24.http("PATCH", f"/v1/webhooks/{made['id']}", {"status": "active"})
    time[0] += MINUTE
    assert run_schedule()["queued"] == 1
    deliver()
    assert ids(arrived(gate24)) == [event.id]


def test_a_webhook_is_changed_by_its_fields(gate24: System) -> None:
    made = make_webhook(gate24)
    path = f"/v1/webhooks/{made['id']}"
    change = {"url": hook_url(gate24, "new"), "events": ["window.closed"], "channels": [META], "description": "new"}
    changed = gate24.http("PATCH", path, change).json
    assert {name: changed[name] for name in change} == change
    assert gate24.http("PATCH", path, {"channels": None}).json["channels"] is None
    assert gate24.http("PATCH", path, {"format": "provider"}).status == 400
    assert gate24.http("PATCH", path, {"url": "https://10.0.0.1/"}).json["code"] == "url_not_allowed"
    assert webhook(gate24, made["id"])["url"] == change["url"]


def left_of(gate24: System, webhook_id: str) -> list[dict[str, Any]]:
    """What names the webhook, but for the audit log, which tells that it was deleted."""
    naming = (item for item in gate24.items() if webhook_id in json.dumps(item, default=str))
    return [item for item in naming if item["pk"]["S"] != f"AL#{ORG}"]


def test_nothing_goes_to_a_webhook_that_was_deleted(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24)
    script_hook(gate24, status=500)
    tell(new_event("asha"), new_event("asha"))
    records = queued_records()
    deliver(records[:1])
    assert gate24.http("DELETE", f"/v1/webhooks/{made['id']}").status == 204
    assert gate24.http("GET", f"/v1/webhooks/{made['id']}").status == 404
    assert deliver(records[1:]) == []
    time[0] += MINUTE
    assert run_schedule()["queued"] == 0
    assert len(arrived(gate24)) == 1
    assert left_of(gate24, made["id"]) == []


def test_what_a_deleted_webhook_leaves_is_removed_bit_by_bit_and_after_the_others(
    gate24: System, time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, alive = make_webhook(gate24, "gone"), make_webhook(gate24, "alive")
    script_hook(gate24, "gone", status=500, count=7)
    script_hook(gate24, "alive", status=500, count=7)
    tell(*(new_event(f"contact-{number}") for number in range(7)))
    deliver()
    assert gate24.http("DELETE", f"/v1/webhooks/{gone['id']}").status == 204
    time[0] += MINUTE
    steps, remove, put = list[str](), deliveries.remove_all, delivery_queue.put

    def removed(those: list[Delivery]) -> None:
        steps.extend("removed" for _ in those)
        remove(those)

    def queued(those: list[QueuedDelivery]) -> None:
        steps.append("queued")
        put(those)

    monkeypatch.setattr(deliveries, "remove_all", removed)
    monkeypatch.setattr(delivery_queue, "put", queued)
    monkeypatch.setattr(forget_deliveries, "AT_ONCE", 3)
    monkeypatch.setattr("random.shuffle", lambda those: those.sort(key=lambda each: each[1] != gone["id"]))
    assert run_schedule()["queued"] == 7
    assert steps == ["queued", *(3 * ["removed"])]
    assert deliver() == []
    assert deliveries_of(gate24, alive["id"], "pending") == []
    monkeypatch.setattr(clock, "time_limit", lambda limit: lambda: True)
    run_schedule()
    assert steps.count("removed") == 3  # its time was up
    assert [each for each in deliveries.waiting_endpoints() if each[1] == gone["id"]] != []
    monkeypatch.setattr(clock, "time_limit", lambda limit: lambda: False)
    for removed_by_then in (6, 7):
        run_schedule()
        assert steps.count("removed") == removed_by_then
    assert left_of(gate24, gone["id"]) == []


# Deliveries and replays


def test_deliveries_are_listed_by_status_in_pages(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24)
    for number in range(7):
        time[0] += 1
        if number % 2:
            script_hook(gate24, status=500)
        tell(new_event(f"contact-{number}"))
        deliver()
    path = f"/v1/webhooks/{made['id']}/deliveries"
    for query, expected in (("", 7), ("&status=delivered", 4), ("&status=pending", 3), ("&status=failed", 0)):
        found: list[str] = []
        cursor = ""
        while True:
            page = gate24.http("GET", f"{path}?limit=2{query}{cursor}").json
            found += [each["event_id"] for each in page["data"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert len(found) == len(set(found)) == expected, query
    assert gate24.http("GET", f"{path}?status=lost").status == 400


def test_events_are_told_again_by_their_ids(gate24: System) -> None:
    made = make_webhook(gate24, events=["message.status"])
    event, foreign = new_event(), new_event(organization=OTHER_ORG, channel=OTHER)
    feed.write([event, foreign])
    tell(event)
    deliver()
    path = f"/v1/webhooks/{made['id']}/replay"
    answer = gate24.http("POST", path, {"event_ids": [event.id, foreign.id, "evt_none"]})
    assert (answer.status, answer.json["queued"]) == (202, 1)
    assert answer.json["not_found"] == [foreign.id, "evt_none"]
    deliver()
    assert ids(arrived(gate24)) == [event.id, event.id]
    (done,) = deliveries_of(gate24, made["id"])
    assert (done["status"], done["attempts"]) == ("delivered", 1)


def test_a_replay_that_fails_is_tried_again_as_at_first(gate24: System, time: list[int]) -> None:
    made, event = make_webhook(gate24), new_event()
    feed.write([event])
    tell(event)
    deliver()
    time[0] += HOUR
    gate24.http("POST", f"/v1/webhooks/{made['id']}/replay", {"event_ids": [event.id]})
    script_hook(gate24, status=500)
    deliver()
    time[0] += MINUTE
    assert run_schedule()["queued"] == 1
    deliver()
    assert [each["status"] for each in deliveries_of(gate24, made["id"])] == ["delivered"]
    assert len(arrived(gate24)) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"to": "2026-11-21T00:00:00Z"},
        {"from": "2026-11-21T00:00:00Z", "event_ids": ["evt_1"]},
        {"event_ids": ["evt_1"], "to": "2026-11-21T00:00:00Z"},
        {"from": "yesterday"},
        {"from": "2026-13-41T00:00:00Z"},
        {"from": "2026-11-22T00:00:00Z", "to": "2026-11-21T00:00:00Z"},
    ],
)
def test_a_replay_has_to_say_what_of(gate24: System, body: dict[str, Any]) -> None:
    made = make_webhook(gate24)
    answer = gate24.http("POST", f"/v1/webhooks/{made['id']}/replay", body)
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")


def test_a_replay_of_more_than_one_request_can_queue_says_where_to_go_on(
    gate24: System, time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_events, "QUEUED_MOST", 4)
    made, began = make_webhook(gate24), time[0]
    for _ in range(10):
        time[0] += 1000
        feed.write([new_event()])
    time[0] += MINUTE
    queued, start = 0, rfc3339(began)
    while start is not None:
        answer = gate24.http("POST", f"/v1/webhooks/{made['id']}/replay", {"from": start}).json
        queued, start = queued + answer["queued"], answer["next_from"]
        time[0] += 1
    assert queued == 10
    deliver()
    assert len(set(ids(arrived(gate24)))) == 10


def test_without_the_queue_nothing_is_taken_for_queued(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    made, event = make_webhook(gate24), new_event()

    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://queue")

    with monkeypatch.context() as outage:
        outage.setattr(aws.sqs(), "send_message", unreachable)
        with pytest.raises(StoreError):
            tell(event)
        feed.write([event])
        answer = gate24.http("POST", f"/v1/webhooks/{made['id']}/replay", {"event_ids": [event.id]})
        assert answer.status == 503


def test_many_events_are_queued_in_their_order(gate24: System) -> None:
    make_webhook(gate24)
    events = [new_event("asha") for _ in range(25)]
    queue_events(ORG, events)
    deliver()
    assert ids(arrived(gate24)) == [each.id for each in events]
