"""What a function does to the table is what its role in ``template.yaml`` allows, no less and no more."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from gate24.providers import forward
from gate24.rules.delivery_retries import CUT_OFF_FROM, GIVEN_UP_AFTER_MS
from gate24.store import aws, direct_calls, feed, organizations, table
from gate24.usecases import closing_ways, delete_organization, send_message, tell_staff_of_closing
from gate24.usecases.administer_members import put_member
from gate24.usecases.make_api_key import create_api_key
from gate24.usecases.outcomes import NotTaken
from tests.support.bodies import gupshup, gupshup_billing, gupshup_status
from tests.support.hooks import (
    deliver,
    make_webhook,
    new_event,
    queued_records,
    render_all,
    run_schedule,
    script_hook,
    tell,
)
from tests.support.many_people import body_of, in_batches
from tests.support.media_files import fetch, sends_file
from tests.support.scene import (
    HOUR,
    MINUTE,
    change_organization,
    contact_opted_in,
    contact_wrote,
    mail_sender,
    new_number,
    now,
    queued_days,
    retry_parked,
    script_bsp,
    standing_clock,
    status_arrives,
    take_parked,
    unknown_send,
    without_name_words,
)
from tests.support.stream import inserted, invoke
from tests.support.system import (
    CONTEXT,
    GUPSHUP,
    ORG,
    OTHER,
    OTHER_ORG,
    PHONE,
    TEMPLATE,
    TEXT,
    System,
    handler,
    put_template,
)
from tests.support.template import resources

FUNCTIONS = ["InboundWebhook", "SendGate", "ReadApi", "CostRollup", "DayRollup", "Retention", "Authorizer"]
FUNCTIONS += ["TellChanges", "CloseWindows"]
FUNCTIONS += ["DeliverEvents", "RetryDeliveries"]
FUNCTIONS += ["FetchMedia", "AdminApi"]


def allowed(function: str, service: str = "dynamodb") -> set[str]:
    return {
        action.removeprefix(f"{service}:")
        for policy in resources("AWS::IAM::Role")[f"{function}Role"]["Policies"]
        for statement in _listed(policy["PolicyDocument"]["Statement"])
        for action in _listed(statement["Action"])
        if action.startswith(f"{service}:")
    }


def may_query_the_index(function: str) -> bool:
    return "/index/" in str(resources("AWS::IAM::Role")[f"{function}Role"]["Policies"])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions(operation: str, body: bytes) -> set[str]:
    """What a role must allow for a request to the table: a transaction is allowed by what is in it, and a batch of
    statements, too."""
    if operation == "TransactWriteItems":
        return {f"{each}Item" for item in json.loads(body)["TransactItems"] for each in item}
    if operation == "BatchExecuteStatement":
        verbs = {each["Statement"].partition(" ")[0] for each in json.loads(body)["Statements"]}
        return {f"PartiQL{verb.capitalize()}" for verb in verbs}
    return {operation}


class Done:
    """The table's operations by the function that did them, and who read the index."""

    def __init__(self) -> None:
        self.operations: dict[str, set[str]] = {function: set() for function in FUNCTIONS}
        self.index: set[str] = set()

    @contextmanager
    def by(self, function: str) -> Iterator[None]:
        def note(model: Any, params: dict[str, Any], **_: Any) -> None:
            self.operations[function] |= actions(model.name, params["body"])
            if b"IndexName" in params["body"]:
                self.index.add(function)

        organizations.forget()
        events = table.connection().connection.client.meta.events
        events.register("before-call.dynamodb", note)
        try:
            yield
        finally:
            events.unregister("before-call.dynamodb", note)


def many_write(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice, so that windows are opened and moved. moto has no statements with parameters: they are refused here."""
    send = direct_calls._send

    def refuses(client: Any, operation: str, request: Any) -> Any:
        if operation != "dynamodb.BatchExecuteStatement":
            return send(client, operation, request)
        return SimpleNamespace(status_code=400, content=b'{"__type": "ValidationException"}', headers={})

    with monkeypatch.context() as patch:
        patch.setattr(direct_calls, "_send", refuses)
        in_batches(patch)
        for number in (2, 1):
            assert gate24.meta_webhook(body_of(now() - number * HOUR, f"{number}")).status == 200


def no_slot(*_: object) -> bool:
    raise NotTaken("throttled", "Nothing was begun.", retry_after_ms=1000)


def test_every_role_allows_what_its_function_does_and_nothing_else(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    render_all(monkeypatch)
    done, address = Done(), f"/v1/contacts/{quote(PHONE)}"
    with done.by("InboundWebhook"):
        contact_opted_in(gate24)
        contact_wrote(gate24)
        many_write(gate24, monkeypatch)
    with done.by("SendGate"):
        script_bsp(gate24, outcome="reject", status=429, count=forward.ATTEMPTS)
        assert gate24.send(TEXT, "key-1").status == 429
        sent = gate24.send(TEXT, "key-1").json["bsp_message_id"]
        assert gate24.send(TEMPLATE).status == 202
        assert gate24.send(TEXT, "key-1").headers["idempotency-replayed"] == "true"
        unknown_send(gate24)
        with monkeypatch.context() as full:
            full.setattr(send_message, "wait_for_slot", no_slot)
            assert gate24.send(TEXT, "key-2").status == 429
    with done.by("InboundWebhook"):
        gate24.webhook(gupshup_billing(sent))
        gate24.webhook(gupshup("moon-event", {"of": PHONE}))
        gate24.webhook(gupshup_billing("gs-of-no-message"), OTHER)  # goes with its organization
        status_arrives(gate24, "sent", "id-of-the-unknown")
        gate24.webhook(gupshup_status("read", "gs-around", "wamid.around", new_number(), now() - HOUR))
    sends_file(gate24, GUPSHUP)
    with done.by("FetchMedia"):
        assert fetch() == []
    with done.by("Authorizer"):
        handler("authorizer")({"headers": {"authorization": "Bearer key-reader"}}, CONTEXT)  # not used before
    with done.by("CostRollup"):
        today = datetime.now(UTC).date().isoformat()
        handler("cost_rollup")({"scheduled_at": today}, CONTEXT)
        with standing_clock(now() + 25 * HOUR):  # what was sent around gate24 was held long enough
            handler("cost_rollup")({"scheduled_at": today}, CONTEXT)
    with done.by("DayRollup"):
        for record in queued_days():
            handler("day_rollup")({"Records": [record]}, CONTEXT)
    change_organization(retention_days=30)
    contact_wrote(gate24, ago=31 * 24 * HOUR)
    with done.by("Retention"):
        assert handler("retention")({}, CONTEXT)["forgotten"] == 1
    without_name_words(gate24)
    for hours in (25, 27):
        with standing_clock(now() + hours * HOUR), done.by("Retention"):
            assert handler("retention")({}, CONTEXT)["is_through"]
    with done.by("CostRollup"):
        handler("cost_rollup")({"from": today, "to": today}, CONTEXT)
    changes = inserted(gate24.items())
    organizations.keep_events(ORG, now() - 30 * HOUR)
    with done.by("TellChanges"):
        assert invoke(changes) == invoke(changes) == []
    with done.by("CloseWindows"):
        handler("close_windows")({}, CONTEXT)
    feed.set_windows_told_until(ORG, now() - 26 * HOUR)
    contact_wrote(gate24, new_number(), ago=25 * HOUR)
    with done.by("CloseWindows"):
        assert handler("close_windows")({}, CONTEXT)["told"] == 1
    put_member(ORG, "leela@example.org", "admin")
    change_organization(closing_digest_minutes=60)
    contact_wrote(gate24, new_number(), ago=23 * HOUR + 30 * MINUTE)
    monkeypatch.setattr(tell_staff_of_closing, "is_turn", lambda organization_id, now: True)
    with mail_sender():
        for outcome in ("put_off", "sent"):
            monkeypatch.setattr(closing_ways, "send_mail", lambda *asked, outcome=outcome: outcome)
            with done.by("CloseWindows"):
                assert handler("close_windows")({}, CONTEXT)["staff"] == (outcome == "sent")
    with done.by("ReadApi"):
        for path in ("/v1/contacts?counts=true", address, f"{address}/messages", "/v1/templates"):
            assert gate24.http("GET", path).status == 200
        gate24.http("PUT", f"{address}/block")
        gate24.http("DELETE", f"{address}/block")
        assert gate24.http("DELETE", address).status == 204
    with done.by("AdminApi"):
        _a_platform_administers(gate24)
    monkeypatch.setattr(delete_organization, "SETTLING_SECONDS", 0)
    with done.by("AdminApi"):
        _a_platform_deletes(gate24)
    with done.by("InboundWebhook"):
        while records := take_parked(gate24):
            assert retry_parked(records) == []
    assert organizations.organization_now(OTHER_ORG) is None
    _endpoints_are_told(gate24, done)
    assert done.operations == {function: allowed(function) for function in FUNCTIONS}
    assert done.index == {function for function in FUNCTIONS if may_query_the_index(function)}


@pytest.mark.parametrize(
    ("service", "client"), [("secretsmanager", aws.secrets_manager), ("sqs", aws.sqs)], ids=["secrets", "queues"]
)
def test_the_administration_does_with_secrets_and_queues_what_its_role_allows_and_nothing_else(
    gate24: System, service: str, client: Callable[[], Any]
) -> None:
    done: set[str] = set()

    def note(model: Any, **_: Any) -> None:
        done.add(model.name.removesuffix("Batch"))  # which the same permission allows

    meta = client().meta
    events, name = meta.events, f"before-call.{meta.service_model.service_id.hyphenize()}"

    def note_by_the_tables_client(request: Any, **_: Any) -> None:
        done.add(request.headers["X-Amz-Target"].decode().rpartition(".")[2])

    by_table, sent = table.connection().connection.client.meta.events, name.replace("before-call", "before-send")
    events.register(name, note)
    by_table.register_first(sent, note_by_the_tables_client)
    try:
        _a_platform_administers(gate24)
        _a_platform_administers(gate24)  # a channel of that name was deleted a moment ago
    finally:
        events.unregister(name, note)
        by_table.unregister(sent, note_by_the_tables_client)
    assert done == allowed("AdminApi", service)


def _a_platform_administers(gate24: System) -> None:
    """A channel comes with its secret and a template, is changed and goes; a key is made, rotated and revoked."""
    key, here = create_api_key("", "portal", ["admin"], None, now()).secret, f"/v1/admin/organizations/{ORG}"
    number = {"id": "passing", "provider": "gupshup", "business_number": "+919876543219", "app": "Passing"}

    def ask(method: str, path: str, body: Any = None) -> Any:
        answer = gate24.http(method, f"{here}{path}", body, key=key)
        assert answer.status < 300, answer.text
        return answer

    assert ask("GET", "").json["id"] == ORG and ask("PATCH", "", {"name": "Renamed"})
    assert ask("POST", "/channels", number).status == 201
    put_template(gate24, "passing")
    ask("PUT", "/channels/passing/secrets/api-key", {"value": "a-key"})
    ask("PATCH", "/channels/passing", {"margin_seconds": 60})
    assert len(ask("GET", "/channels").json["data"]) == 3
    ask("DELETE", "/channels/passing")
    _a_platform_does_an_operators_work(gate24, ask)
    made = ask("POST", "/keys", {"name": "bot", "scopes": ["read"]}).json["id"]
    assert ask("GET", "/keys?limit=1").json["next_cursor"]
    ask("POST", f"/keys/{made}/rotate")
    ask("DELETE", f"/keys/{made}")


def _a_platform_does_an_operators_work(gate24: System, ask: Callable[..., Any]) -> None:
    """People come from a table, days are computed, what was not understood is replayed, and the checks are made."""
    table_of = {"contacts": f"phone,name\n{new_number()},Asha", "consents": f"phone,action\n{new_number()},opt_in"}
    for what, csv in table_of.items():
        for outcome in ("imported", "unchanged"):
            assert ask("POST", f"/{what}/import", {"csv": csv}).json["counts"][outcome] == 1
    assert ask("POST", "/rollup").json["queued"]
    kept = ask("GET", "/unrecognized").json["data"]
    ask("POST", "/unrecognized/replay", {"ids": [each["id"] for each in kept][:1] or ["none"]})
    assert ask("GET", "/health").json["checks"]
    assert ask("GET", f"/channels/{GUPSHUP}/shadow-report").json["next_cursor"] is None


def _a_platform_deletes(gate24: System) -> None:
    """What there is of the other organization is exported, and then it goes."""
    key, here = create_api_key("", "portal", ["admin"], None, now()).secret, f"/v1/admin/organizations/{OTHER_ORG}"
    for method, path, status in (("GET", "/export", 200), ("DELETE", f"?confirm={OTHER_ORG}", 202)):
        assert gate24.http(method, f"{here}{path}", key=key).status == status
    assert gate24.http("GET", f"{here}/deletion", key=key).json["status"] == "running"


def _endpoints_are_told(gate24: System, done: Done) -> None:
    """Two bodies of a provider wait, the webhook is deleted while one of them is queued again; events of another one
    wait behind an endpoint that is cut off, is probed, and is paused until they fail for good."""
    with standing_clock(now()) as clock:
        gone = make_webhook(gate24, "gone", format="provider")
        script_hook(gate24, "gone", status=500, count=2)
        for _ in range(2):
            contact_wrote(gate24)
        made = make_webhook(gate24)
        script_hook(gate24, status=500, count=CUT_OFF_FROM)
        tell(*(new_event(f"contact-{number}") for number in range(CUT_OFF_FROM)))
        with done.by("DeliverEvents"):
            deliver()
        clock[0] += HOUR
        with done.by("RetryDeliveries"):
            assert run_schedule()["queued"] == 3
        _, *others = sorted(queued_records(), key=lambda record: made["id"] in record["body"])
        gate24.http("DELETE", f"/v1/webhooks/{gone['id']}")
        with done.by("DeliverEvents"):
            deliver(others)
        clock[0] += GIVEN_UP_AFTER_MS
        gate24.http("PATCH", f"/v1/webhooks/{made['id']}", {"status": "paused"})
        with done.by("RetryDeliveries"):
            assert run_schedule()["given_up"] == CUT_OFF_FROM - 1
