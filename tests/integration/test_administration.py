"""The command ``./gate24``: its arguments, its exit status, what it prints."""

import json
import os
import subprocess
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from gate24 import clock
from infra.admin.deployment import Deployment, deployment
from infra.admin.outcome import Failed, WronglyAsked
from stack.settings import ROOT
from tests.integration.test_replay import kept, poison
from tests.support.administration import InProcess, Printed, administered
from tests.support.bodies import gupshup, gupshup_text
from tests.support.scene import HOUR, new_number, now, post_webhook
from tests.support.system import GUPSHUP, ORG, OTHER, OTHER_ORG, System, system


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The command works on this system."""
    with system(tmp_path_factory.mktemp("administration"), simulate=False) as made, administered(made):
        yield made


WRONG = [
    [],
    ["unrecognized"],
    ["unrecognized", "delete"],
    ["nothing", "list"],
    ["unrecognized", "list", "--id", "1763000000000-0123456789ab"],
    ["unrecognized", "list", "--from", "yesterday"],
    ["unrecognized", "list", "--from", "2026-11-31"],
    ["unrecognized", "list", "--from", "2026-11-26", "--to", "2026-11-25"],
    ["unrecognized", "list", "--organization", "nobody"],
    ["unrecognized", "replay", "--id", "17#63"],
    ["unrecognized", "replay", "--id", "1763000000000-0123456789ab"],
    ["unrecognized", "replay", "--id", "1763000000000-0123456789ab", "--from", "2026-11-26"],
    ["unrecognized", "replay", "everything"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_is_asked_wrongly_is_refused_with_2_and_changes_nothing(
    bare: System, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    post_webhook(bare, GUPSHUP, gupshup("moon-event", {"phase": 1}))
    before = bare.items()
    printed = Printed(capsys, *arguments)
    assert printed.status == 2
    assert printed.out == ""
    assert printed.err
    assert bare.items() == before


def test_what_is_kept_is_listed_for_people_and_for_programs(
    bare: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Printed(capsys, "unrecognized", "list").out == "Nothing is kept.\n"
    assert Printed(capsys, "unrecognized", "list", "--json").json == {"data": []}
    phone = new_number()
    post_webhook(bare, OTHER, gupshup("moon-event", {"phase": 1}))
    with poison(monkeypatch):
        post_webhook(bare, GUPSHUP, gupshup_text("poison", f"w.{phone}", phone, now() - HOUR))
    header, *rows = Printed(capsys, "unrecognized", "list").out.splitlines()
    assert header.split() == ["ID", "ORGANIZATION", "CHANNEL", "REASON", "CAME", "COPIES"]
    assert [row.split()[1] for row in rows] == [ORG, OTHER_ORG], "newest first"
    assert phone not in "".join(rows)
    for arguments in (["unrecognized", "list", "--json"], ["--json", "unrecognized", "list"]):
        listed = Printed(capsys, *arguments).json["data"]
        assert [each["organization"] for each in listed] == [ORG, OTHER_ORG]
    assert {**kept(bare)[0], "organization": ORG} == listed[0]
    of_one = Printed(capsys, "unrecognized", "list", "--organization", OTHER_ORG, "--json").json["data"]
    assert of_one == listed[1:]


def test_a_range_of_days_or_times_chooses(bare: System, capsys: pytest.CaptureFixture[str]) -> None:
    from gate24.store import unrecognized as store

    def came(*arguments: str) -> list[str]:
        listed = Printed(capsys, "unrecognized", "list", "--json", *arguments).json["data"]
        return [each["at"] for each in listed]

    times = [1_763_078_399_999, 1_763_078_400_000, 1_763_164_799_999, 1_763_164_800_000]  # around 2025-11-14, UTC
    for number, at in enumerate(times):
        store.keep(ORG, GUPSHUP, "unknown type", {"type": f"moon {number}"}, at)
    everything = came()
    assert len(everything) == 4
    assert came("--from", "2025-11-14") == everything[:3]
    assert came("--to", "2025-11-14") == everything[1:]
    assert came("--from", "2025-11-14", "--to", "2025-11-14") == everything[1:3]
    assert came("--from", "2025-11-14T05:30:00+05:30", "--to", "2025-11-14T00:00:00Z") == everything[2:3]


def test_a_replay_says_what_became_of_each_event(
    bare: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, other = new_number(), new_number()
    post_webhook(bare, GUPSHUP, gupshup("moon-event", {"phase": 1}))
    with poison(monkeypatch):
        post_webhook(bare, GUPSHUP, gupshup_text("poison", f"w.{phone}", phone, now() - HOUR))
        printed = Printed(capsys, "unrecognized", "replay")
        assert printed.status == 1
        header, unknown, poisonous, summary = printed.out.splitlines()
        assert header.split() == ["ID", "ORGANIZATION", "CHANNEL", "OUTCOME", "REASON"]
        assert "still unrecognized  unknown type" in unknown
        assert poisonous.endswith("still poisonous     not_recorded_LookupError")
        assert summary == "1 still unrecognized, 1 still poisonous"
        assert "2 of 2 replayed" in printed.err
    with poison(monkeypatch, "other"):
        post_webhook(bare, GUPSHUP, gupshup_text("other", f"w.{other}", other, now() - HOUR))
    printed = Printed(capsys, "unrecognized", "replay", "--json")
    assert printed.status == 0
    assert [each["outcome"] for each in printed.json["data"]] == ["unrecognized", "taken", "taken"]
    assert printed.json["counts"] == {
        "taken": 2,
        "unrecognized": 1,
        "poisonous": 0,
        "gone": 0,
        "failed": 0,
        "not_reached": 0,
    }
    again = Printed(capsys, "unrecognized", "replay", "--json")
    assert (again.status, [each["outcome"] for each in again.json["data"]]) == (0, ["unrecognized"])
    assert [each["text"] for each in bare.conversation(phone)] == ["poison"]


def test_one_event_is_replayed_by_its_id_and_once(
    bare: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [new_number() for _ in range(2)]
    with poison(monkeypatch):
        for phone in phones:
            post_webhook(bare, GUPSHUP, gupshup_text("poison", f"w.{phone}", phone, now() - HOUR))
    chosen = kept(bare)[0]["id"]
    printed = Printed(capsys, "unrecognized", "replay", "--id", chosen, "--id", chosen, "--json")
    assert [(each["id"], each["outcome"]) for each in printed.json["data"]] == [(chosen, "taken")]
    assert len(kept(bare)) == 1
    printed = Printed(capsys, "unrecognized", "replay", "--id", chosen)
    assert (printed.status, "was taken" in printed.err) == (2, True)


def test_more_events_than_one_invocation_has_time_for_are_all_replayed(
    bare: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(45):
        post_webhook(bare, GUPSHUP, gupshup("moon-event", {"phase": number}))

    def after_seven(_: float) -> Any:
        asked = iter(range(100))
        return lambda: next(asked) >= 7

    monkeypatch.setattr(clock, "time_limit", after_seven)
    counts = Printed(capsys, "unrecognized", "replay", "--json").json["counts"]
    assert counts["unrecognized"] == 45


def test_a_function_that_fails_is_said_and_the_rest_is_left(
    bare: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(70):
        post_webhook(bare, GUPSHUP, gupshup("moon-event", {"phase": number}))

    def fails(*_: Any) -> Any:
        raise Failed("inbound_webhook failed (Runtime.ExitError); see its log")

    monkeypatch.setattr(InProcess, "invoke", fails)
    printed = Printed(capsys, "unrecognized", "replay", "--json")
    assert printed.status == 1
    assert (printed.json["counts"]["failed"], printed.json["counts"]["not_reached"]) == (60, 10)
    assert "ExitError" in printed.json["data"][0]["reason"]
    assert len(kept(bare)) == 70


# Where it works


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Any]:
    """No local stack, and an empty account on AWS."""
    monkeypatch.setenv("GATE24_STATE_DIR", str(tmp_path))
    before = dict(os.environ)
    with mock_aws():
        yield tmp_path
    os.environ.clear()  # the command names the local stack in it
    os.environ.update(before)


def test_beside_a_stack_in_another_folder_it_is_said_how_that_one_is_named(nowhere: Any) -> None:
    with pytest.raises(
        Failed, match=rf"running in {nowhere} \(make start\); GATE24_STATE_DIR names the folder of another"
    ):
        deployment(None)


def test_the_local_stack_is_found_by_its_description(nowhere: Any) -> None:
    with pytest.raises(Failed, match="make start"):
        deployment(None)
    described = {
        "aws_endpoint": "http://127.0.0.1:1",
        "region": "ap-south-1",
        "tables": {"Table": "t"},
        "functions": {"inbound_webhook": "f"},
    }
    (nowhere / "stack.json").write_text(json.dumps(described))
    os.environ["AWS_PROFILE"] = "production"
    assert deployment(None) == Deployment("t", "f", "ap-south-1")
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert "AWS_PROFILE" not in os.environ


def test_a_stack_on_aws_is_found_by_its_outputs(nowhere: Any) -> None:
    client = boto3.client("cloudformation")
    topic = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    outputs = {"TableName": {"Value": "t"}, "InboundWebhookName": {"Value": "f"}}
    client.create_stack(StackName="gate24-prod", TemplateBody=json.dumps({**topic, "Outputs": outputs}))
    client.create_stack(StackName="another", TemplateBody=json.dumps(topic))
    assert deployment("gate24-prod") == Deployment("t", "f", "ap-south-1")
    with pytest.raises(WronglyAsked, match="no stack gate24-dev"):
        deployment("gate24-dev")
    with pytest.raises(WronglyAsked, match="no stack of gate24"):
        deployment("another")


def test_a_stack_that_does_not_name_its_secrets_gets_none(nowhere: Any, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = {"TableName": {"Value": "t"}, "InboundWebhookName": {"Value": "f"}}
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
    boto3.client("cloudformation").create_stack(StackName="gate24-old", TemplateBody=json.dumps(template))
    printed = Printed(capsys, "secret", "set", "reading", "api-key", "--stack", "gate24-old")
    assert (printed.status, "deploy this one first" in printed.err) == (2, True)
    assert boto3.client("secretsmanager").list_secrets()["SecretList"] == []


def test_a_function_that_cannot_be_invoked_or_raises_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def __init__(self, answer: Any) -> None:
            self.answer = answer

        def invoke(self, **_: Any) -> Any:
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

    class Payload:
        def __init__(self, text: str) -> None:
            self.text = text

        def read(self) -> str:
            return self.text

    here = Deployment("t", "f", None)
    for answer, said in (
        (EndpointConnectionError(endpoint_url="https://lambda"), "cannot be invoked"),
        ({"FunctionError": "Unhandled", "Payload": Payload('{"errorType": "Boom"}')}, r"failed \(Boom\)"),
    ):
        client = Client(answer)
        monkeypatch.setattr(boto3, "client", lambda *_, client=client, **__: client)
        with pytest.raises(Failed, match=said):
            here.invoke("f", {})
    good = Client({"Payload": Payload('{"events": []}')})
    monkeypatch.setattr(boto3, "client", lambda *_, **__: good)
    assert here.invoke("f", {}) == {"events": []}


def test_a_command_invokes_the_version_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class Client:
        def invoke(self, **given: Any) -> Any:
            asked.update(given)
            return {"Payload": BytesIO(b"{}")}

    monkeypatch.setattr(boto3, "client", lambda *_, **__: Client())
    Deployment("t", "f", None).invoke("f", {})
    assert (asked["FunctionName"], asked["Qualifier"]) == ("f", "live")


def test_the_command_runs_from_any_folder(tmp_path: Any) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"GATE24_STATE_DIR": str(tmp_path)}
        return subprocess.run(
            [ROOT / "gate24", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    assert run("--help").returncode == 0
    assert run("unrecognized", "replay", "--id", "x").returncode == 2
    without_a_stack = run("unrecognized", "list")
    assert (without_a_stack.returncode, without_a_stack.stdout) == (1, "")
    assert "make start" in without_a_stack.stderr
