"""``./gate24 organization delete``: nothing of a person is left, costs are, and others are not touched."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from gate24.store import costs, unrecognized
from infra.admin import organization_deletion
from infra.operator.api import Answer, ApiUnavailable
from tests.support.administration import ApiInProcess, Printed, administered
from tests.support.bodies import gupshup
from tests.support.scene import HOUR, contact_wrote, new_number, post_webhook, run_rollup
from tests.support.system import GUPSHUP, META, ORG, OTHER, OTHER_ORG, System, system


@pytest.fixture
def deployed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setattr(organization_deletion, "SETTLING_SECONDS", 0)
    monkeypatch.setattr(organization_deletion, "_POLL_SECONDS", 0)
    monkeypatch.setattr(organization_deletion, "_AT_ONCE", 1)  # the functions in this process are not made for threads
    folder = tmp_path_factory.mktemp("delete")
    with system(folder, simulate=False, in_memory=True) as made, administered(made):
        yield made


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
    assert costs.days_costs(ORG, "0000", "9999") == stated and stated
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
    assert costs.days_costs(ORG, "0000", "9999") == stated


def test_a_deletion_that_was_broken_off_goes_on(
    deployed: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = filled(deployed)
    call, erased = ApiInProcess.call, iter(range(1_000))

    def breaks(self: ApiInProcess, method: str, path: str, body: Any = None) -> Answer:
        if method == "DELETE" and next(erased) == 5:
            raise ApiUnavailable("no answer")
        return call(self, method, path, body)

    monkeypatch.setattr(ApiInProcess, "call", breaks)
    broken = Printed(capsys, "organization", "delete", ORG, "--yes")
    assert (broken.status, "Run the same command again" in broken.err) == (1, True)
    assert [phone for phone in phones if phone in str(deployed.items())]
    assert Printed(capsys, "organization", "delete", ORG, "--yes").status == 0
    assert not [phone for phone in phones if phone in str(deployed.items())]


def test_who_wrote_while_others_were_erased_is_erased_too(
    deployed: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(deployed)
    late, call, asked = new_number(), ApiInProcess.call, iter(range(1_000))
    monkeypatch.setattr(organization_deletion, "delete_channel", lambda channel: None)  # a function remembers them

    def interrupted(self: ApiInProcess, method: str, path: str, body: Any = None) -> Answer:
        answer = call(self, method, path, body)
        if method == "DELETE" and next(asked) == 3:
            contact_wrote(deployed, late, 0)
        return answer

    monkeypatch.setattr(ApiInProcess, "call", interrupted)
    assert Printed(capsys, "organization", "delete", ORG, "--yes", "--json").json["contacts"] == 13
    assert late not in str(deployed.items())
