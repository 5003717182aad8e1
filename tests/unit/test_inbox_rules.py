"""What a row of the list says of a chat, as a rule: by what was read and answered, whatever comes late."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from gate24.contacts import Contact
from gate24.inbox import Care, Said, Sent
from gate24.rules.inbox import (
    PREVIEW_BYTES,
    PREVIEW_CHARACTERS,
    filled,
    heard_until,
    preview,
    seen_to,
    standing,
)
from gate24.rules.window import REMEMBERED_KEPT, REMEMBERED_MOST, advance, merge
from gate24.store.windows import item_of
from gate24.windows import Window, WindowMessage

CHANNEL = "learning-gupshup"


@given(st.text())
def test_a_preview_is_one_line_of_a_bounded_length(text: str) -> None:
    found = preview(text)
    words = " ".join(text.split())
    assert (found is None) == (not words)
    if found is not None:
        assert len(found) <= PREVIEW_CHARACTERS and len(found.encode()) <= PREVIEW_BYTES
        assert "\n" not in found and (found == words or (found.endswith("…") and words.startswith(found[:-1])))


def test_a_preview_says_what_stands_in_a_message_that_is_no_text() -> None:
    assert preview(None, {"reaction": {"emoji": "❤️"}}) == "❤️"
    assert (
        preview(None, {"interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}}}) == "Yes"
    )
    assert preview(None, {"interactive": {"type": "button", "body": {"text": "Shall we call?"}}}) == "Shall we call?"
    assert preview(None, {"location": {"latitude": 1, "longitude": 2, "name": "Clinic"}}) == "Clinic"
    assert preview(None, {"contacts": [{"name": {"formatted_name": "Ravi"}}]}) == "Ravi"
    assert preview(None, {"location": {"latitude": 1, "longitude": 2}}) is None
    assert preview("  ", None) is None


def test_a_templates_text_is_filled_as_far_as_it_is_known() -> None:
    assert filled("Hello {{1}}, {{2}} o'clock", ["Asha", "9"]) == "Hello Asha, 9 o'clock"
    assert filled(None, ["Asha"]) is None


def test_a_window_with_all_that_it_may_remember_is_one_write_unit() -> None:
    """DynamoDB counts names and values in UTF-8, numbers by their digits: 1 KB is one unit."""
    window, at = Window(), 1_795_687_200_999
    words = "क" * 200
    for number in range(REMEMBERED_MOST):
        message = WindowMessage(
            *(f"{number:012x}", at + number, True, False, True, "interactive", preview(words), at - 1, at + number)
        )
        window, _ = advance(window, message)
    window, _ = advance(window, WindowMessage("f" * 12, at - 5, opens=False, seen_to=at, received_at=at))
    full = Window(**{**{name: getattr(window, name) for name in window.__dataclass_fields__}, "provider_closed_at": at})
    full = Window(
        **{
            **{name: getattr(full, name) for name in full.__dataclass_fields__},
            "told_closing": at,
            "told_closed": at,
            "recent": {f"r{number:012x}": at for number in range(REMEMBERED_MOST)},
        }
    )
    item = item_of("an-organization-24chars", "c" * 20, "a-channel-of-24-letters", full).to_dynamodb_dict()
    assert _size(item) <= 1024


def _size(value: object) -> int:
    if isinstance(value, dict):
        return sum(len(name.encode()) + _valued(each) for name, each in value.items())
    raise AssertionError(value)


def _valued(value: dict[str, object]) -> int:
    ((kind, inner),) = value.items()
    if kind == "M":
        assert isinstance(inner, dict)
        return 3 + sum(len(name.encode()) + _valued(each) + 1 for name, each in inner.items())
    text = str(inner)
    return (len(text) + 1) // 2 + 1 if kind == "N" else len(text.encode())


@dataclass
class Chat:
    """A contact, and what staff ought to see: the messages nobody read, those nobody answered."""

    contact: Contact = field(default_factory=lambda: Contact("c"))
    unread: set[int] = field(default_factory=set)
    unanswered: set[int] = field(default_factory=set)
    now: int = 10_000
    number: int = 0

    def is_written_by(self, at: int, is_keyword: bool) -> None:
        self.number += 1
        window = self.contact.window(CHANNEL)
        moved, _ = advance(
            window,
            WindowMessage(str(self.number), at, True, is_keyword, False, "text", "hi", seen_to(self.contact), self.now),
        )
        self._replace(windows={CHANNEL: moved})
        self.unread.add(self.number)
        if not is_keyword:
            self.unanswered.add(self.number)

    def is_read(self) -> None:
        care = Care(heard_until(self.contact.windows.values()), self.now)
        self._replace(care=care)
        self.unread.clear()

    def is_answered(self) -> None:
        sent = Sent(Said(self.now, "text", "yes"), CHANNEL, heard_until(self.contact.windows.values()))
        self._replace(sent=sent)
        self.unanswered.clear()
        self.unread.clear()

    def _replace(self, **changes: object) -> None:
        from dataclasses import replace

        self.contact = replace(self.contact, **changes)  # type: ignore[arg-type]


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("writes"), st.integers(0, 30), st.booleans()),
        st.tuples(st.just("reads"), st.just(0), st.just(False)),
        st.tuples(st.just("answers"), st.just(0), st.just(False)),
    ),
    max_size=REMEMBERED_KEPT - 1,
)


@given(_STEPS)
def test_nobody_who_waits_is_taken_for_answered(steps: list[tuple[str, int, bool]]) -> None:
    """Messages come late, of one and the same second, and between what staff do."""
    chat = Chat()
    for step, ago, is_keyword in steps:
        chat.now += 7
        if step == "writes":
            chat.is_written_by((chat.now - ago) // 5 * 5, is_keyword)
        elif step == "reads":
            chat.is_read()
        else:
            chat.is_answered()
        found = standing(chat.contact, [CHANNEL])
        assert not chat.unanswered or found.waiting_since is not None
        assert not chat.unread or found.unread
        assert found.unread <= chat.number


def test_what_two_identities_remember_becomes_one() -> None:
    one, _ = advance(Window(), WindowMessage("a", 10, type="text", preview="first"))
    other, _ = advance(Window(), WindowMessage("b", 20, type="text", preview="second"))
    for both in (merge(one, other), merge(other, one)):
        assert both.said == Said(20, "text", "second")
        assert standing(Contact("c", windows={CHANNEL: both}), [CHANNEL]).unread == 2


def test_a_contact_from_before_previews_were_kept_is_neither_unread_nor_waiting() -> None:
    window = Window(last_inbound_at=10, opened_at=10, last_writing_at=10, recent={"a": 10})
    found = standing(Contact("c", windows={CHANNEL: window}), [CHANNEL])
    assert (found.last, found.unread, found.waiting_since, found.state) == (None, 0, None, "open")
