"""Staff get one mail of chats that wait for an answer and close soon: once, whatever crashes, and of nobody by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from gate24 import clock
from gate24.rules import waiting_chats
from gate24.rules.waiting_chats import GAP_MS, LOOK_MS
from gate24.store import aws, closing_rounds, contact_list, keys, mails, members, organization_partitions, organizations
from gate24.store.table import StoreError
from gate24.usecases import close_windows, closing_ways
from gate24.usecases import tell_staff_of_closing as module
from gate24.usecases.administer_members import put_member
from tests.support import closing_evening
from tests.support.closing_evening import END, START, turn_from
from tests.support.memory_table import MemoryTable, memory_table
from tests.support.scene import (
    DIGITS,
    HOUR,
    MINUTE,
    change_channel,
    change_organization,
    mail_sender,
    new_number,
)
from tests.support.system import CONTEXT, ORG, OTHER_ORG, TEXT, System, handler

SENDER = "gate24@example.org"
LEELA, MEENA, ASHA = "leela@example.org", "meena@example.org", "asha@example.org"


@dataclass(slots=True)
class Evening(closing_evening.Evening):
    """``fails``: raises instead of a mail to that address."""

    fails: dict[str, Exception] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)

    def run(self, at: int) -> list[Any]:
        """The mails of the organization's first turn from then on."""
        before = len(self.mails)
        self.tell(at)
        return self.mails[before:]

    @property
    def mails(self) -> list[Any]:
        return list(ses_backends[DEFAULT_ACCOUNT_ID]["ap-south-1"].sent_messages)

    def to(self, mails: list[Any]) -> list[str]:
        return sorted(each.destinations["ToAddresses"][0] for each in mails)


@pytest.fixture
def evening(gate24: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Evening]:
    made = Evening(gate24, [START])
    monkeypatch.setattr(clock, "now_ms", lambda: made.time[0])
    boto3.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    ses_backends[DEFAULT_ACCOUNT_ID]["ap-south-1"].sent_messages.clear()
    for email, role in ((LEELA, "admin"), (MEENA, "supervisor"), (ASHA, "agent")):
        put_member(ORG, email, role, keep_an_admin=False)  # type: ignore[arg-type]
    change_organization(closing_digest_minutes=60)
    send = aws.ses().send_email

    def send_or_fail(**asked: Any) -> Any:
        (to,) = asked["Destination"]["ToAddresses"]
        made.tried.append(to)
        if to in made.fails:
            raise made.fails[to]
        return send(**asked)

    monkeypatch.setattr(aws.ses(), "send_email", send_or_fail)
    with mail_sender(SENDER):
        yield made


def test_supervisors_and_admins_get_one_mail_an_hour_before(evening: Evening) -> None:
    evening.wrote(START)
    evening.wrote(START + MINUTE, new_number())
    assert evening.run(END - HOUR - 10 * MINUTE) == []
    mails = evening.run(END - HOUR + 2 * MINUTE)
    assert evening.to(mails) == [LEELA, MEENA]
    mail = mails[0]
    assert mail.source == SENDER
    assert mail.subject == "2 chats wait for an answer, the first closes at 16:35"
    assert "https://gate24.example.org/console#waiting" in mail.body
    for told in (DIGITS, "cheque", "98765"):
        assert told not in f"{mail.subject} {mail.body}"
    for minute in range(0, 60, 5):
        assert evening.run(END - 55 * MINUTE + minute * MINUTE) == []


def test_nobody_is_written_to_where_all_are_answered(evening: Evening) -> None:
    evening.wrote(START)
    assert evening.gate24.send(TEXT).status == 202
    assert evening.run(END - 30 * MINUTE) == []
    assert evening.tried == []


def test_a_member_chooses_mails_and_their_language(evening: Evening) -> None:
    members.change(ORG, LEELA, closing_mail=False)
    members.change(ORG, ASHA, closing_mail=True, language="hi")
    evening.wrote(START)
    mails = {each.destinations["ToAddresses"][0]: each for each in evening.run(END - 40 * MINUTE)}
    assert mails.keys() == {ASHA, MEENA}
    assert mails[ASHA].subject == "1 चैट जवाब का इंतज़ार कर रही है, 16:35 बजे बंद होगी"


def test_what_comes_close_together_is_told_at_once(evening: Evening) -> None:
    evening.wrote(START)
    for minute in range(1, 15):
        evening.wrote(START + minute * MINUTE, new_number())
    first = evening.run(END - HOUR)
    assert first and first[0].subject.startswith(("1 chat ", "2 chats", "3 chats", "4 chats", "5 chats"))
    assert evening.run(evening.time[0] + LOOK_MS) == []
    assert evening.run(evening.time[0] + LOOK_MS) == []
    second = evening.run(evening.time[0] + LOOK_MS)
    assert evening.to(second) == [LEELA, MEENA]
    counts = [int(mails[0].subject.split()[0]) for mails in (first, second)]
    assert sum(counts) == 15
    assert GAP_MS == 3 * LOOK_MS


def test_a_new_message_opens_another_window_that_is_told_of_again(evening: Evening) -> None:
    evening.wrote(START)
    assert len(evening.run(END - 40 * MINUTE)) == 2
    evening.wrote(later := evening.time[0] + MINUTE)
    assert evening.run(END - 10 * MINUTE) == []
    assert len(evening.run(later + 23 * HOUR + 10 * MINUTE)) == 2


def test_a_chat_that_waits_again_only_then_is_told_of(evening: Evening) -> None:
    """Reopened, or its answer failed: it is looked at until its end."""
    evening.wrote(START)
    state = f"/v1/contacts/%2B{DIGITS.removeprefix('+')}/state"
    assert evening.gate24.http("PUT", state, {"state": "done"}).status == 200
    assert evening.run(END - 55 * MINUTE) == []
    assert evening.gate24.http("PUT", state, {"state": "open"}).status == 200
    assert len(evening.run(END - 40 * MINUTE)) == 2


def test_organizations_that_have_it_off_cost_nothing(evening: Evening) -> None:
    evening.wrote(START)
    change_organization(closing_digest_minutes=None)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(contact_list, "windows_ending", lambda *asked: pytest.fail("the list was read"))
        assert evening.run(END - 30 * MINUTE) == []


def test_without_a_sender_nothing_is_read(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    evening.wrote(START)
    monkeypatch.setattr(organizations, "organization_ids", lambda: pytest.fail("organizations were read"))
    with mail_sender(""):
        assert evening.run(END - 30 * MINUTE) == []


def refusal(status: int, code: str) -> ClientError:
    told: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "SendEmail")


ADDRESS = "https://email.ap-south-1.amazonaws.com"
NO_OUTCOME: list[Exception] = [ReadTimeoutError(endpoint_url=ADDRESS), refusal(500, "InternalFailure")]
PUT_OFF: list[Exception] = [ConnectTimeoutError(endpoint_url=ADDRESS), refusal(429, "TooManyRequestsException")]
REFUSED = refusal(400, "MessageRejected")


@pytest.mark.parametrize("error", [*NO_OUTCOME, REFUSED], ids=["timeout", "server fault", "refused"])
def test_a_mail_that_may_have_gone_out_or_never_will_is_not_tried_again(evening: Evening, error: Exception) -> None:
    evening.wrote(START)
    evening.fails[MEENA] = error
    assert evening.to(evening.run(END - 40 * MINUTE)) == [LEELA]
    evening.fails.clear()
    assert evening.run(END - 30 * MINUTE) == []
    assert sorted(evening.tried) == [LEELA, MEENA]


@pytest.mark.parametrize("error", PUT_OFF, ids=["not reached", "too many"])
def test_a_mail_that_did_not_go_out_goes_with_the_next_run_while_somebody_waits(
    evening: Evening, error: Exception
) -> None:
    evening.wrote(START)
    evening.fails[MEENA] = error
    assert evening.to(evening.run(END - 50 * MINUTE)) == [LEELA]
    evening.fails.clear()
    assert evening.to(evening.run(END - 40 * MINUTE)) == [MEENA]
    assert evening.run(END - 30 * MINUTE) == []


def test_a_mail_that_did_not_go_out_is_not_sent_once_everybody_is_answered(evening: Evening) -> None:
    evening.wrote(START)
    evening.fails = {MEENA: PUT_OFF[0], LEELA: PUT_OFF[0]}
    assert evening.run(END - 50 * MINUTE) == []
    evening.fails = {}
    assert evening.gate24.send(TEXT).status == 202
    assert evening.run(END - 40 * MINUTE) == []


@pytest.mark.parametrize("broken", ["begin", "claim", "finish"])
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_a_run_that_breaks_off_at_any_write_is_gone_on_with_and_nobody_hears_twice(
    evening: Evening, monkeypatch: pytest.MonkeyPatch, broken: str, is_done: bool
) -> None:
    """``is_done``: whether the write took place. A claim that did, and no mail after it, is not sent: nobody knows."""
    evening.wrote(START)
    original: Callable[..., Any] = getattr(closing_rounds, broken)
    left = [1]

    def breaks(*asked: Any) -> Any:
        if not left[0]:
            return original(*asked)
        left[0] -= 1
        if is_done:
            original(*asked)
        raise StoreError("PutItem", "broken")

    monkeypatch.setattr(closing_rounds, broken, breaks)
    with pytest.raises(RuntimeError, match="staff not told: learning"):
        evening.run(END - 50 * MINUTE)
    evening.run(END - 40 * MINUTE)
    evening.run(END - 30 * MINUTE)
    sent = evening.to(evening.mails)
    assert len(sent) == len(set(sent))
    assert len(sent) == (1 if (broken, is_done) == ("claim", True) else 2)


def test_two_runs_at_one_moment_send_each_mail_once(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    evening.wrote(START)
    monkeypatch.setattr(closing_ways, "send_mail", evening.another_run_before(mails.send_mail))
    assert evening.to(evening.run(END - 40 * MINUTE)) == [LEELA, MEENA]


def test_time_that_is_up_leaves_the_rest_to_the_next_run(evening: Evening) -> None:
    evening.wrote(START)
    evening.run(END - 70 * MINUTE)
    evening.time[0] = at = turn_from(END - 50 * MINUTE)
    checks = iter([False] * 4)
    assert module.tell_staff_of_closing(at, lambda: next(checks, True), evening.due) == 1
    assert len(evening.run(at + LOOK_MS)) == 1
    assert evening.to(evening.mails) == [LEELA, MEENA]


def test_of_very_many_chats_those_are_told_first_that_close_first(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_chats, "_ROUND_MOST", 2)
    monkeypatch.setattr(module, "_READ_AT_ONCE", 1)
    change_organization(closing_digest_minutes=600)
    for hour in range(3):
        evening.wrote(START + hour * HOUR, new_number())
    first = evening.run(END - 5 * HOUR)
    assert first[0].subject == "2 chats wait for an answer, the first closes at 16:35"
    assert evening.to(first) == [LEELA, MEENA]
    assert evening.run(END - 5 * HOUR + 20 * MINUTE)[0].subject.startswith(
        "1 chat waits for an answer and closes at 18:3"
    )
    assert evening.run(END - HOUR) == []


def test_one_organization_that_fails_keeps_no_other_from_its_mails(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening.wrote(START)
    monkeypatch.setattr(module, "is_turn", lambda organization_id, now: True)
    original = organizations.organization

    def fails(organization_id: str) -> Any:
        if organization_id == OTHER_ORG:
            raise StoreError("GetItem", "down")
        return original(organization_id)

    monkeypatch.setattr(organizations, "organization", fails)
    with pytest.raises(RuntimeError, match="staff not told: health"):
        module.tell_staff_of_closing(END - 40 * MINUTE, lambda: False, evening.due)
    assert evening.to(evening.mails) == [LEELA, MEENA]


def test_a_margin_or_lead_time_that_is_changed_holds_at_once(evening: Evening) -> None:
    evening.wrote(START)
    assert evening.run(END - 4 * HOUR) == []
    change_organization(closing_digest_minutes=300)
    assert len(evening.run(END - 4 * HOUR + 10 * MINUTE)) == 2
    change_channel(margin_seconds=1800)
    assert evening.run(END - 3 * HOUR) == []


def test_the_schedule_tells_staff_and_software_and_one_that_fails_does_not_stop_the_other(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening.wrote(START)
    evening.time[0] = turn_from(END - 40 * MINUTE)

    def fails(*asked: Any) -> int:
        raise RuntimeError("windows not told of: learning")

    with monkeypatch.context() as patched:
        patched.setattr(close_windows, "close_windows", fails)
        with pytest.raises(RuntimeError, match="windows not told of"):
            handler("close_windows")({}, CONTEXT)
    assert evening.to(evening.mails) == [LEELA, MEENA]
    assert handler("close_windows")({}, CONTEXT) == {"told": 0, "staff": 0}


def test_what_is_kept_names_nobody_and_goes_with_the_organization(evening: Evening) -> None:
    evening.wrote(START)
    evening.run(END - 40 * MINUTE)
    kept = [item for item in evening.gate24.items() if str(item).count(keys.closing_rounds_pk(ORG))]
    assert len(kept) == 3  # the round and two claims
    for told in (LEELA, MEENA, "98765"):
        assert told not in json.dumps(kept, default=str)
    assert closing_rounds.read(ORG, "MAIL").number == 1
    assert sum(organization_partitions.remove_some(ORG, evening.time[0])) >= 3
    assert keys.closing_rounds_pk(ORG) not in str(evening.gate24.items())


@pytest.fixture
def held(evening: Evening) -> Iterator[MemoryTable]:
    with memory_table(evening.gate24.dynamodb) as found:
        yield found


def test_what_a_run_and_a_mail_cost(evening: Evening, held: MemoryTable) -> None:
    """Of a run the list's partitions, and one and a half units for each chat that closes soon; of a round two writes,
    and one for each mail."""

    def spent(at: int) -> tuple[float, float]:
        before = held.usage
        module.tell_staff_of_closing(turn_from(at), lambda: False, evening.due)
        used = held.usage.since(before)
        return used.read_units, used.write_units

    evening.wrote(START)
    organizations.organization(ORG)
    found = [spent(at) for at in (END - 3 * HOUR, END - 40 * MINUTE, END - 35 * MINUTE)]
    change_organization(closing_digest_minutes=None)
    organizations.organization(ORG)
    off = spent(END - 30 * MINUTE)
    assert [*found, off] == [QUIET, TELLS, TOLD, OFF]


QUIET, TELLS, TOLD, OFF = (3.5, 0), (7.0, 4), (6.0, 0), (1.0, 0)
