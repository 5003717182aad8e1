"""``./gate24 organization delete``: nothing of a person is left, costs are and can be read, and others are not touched.

The functions do it; the command asks for it and waits."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from gate24.rules.rollup import local_day
from gate24.store import costs, unrecognized
from gate24.usecases import delete_organization
from gate24.usecases.erase_contact import erase_contact
from infra.admin import organization_deletion
from infra.operator.api import Answer, ApiUnavailable
from tests.support.administration import ApiInProcess, Printed, administered
from tests.support.bodies import gupshup
from tests.support.scene import (
    HOUR,
    contact_wrote,
    new_number,
    now,
    post_webhook,
    retry_parked,
    run_rollup,
    take_parked,
)
from tests.support.system import GUPSHUP, META, ORG, OTHER, OTHER_ORG, System, system


@pytest.fixture
def deployed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setattr(delete_organization, "SETTLING_SECONDS", 0)
    monkeypatch.setattr(organization_deletion, "_POLL_SECONDS", 0)
    monkeypatch.setattr(ApiInProcess, "call", called_while_the_queue_is_worked_off)
    folder = tmp_path_factory.mktemp("delete")
    with system(folder, simulate=False, in_memory=True) as made, administered(made):
        yield made


_call = ApiInProcess.call


def called_while_the_queue_is_worked_off(self: ApiInProcess, method: str, path: str, body: Any = None) -> Answer:
    """Whenever somebody asks how far the deletion is, it has gone on."""
    if path.endswith("/deletion"):
        retry_parked(take_parked(self.gate24))
    return _call(self, method, path, body)


def filled(gate24: System) -> list[str]:
    """People of both organizations; those of the first are returned, the last of whom opted out."""
    phones = [new_number() for _ in range(12)]
    for phone in phones:
        contact_wrote(gate24, phone, HOUR)
    path = f"/v1/contacts/{phones[-1]}/consents"
    assert gate24.http("POST", path, {"action": "opt_out", "source": "form"}).status == 201
    post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"phase": 1}))
    contact_wrote(gate24, new_number(), HOUR, OTHER)
    run_rollup()
    return phones


def test_everything_goes_but_costs_and_opt_outs_and_other_organizations_stay(
    deployed: System, capsys: pytest.CaptureFixture[str]
) -> None:
    phones = filled(deployed)
    stated = costs.days_costs(ORG, "0000", "9999")
    of_other = [item for item in deployed.items() if OTHER_ORG in str(item)]
    printed = Printed(capsys, "organization", "delete", ORG, "--yes", "--json")
    assert printed.status == 0, printed.err
    assert {name: printed.json[name] for name in ("deleted", "channels", "contacts", "unrecognized")} == {
        "deleted": ORG,
        "channels": 2,
        "contacts": 12,
        "unrecognized": 1,
    }
    assert printed.json["keys"] >= 2
    left = str(deployed.items())
    assert not [phone for phone in phones if phone in left]
    assert [item for item in deployed.items() if OTHER_ORG in str(item)] == of_other
    final = [replace(day, status="final") for day in stated]
    assert costs.days_costs(ORG, "0000", "9999") == final and final
    assert [each["what"] for each in printed.json["kept"]] == [each.what for each in organization_deletion.KEPT]
    assert "12 contacts" in printed.err, "how far it is"
    assert list(unrecognized.newest(ORG, None, 10)) == []
    assert deployed.http("GET", "/v1/me").status == 403
    assert deployed.webhook(gupshup("moon-event", {"phase": 2}), GUPSHUP).status == 401
    secrets = boto3.client("secretsmanager").list_secrets(MaxResults=100)["SecretList"]
    assert not {f"channels/{GUPSHUP}", f"channels/{META}"} & {each["Name"] for each in secrets}
    listed = Printed(capsys, "organization", "list", "--json").json["data"]
    assert [each["id"] for each in listed] == [OTHER_ORG]
    again = Printed(capsys, "organization", "delete", ORG, "--yes")
    assert (again.status, again.err) == (2, f"gate24: There is no organization {ORG}.\n")
    arguments = ("--name", "N", "--timezone", "UTC", "--currency", "USD")
    created = Printed(capsys, "organization", "create", ORG, *arguments)
    assert (created.status, "its costs are kept under it. Choose another id." in created.err) == (2, True)
    run_rollup()
    assert costs.days_costs(ORG, "0000", "9999") == final


def test_a_deletion_goes_on_without_its_command_and_is_shown_on(
    deployed: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = filled(deployed)
    asked = iter((ApiUnavailable("no answer"), KeyboardInterrupt()))

    def breaks(self: ApiInProcess, method: str, path: str, body: Any = None) -> Answer:
        if path.endswith("/deletion"):
            raise next(asked)
        return _call(self, method, path, body)

    with monkeypatch.context() as patch:
        patch.setattr(ApiInProcess, "call", breaks)
        for said in ("Run the same command again", "goes on without this command"):
            broken = Printed(capsys, "organization", "delete", ORG, "--yes")
            assert (broken.status, said in broken.err) == (1, True)
    assert [phone for phone in phones if phone in str(deployed.items())]
    assert take_parked(deployed), "queued, and then lost"
    whole = Printed(capsys, "organization", "delete", ORG, "--yes", "--json")
    assert (whole.status, whole.json["contacts"], whole.json["channels"]) == (0, 12, 2)
    assert not [phone for phone in phones if phone in str(deployed.items())]


def test_who_wrote_while_others_were_erased_is_erased_too(
    deployed: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(deployed)
    late, asked = new_number(), iter(range(1_000))
    monkeypatch.setattr(delete_organization, "delete_channel", lambda channel: None)  # a function remembers them

    def interrupted(*given: Any) -> Any:
        if next(asked) == 3:
            contact_wrote(deployed, late, 0)
        return erase_contact(*given)

    monkeypatch.setattr(delete_organization, "erase_contact", interrupted)
    assert Printed(capsys, "organization", "delete", ORG, "--yes", "--json").json["contacts"] == 13
    assert late not in str(deployed.items())


def test_the_costs_are_those_of_the_api_and_can_be_read_after_the_deletion(
    deployed: System, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(deployed)
    today = local_day(now(), "Asia/Kolkata")
    first, last = (today - timedelta(days=3)).isoformat(), today.isoformat()
    days = ("--from", first, "--to", last)
    told = deployed.http("GET", f"/v1/costs/daily?from={first}&to={last}").json
    as_csv = deployed.http("GET", f"/v1/costs/daily?from={first}&to={last}", headers={"Accept": "text/csv"}).text
    shown = Printed(capsys, "costs", "--organization", ORG, *days, "--json").json
    assert shown | {"server_time": told["server_time"]} == told and shown.keys() == told.keys()
    assert Printed(capsys, "costs", "--organization", ORG, *days, "--csv").out == as_csv.replace("\r\n", "\n")
    contact_wrote(deployed, new_number(), 0)  # nobody reckons before the deletion
    assert Printed(capsys, "organization", "delete", ORG, "--yes").status == 0
    kept = Printed(capsys, "costs", "--organization", ORG, *days, "--json").json["data"]
    assert {day["status"] for day in kept} == {"final"}
    assert sum(day["messages"]["inbound"] for day in kept) == 13
    table = Printed(capsys, "costs", "--organization", ORG, *days).out
    assert last in table and "INBOUND" in table
    long_ago = ("--from", "2020-01-01", "--to", "2020-01-02")
    assert Printed(capsys, "costs", "--organization", ORG, *long_ago).out == "No costs are stated for these days.\n"
