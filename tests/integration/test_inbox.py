"""Chats as staff see them before they open them, and what they do about them together."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from gate24 import clock
from gate24.api import contact_filters
from gate24.events import ContactRef
from gate24.inbox import Answering
from gate24.store import api_keys, care, contact_list, contacts, keys
from gate24.store.api_keys import KeyHolder
from gate24.store.table import Item, query
from tests.support.bodies import (
    gupshup_consent,
    gupshup_message,
    gupshup_status,
    gupshup_text,
    meta_number_change,
    meta_text,
)
from tests.support.scene import HOUR, MINUTE, SECOND, change_organization, now
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, PHONE, TEXT, System, put_template

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]

DAY = 24 * HOUR
ASHA = "asha@example.org"


class Clock:
    """The server's clock, which moves when a test says so."""

    def __init__(self) -> None:
        self.at = now() // HOUR * HOUR + 10 * MINUTE

    def pass_(self, ms: int) -> int:
        self.at += ms
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "now_ms", lambda: made.at)
    return made


def writes(gate24: System, at: int, text: str = "Namaste", phone: str = PHONE, name: str = "wamid.in") -> None:
    body = gupshup_text(text, f"{name}-{phone}-{at}", phone.removeprefix("+"), at)
    assert gate24.webhook(body).status == 200


def ask(gate24: System, method: str, action: str, body: Any = None, phone: str = PHONE, status: int = 200) -> Any:
    answer = gate24.http(method, f"/v1/contacts/{quote(phone)}/{action}", body)
    assert answer.status == status, answer.text
    return answer.json


def listed(gate24: System, key: str = "learning", **query: Any) -> list[str]:
    """The numbers on all pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = gate24.http("GET", f"/v1/contacts?{urlencode(query | cursor)}", key=key)
        assert answer.status == 200, answer.text
        found += [each["phone"] for each in answer.json["data"]]
        if answer.json["next_cursor"] is None:
            return found
        cursor = {"cursor": answer.json["next_cursor"]}


def phone(number: int) -> str:
    return f"+9198765432{number:02d}"


def standing(gate24: System, phone: str = PHONE) -> tuple[int, str | None, str]:
    """Unread, since when somebody waits (without milliseconds), and the state; the list says the same."""
    one = gate24.contact(phone)
    rows = gate24.http("GET", "/v1/contacts").json["data"]
    row = next(each for each in rows if each["phone"] == phone)
    fields = ("last_message", "unread", "waiting_since", "state", "assignee", "labels", "answering", "may")
    assert {name: row[name] for name in fields} == {name: one[name] for name in fields}
    return one["unread"], one["waiting_since"], one["state"]


def rfc3339(at: int) -> str:
    from gate24.api.render import rfc3339 as text

    return text(at)


def test_a_row_has_the_last_words_of_either_side_and_counts_what_is_unread(gate24: System, time: Clock) -> None:
    first = time.at - 20 * MINUTE
    writes(gate24, first, "Where is\n my order?")
    writes(gate24, first + MINUTE, "Please answer")
    found = gate24.contact()
    assert found["last_message"] == {
        "direction": "inbound",
        "type": "text",
        "preview": "Please answer",
        "at": rfc3339(first + MINUTE),
        "author": {"kind": "contact", "name": "Asha"},
        "failed": False,
    }
    assert standing(gate24) == (2, rfc3339(first), "open")
    assert gate24.send({"type": "text", "text": {"body": "It is on its way"}}).status == 202
    found = gate24.contact()["last_message"]
    assert (found["direction"], found["type"], found["preview"]) == ("outbound", "text", "It is on its way")
    assert standing(gate24) == (0, None, "open")
    writes(gate24, time.pass_(MINUTE), "Thank you")
    assert standing(gate24) == (1, rfc3339(time.at), "open")
    assert gate24.contact()["last_message"]["preview"] == "Thank you"


def test_an_answer_soon_after_the_contact_wrote_is_noted_like_any_other(gate24: System, time: Clock) -> None:
    for _ in range(3):
        writes(gate24, time.pass_(SECOND))
        assert standing(gate24)[0] == 1
        time.pass_(SECOND)
        gate24.send(TEXT)
        assert standing(gate24) == (0, None, "open")
        assert gate24.contact()["last_message"]["at"] == rfc3339(time.at)


def test_what_is_told_again_is_no_new_message(gate24: System, time: Clock) -> None:
    at = time.at
    writes(gate24, at)
    gate24.send(TEXT)
    time.pass_(MINUTE)
    writes(gate24, at)
    assert standing(gate24) == (0, None, "open")


def test_a_message_that_comes_after_the_answer_to_a_later_one_waits(gate24: System, time: Clock) -> None:
    """A parked webhook, or one that the provider told late."""
    at = time.at
    writes(gate24, at, "And when?")
    time.pass_(MINUTE)
    gate24.send(TEXT)
    time.pass_(MINUTE)
    writes(gate24, at - MINUTE, "Where?", name="wamid.late")
    unread, since, _ = standing(gate24)
    assert (unread, since is None) == (1, False)
    assert listed(gate24, filter="needs_answer") == [PHONE]
    time.pass_(MINUTE)
    gate24.send(TEXT)
    assert standing(gate24) == (0, None, "open")


def test_a_message_that_was_written_before_an_answer_and_came_after_it_waits(gate24: System, time: Clock) -> None:
    writes(gate24, time.at - 5 * MINUTE)
    gate24.send(TEXT)
    written = time.at - SECOND
    time.pass_(MINUTE)
    writes(gate24, written, "One more thing")
    assert standing(gate24) == (1, rfc3339(written), "open")


def test_a_refused_or_rejected_send_answers_nobody(gate24: System, time: Clock) -> None:
    writes(gate24, time.at - 25 * HOUR)
    since = rfc3339(time.at - 25 * HOUR)
    assert gate24.send(TEXT).json["code"] in ("window_closed", "not_opted_in")
    assert standing(gate24) == (1, since, "open")
    assert gate24.contact()["last_message"]["direction"] == "inbound"


def test_an_answer_that_fails_answers_nobody(gate24: System, time: Clock) -> None:
    first = time.at - MINUTE
    writes(gate24, first)
    sent = gate24.send(TEXT).json
    assert standing(gate24) == (0, None, "open")
    named = ("failed", sent["bsp_message_id"], "wamid.out", PHONE[1:])
    assert gate24.webhook(gupshup_status(*named, time.pass_(SECOND), 1010, "Failed")).status == 200
    assert standing(gate24) == (1, rfc3339(first), "open")
    assert gate24.contact()["last_message"]["failed"] is True
    gate24.send(TEXT)
    assert standing(gate24) == (0, None, "open")
    gate24.webhook(gupshup_status(*named, time.pass_(SECOND), 1010, "Failed"))
    assert standing(gate24) == (0, None, "open"), "that of an earlier message says nothing of the newest"


def test_keywords_and_reactions_are_unread_and_wait_for_no_answer(gate24: System, time: Clock) -> None:
    writes(gate24, time.pass_(SECOND), "START")
    assert standing(gate24) == (1, None, "open")
    reaction = gupshup_message("reaction", {"emoji": "❤️", "id": "wamid.x"}, "wamid.r", PHONE[1:], time.pass_(SECOND))
    gate24.webhook(reaction)
    assert standing(gate24) == (2, None, "open")
    assert gate24.contact()["last_message"]["type"] == "reaction"


def test_reading_makes_nothing_unread_and_answers_nobody(gate24: System, time: Clock) -> None:
    writes(gate24, time.at - 2 * MINUTE)
    writes(gate24, time.at - MINUTE)
    oldest = gate24.conversation()[-1]["id"]
    assert ask(gate24, "POST", "read", {"up_to": oldest})["unread"] == 1
    since = rfc3339(time.at - 2 * MINUTE)
    assert ask(gate24, "POST", "read")["unread"] == 0
    assert standing(gate24) == (0, since, "open")
    units = len(gate24.items())
    ask(gate24, "POST", "read")
    assert len(gate24.items()) == units
    writes(gate24, time.pass_(MINUTE))
    assert standing(gate24) == (1, since, "open")


def test_a_chat_that_is_done_opens_again_by_itself(gate24: System, time: Clock) -> None:
    writes(gate24, time.at)
    assert ask(gate24, "PUT", "state", {"state": "done"})["state"] == "done"
    assert standing(gate24) == (0, None, "done")
    assert listed(gate24, filter="needs_answer") == []
    time.pass_(MINUTE)
    ask(gate24, "PUT", "state", {"state": "open"})
    assert standing(gate24) == (1, rfc3339(time.at - MINUTE), "open")
    time.pass_(SECOND)
    ask(gate24, "PUT", "state", {"state": "done"})
    writes(gate24, time.pass_(MINUTE))
    assert standing(gate24) == (1, rfc3339(time.at), "open")
    actions = [each["action"] for each in ask(gate24, "GET", "actions")["data"]]
    assert actions == ["done", "reopen", "done"]


def test_more_unread_messages_than_a_window_remembers_are_counted(gate24: System, time: Clock) -> None:
    first = time.at - HOUR
    for number in range(40):
        writes(gate24, first + number * MINUTE)
    assert standing(gate24) == (40, rfc3339(first), "open")
    ask(gate24, "POST", "read")
    writes(gate24, time.pass_(MINUTE))
    assert standing(gate24) == (1, rfc3339(first), "open")


def test_who_needs_an_answer_comes_by_urgency_and_who_cannot_be_written_to_is_listed_apart(
    gate24: System, time: Clock
) -> None:
    put_template(gate24, GUPSHUP)
    waits = {1: HOUR, 2: 23 * HOUR, 3: 5 * HOUR, 4: 26 * HOUR, 5: 50 * HOUR, 6: 2 * HOUR, 7: 3 * HOUR, 8: 30 * HOUR}
    for number, age in waits.items():
        writes(gate24, time.at - age, phone=phone(number))
    for number in (4, 5):
        gate24.webhook(gupshup_consent("opted-in", phone(number)[1:], time.at - 60 * HOUR))
    gate24.send({"to": phone(6), **TEXT})
    gate24.http("PUT", f"/v1/contacts/{quote(phone(7))}/block")
    gate24.http("POST", f"/v1/contacts/{quote(phone(3))}/consents", {"action": "opt_out", "source": "phone call"})
    expected = [phone(number) for number in (2, 1, 4, 5)]
    for limit in (1, 2, 3, 50):
        assert listed(gate24, filter="needs_answer", limit=limit) == expected
    assert listed(gate24, filter="needs_answer", window="closing") == [phone(2)]
    assert listed(gate24, filter="needs_answer", sort="recent") == [phone(number) for number in (1, 2, 4, 5)]
    cannot = gate24.http("GET", "/v1/contacts?filter=cannot_be_written_to").json["data"]
    assert {each["phone"]: each["may"]["code"] for each in cannot} == {
        phone(3): "opted_out",
        phone(7): "blocked",
        phone(8): "not_opted_in",
    }
    assert gate24.contact(phone(1))["may"] == {"freeform": True, "template": True, "code": None}
    assert gate24.contact(phone(4))["may"] == {"freeform": False, "template": True, "code": "window_closed"}


@pytest.mark.parametrize("few", [500, 1])
def test_chats_are_found_by_whose_they_are_and_by_their_labels(
    gate24: System, time: Clock, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(contact_filters, "_FEW", few)
    for number in range(1, 7):
        writes(gate24, time.at - number * HOUR, phone=phone(number))
    for number in (1, 3, 5):
        ask(gate24, "PUT", "assignee", {"assignee": " Asha@Example.org "}, phone(number))
    time.pass_(SECOND)
    for number in (3, 4, 5):
        ask(gate24, "PUT", "labels", {"labels": ["call  back", "पोषण", "call back"]}, phone(number))
    for limit in (1, 2, 50):
        assert listed(gate24, assignee=ASHA, limit=limit) == [phone(1), phone(3), phone(5)]
        assert listed(gate24, label="call back", limit=limit) == [phone(3), phone(4), phone(5)]
    assert listed(gate24, label="पोषण", assignee=ASHA) == [phone(3), phone(5)]
    assert listed(gate24, label="पोषण", assignee="none") == [phone(4)]
    assert listed(gate24, assignee="none", filter="needs_answer") == [phone(6), phone(4), phone(2)]
    assert listed(gate24, label="call") == listed(gate24, assignee="ravi@example.org") == []
    assert gate24.contact(phone(3))["labels"] == ["call back", "पोषण"]
    assert gate24.contact(phone(3))["assignee"] == ASHA
    time.pass_(SECOND)
    ask(gate24, "PUT", "labels", {"labels": ["पोषण"]}, phone(3))
    time.pass_(SECOND)
    ask(gate24, "PUT", "assignee", {"assignee": None}, phone(3))
    assert listed(gate24, label="call back") == [phone(4), phone(5)]
    assert listed(gate24, assignee=ASHA) == [phone(1), phone(5)]
    actions = ask(gate24, "GET", "actions", phone=phone(3))["data"]
    assert [(each["action"], each["detail"], each["author"]["kind"]) for each in actions] == [
        ("assign", None, "key"),
        ("label", "पोषण", "key"),
        ("label", "call back, पोषण", "key"),
        ("assign", ASHA, "key"),
    ]


def test_what_a_colleague_did_to_the_labels_stays(gate24: System, time: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """One who saw neither of two changes, and one who is told of a change between reading and writing."""
    writes(gate24, time.at)
    ask(gate24, "PUT", "labels", {"labels": ["moved", "call back"]})
    ask(gate24, "PUT", "labels", {"labels": ["nutrition", "call back"]})
    mine = {"labels": ["moved", "call back", "urgent"], "instead_of": ["moved", "call back"]}
    assert ask(gate24, "PUT", "labels", mine)["labels"] == ["call back", "nutrition", "urgent"]
    mine = {"labels": ["nutrition"], "instead_of": ["call back", "nutrition"]}
    meanwhile(monkeypatch, gate24, ["camp", "call back", "nutrition", "urgent"])
    assert ask(gate24, "PUT", "labels", mine)["labels"] == ["camp", "nutrition", "urgent"]
    meanwhile(monkeypatch, gate24, ["camp", "last"])
    assert ask(gate24, "PUT", "labels", {"labels": ["last", "night"]})["labels"] == ["last", "night"]
    for label, found in {"last": 1, "night": 1, "camp": 0, "urgent": 0, "call back": 0}.items():
        assert len(listed(gate24, label=label)) == found
    pk = keys.contact_pk(ORG, contacts.contact_id(ORG, ContactRef(PHONE)))
    assert len(list(query(Item, pk, range_key_condition=Item.sk.startswith(keys.MARK)))) == 2
    full = {"labels": [f"label {number:02}" for number in range(19)], "instead_of": []}
    refused = ask(gate24, "PUT", "labels", full, status=400)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("payload_invalid", "/labels")
    assert "are 21, and a contact has at most 20" in refused["errors"][0]["detail"]


def meanwhile(monkeypatch: pytest.MonkeyPatch, gate24: System, labels: list[str]) -> None:
    """A colleague puts these labels just before the next one does."""
    label = care.label

    def later(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(care, "label", label)
        ask(gate24, "PUT", "labels", {"labels": labels})
        return label(*args, **kwargs)

    monkeypatch.setattr(care, "label", later)


def test_notes_are_kept_with_the_contact_and_go_with_it(gate24: System, time: Clock) -> None:
    writes(gate24, time.at)
    for text in ("Prefers calls", "Has moved"):
        time.pass_(MINUTE)
        note = ask(gate24, "POST", "notes", {"text": text}, status=201)
        assert (note["text"], note["author"]) == (text, {"kind": "key", "name": "tests"})
    page = gate24.http("GET", f"/v1/contacts/{quote(PHONE)}/notes?limit=1").json
    assert [each["text"] for each in page["data"]] == ["Has moved"]
    rest = gate24.http("GET", f"/v1/contacts/{quote(PHONE)}/notes?limit=1&cursor={page['next_cursor']}").json
    assert ([each["text"] for each in rest["data"]], rest["next_cursor"]) == (["Prefers calls"], None)
    assert gate24.simulator is not None and not gate24.simulator.requests.oldest_first()
    ask(gate24, "PUT", "labels", {"labels": ["pregnancy"]})
    ask(gate24, "PUT", "assignee", {"assignee": ASHA})
    assert gate24.http("DELETE", f"/v1/contacts/{quote(PHONE)}").status in (202, 204)
    left = str(gate24.items())
    assert not any(word in left for word in ("Prefers", "moved", "pregnancy", ASHA, "Namaste"))
    assert listed(gate24, label="pregnancy") == listed(gate24, assignee=ASHA) == []


def test_two_who_write_an_answer_see_each_other_and_the_first_stays(gate24: System, time: Clock) -> None:
    writes(gate24, time.at)
    other = gate24.http("PUT", f"/v1/contacts/{quote(PHONE)}/answering", key="health")
    assert other.status == 404
    mine = ask(gate24, "PUT", "answering")["answering"]
    assert (mine["name"], mine["until"]) == ("tests", rfc3339(time.at + 20 * SECOND))
    time.pass_(10 * SECOND)
    assert ask(gate24, "PUT", "answering")["answering"]["until"] == rfc3339(time.at + 20 * SECOND)
    time.pass_(20 * SECOND)
    assert gate24.contact()["answering"] is None
    ask(gate24, "PUT", "answering")
    assert ask(gate24, "DELETE", "answering")["answering"] is None


def test_who_begins_later_is_told_of_beside_the_first_and_stays_when_the_first_ends(
    gate24: System, time: Clock
) -> None:
    colleague = "g24_" + "c" * 43
    api_keys.put(colleague, KeyHolder(ORG, "colleague", frozenset({"read", "send"})))
    path = f"/v1/contacts/{quote(PHONE)}/answering"
    writes(gate24, time.at)
    ask(gate24, "PUT", "answering")
    time.pass_(SECOND)
    both = gate24.http("PUT", path, key=colleague).json["answering"]
    assert (both["name"], [each["name"] for each in both["others"]]) == ("tests", ["colleague"])
    assert both["others"][0]["until"] == rfc3339(time.at + 20 * SECOND)
    time.pass_(10 * SECOND)
    assert ask(gate24, "PUT", "answering")["answering"]["until"] == rfc3339(time.at + 20 * SECOND)
    assert gate24.contact()["answering"] == both | {"until": rfc3339(time.at + 20 * SECOND)}
    left = ask(gate24, "DELETE", "answering")["answering"]
    assert (left["name"], left["others"]) == ("colleague", [])
    time.pass_(15 * SECOND)
    assert gate24.contact()["answering"] is None


def test_two_who_begin_at_once_are_both_kept(gate24: System, time: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    writes(gate24, time.at)
    real = care.set_answering
    begun: list[str] = []

    def late(organization_id: str, contact_id: str, answering: Any, known: Any) -> bool:
        if not begun:
            begun.append("colleague")
            assert real(organization_id, contact_id, [Answering("colleague", None, time.at + 20 * SECOND)], known)
        return real(organization_id, contact_id, answering, known)

    monkeypatch.setattr(care, "set_answering", late)
    told = ask(gate24, "PUT", "answering")["answering"]
    assert (told["name"], [each["name"] for each in told["others"]]) == ("colleague", ["tests"])


def test_quick_replies_are_the_organizations(gate24: System) -> None:
    assert gate24.http("GET", "/v1/quick-replies").json == {"data": []}
    replies = {"data": [{"name": "hours", "text": "Dear {{name}}, 9 to 5."}, {"name": "समय", "text": "9 से 5"}]}
    assert gate24.http("PUT", "/v1/quick-replies", replies).json == replies
    assert gate24.http("GET", "/v1/quick-replies").json == replies
    assert gate24.http("GET", "/v1/quick-replies", key="health").json == {"data": []}


def test_content_that_is_kept_no_longer_is_in_no_row(gate24: System, time: Clock) -> None:
    writes(gate24, time.at - 40 * DAY, "Secret words")
    assert gate24.contact()["last_message"]["preview"] == "Secret words"
    change_organization(retention_days=30)
    assert gate24.contact()["last_message"]["preview"] is None


def test_what_a_template_says_is_the_row_of_its_send(gate24: System, time: Clock) -> None:
    put_template(gate24, GUPSHUP, body="Hello {{1}}, class begins.")
    gate24.webhook(gupshup_consent("opted-in", PHONE[1:], time.at - HOUR))
    template = {"type": "template", "template": {"name": "reminder", "language": "en", "params": ["Asha"]}}
    assert gate24.send(template).status == 202
    found = gate24.contact()["last_message"]
    assert (found["type"], found["preview"]) == ("template", "Hello Asha, class begins.")


def test_a_chat_on_two_numbers_waits_as_one(gate24: System, time: Clock) -> None:
    writes(gate24, time.at - HOUR)
    gate24.meta_webhook(meta_text("Also here", "wamid.m", PHONE[1:], time.at - MINUTE, META_NUMBER))
    assert standing(gate24) == (2, rfc3339(time.at - HOUR), "open")
    gate24.send({**TEXT, "channel": META})
    assert standing(gate24) == (0, None, "open")
    assert gate24.contact()["last_message"]["preview"] == "Hello"


def test_a_list_that_looks_at_many_goes_on_with_its_cursor(
    gate24: System, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_list, "_READ_MOST", 2)
    for number in range(1, 9):
        writes(gate24, time.at - number * HOUR, phone=phone(number))
        if number != 8:
            gate24.send({"to": phone(number), **TEXT})
    assert listed(gate24, filter="needs_answer") == [phone(8)]


def test_two_organizations_share_no_marks(gate24: System, time: Clock) -> None:
    writes(gate24, time.at)
    ask(gate24, "PUT", "labels", {"labels": ["pregnancy"]})
    assert listed(gate24, key="health", label="pregnancy") == []
    assert GUPSHUP in str(gate24.contact()["windows"])


def test_labels_and_assignee_go_along_with_a_person(gate24: System, time: Clock) -> None:
    """Somebody who was known by a user id alone, and somebody who has another number since."""
    user_id, new = "IN.1234567890123456", phone(9)
    hidden = meta_text("Hello", "wamid.h", None, time.at - HOUR, META_NUMBER, user_id)
    gate24.meta_webhook(hidden)
    ask(gate24, "PUT", "labels", {"labels": ["pregnancy"]}, user_id)
    ask(gate24, "PUT", "assignee", {"assignee": ASHA}, user_id)
    ask(gate24, "POST", "notes", {"text": "Prefers calls"}, user_id, status=201)
    gate24.meta_webhook(meta_text("It is me", "wamid.n", PHONE[1:], time.at - MINUTE, META_NUMBER, user_id))
    found = gate24.contact()
    assert (found["labels"], found["assignee"]) == (["pregnancy"], ASHA)
    assert [each["text"] for each in ask(gate24, "GET", "notes")["data"]] == ["Prefers calls"]
    assert listed(gate24, label="pregnancy") == [PHONE]
    gate24.meta_webhook(meta_number_change(PHONE[1:], new[1:], time.at, META_NUMBER))
    found = gate24.contact(new)
    assert (found["labels"], found["assignee"]) == (["pregnancy"], ASHA)
    assert listed(gate24, assignee=ASHA) == [new]
    assert [each["text"] for each in ask(gate24, "GET", "notes", phone=new)["data"]] == ["Prefers calls"]
