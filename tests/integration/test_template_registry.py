"""The registry of templates: what is said of status and of category holds by its own time, whoever says it when."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from gate24.store import documents, table, templates
from gate24.templates import Template
from tests.support.scene import TEMPLATE_T0 as T0
from tests.support.scene import TEMPLATE_WORDS as WORDS
from tests.support.system import GUPSHUP, ORG, System, system


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("templates"), simulate=False) as made:
        yield made


def entered(name: str) -> Template:
    template = Template(GUPSHUP, name, "en", f"id-{name}", "utility", "approved", 1, status_at=T0, category_at=T0)
    return templates.enter(ORG, template)


def told(template: Template, said: dict[str, Any]) -> None:
    """The provider's word, judged by what was read before: as a webhook does it."""
    read = templates.template(ORG, GUPSHUP, template.name, "en")
    assert read is not None
    templates.change(ORG, read, **said)


def now(name: str) -> tuple[str, str, str | None]:
    found = templates.template(ORG, GUPSHUP, name, "en")
    assert found is not None
    return found.status, found.category, found.reason


def test_a_missing_channel_is_told_together_with_all_else_that_is_wrong(shared: System) -> None:
    answer = shared.http("PUT", "/v1/templates/reminder", {"status": "fine"})
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
    assert {each["pointer"]: each["detail"] for each in answer.json["errors"]} == {
        "/channel": "Name the channel: there is more than one.",
        "/bsp_template_id": "is required",
        "/language": "is required",
        "/category": "is required",
        "/status": "must be one of: approved, pending, rejected, paused, disabled",
    }
    whole = {"bsp_template_id": "1", "language": "en", "category": "utility", "status": "approved"}
    [alone] = shared.http("PUT", "/v1/templates/reminder", whole).json["errors"]
    assert alone["pointer"] == "/channel"
    [named] = shared.http("PUT", "/v1/templates/reminder", whole | {"channel": GUPSHUP, "status": "fine"}).json[
        "errors"
    ]
    assert named["pointer"] == "/status"


def test_a_late_pause_after_a_newer_category_still_pauses(shared: System) -> None:
    template = entered("late")
    told(template, {"at": T0 + 9, "category": "marketing"})
    told(template, {"at": T0 + 2, "status": "paused", "reason": "quality"})
    assert now("late") == ("paused", "marketing", "quality")


def test_every_order_of_words_ends_in_the_same_template(shared: System) -> None:
    ends = set()
    for number, order in enumerate(itertools.permutations(WORDS)):
        template = entered(f"order{number}")
        for said in (*order, order[0]):
            told(template, said)
        ends.add(now(f"order{number}"))
    assert ends == {("disabled", "utility", None)}


def test_of_two_words_at_one_time_approved_is_the_one_that_gives_way(shared: System) -> None:
    for number, order in enumerate(itertools.permutations(("approved", "paused"))):
        template = entered(f"tie{number}")
        for status in order:
            told(template, {"at": T0 + 5, "status": status})
        assert now(f"tie{number}")[0] == "paused"


def test_a_word_that_was_read_before_a_newer_one_was_written_overwrites_nothing(shared: System) -> None:
    before = entered("racing")
    templates.change(ORG, before, at=T0 + 5, status="paused")
    templates.change(ORG, before, at=T0 + 4, status="approved")
    assert now("racing")[0] == "paused"


def test_what_staff_enter_again_keeps_what_the_provider_said_later(shared: System) -> None:
    told(entered("again"), {"at": T0 + 50, "status": "paused", "reason": "quality"})
    template = Template(GUPSHUP, "again", "en", "new id", "marketing", "approved", 2, None, "Hello {{1}}")
    after = templates.enter(ORG, template)
    assert (after.bsp_template_id, after.params, after.body) == ("new id", 2, "Hello {{1}}")
    assert (after.status, after.reason) == ("paused", "quality")


def test_a_template_as_version_0_1_0_stored_it_is_read_and_moved(shared: System) -> None:
    body = {
        "channel": GUPSHUP,
        "name": "old",
        "language": "en",
        "bsp_template_id": "x",
        "category": "utility",
        "status": "approved",
        "params": 1,
        "media": None,
        "changed_at": T0,
    }
    documents.write(f"T#{ORG}", f"{GUPSHUP}#old#en", body)
    old = templates.template(ORG, GUPSHUP, "old", "en")
    assert old == Template(GUPSHUP, "old", "en", "x", "utility", "approved", 1, status_at=T0, category_at=T0)
    told(old, {"at": T0 - 1, "status": "rejected"})
    assert now("old")[0] == "approved"
    told(old, {"at": T0 + 1, "status": "paused"})
    assert now("old") == ("paused", "utility", None)


def test_a_put_over_a_template_of_version_0_1_0_leaves_no_moment_without_a_status(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One write: a send between two would be refused for good."""
    old = {"channel": GUPSHUP, "name": "whole", "language": "en", "bsp_template_id": "x", "params": 1, "media": None}
    documents.write(
        f"T#{ORG}", f"{GUPSHUP}#whole#en", old | {"category": "utility", "status": "approved", "changed_at": T0}
    )
    written: list[str] = []
    original = table._dispatch

    def note(operation: str, kwargs: dict[str, Any]) -> Any:
        written.append(operation)
        return original(operation, kwargs)

    monkeypatch.setattr(table, "_dispatch", note)
    template = Template(GUPSHUP, "whole", "en", "y", "marketing", "approved", 1, status_at=T0 + 9, category_at=T0 + 9)
    assert templates.enter(ORG, template) == template
    assert written == ["PutItem"]
