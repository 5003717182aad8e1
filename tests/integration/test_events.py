"""Every kind of event of both providers, and what each one does: conversation, window, consent."""

from collections.abc import Iterator

import pytest

from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT
from gate24.store import organizations
from tests.support.bodies import (
    PHONE,
    Body,
    change,
    gupshup,
    gupshup_consent,
    gupshup_message,
    gupshup_preference,
    gupshup_template,
    gupshup_text,
    gupshup_v3,
    message,
    meta,
    meta_message,
    meta_preference,
    meta_template,
    meta_text,
)
from tests.support.scene import (
    HOUR,
    MARKETING,
    body_about,
    change_channel,
    change_organization,
    contact_opted_in,
    contact_wrote,
    new_number,
    now,
    post_webhook,
    put_marketing_template,
)
from tests.support.system import GUPSHUP, META, ORG, TEMPLATE, System, put_template, system


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all rows; each has a contact of its own."""
    with system(tmp_path_factory.mktemp("events"), simulate=False, in_memory=True) as made:
        yield made


def seen(gate24: System, phone: str, channel: str) -> tuple[str, str, list[str]] | None:
    """Window, consent and the kinds of the messages, oldest first; None for someone never heard of."""
    if gate24.http("GET", f"/v1/contacts/{phone}").status == 404:
        return None
    kinds = [each["type"] for each in gate24.conversation(phone)][::-1]
    return gate24.window(phone, channel)["state"], gate24.contact(phone)["consent"]["status"], kinds


FILE = {"url": "https://files.example.org/1", "contentType": "image/png"}
CLOUD_FILE = {"id": "9001", "mime_type": "image/png"}
CARD = [{"name": {"formatted_name": "Ravi"}, "phones": [{"phone": "+91 98765 00000"}]}]
PLACE = {"latitude": "19.07", "longitude": "72.87"}


def opens(kind: str) -> tuple[str, str, list[str]]:
    return "open", "none", [kind]


def edited(text: str) -> Body:
    """A text that the person changed."""
    new = {"type": "text", "text": {"body": text}}
    return meta_message("edit", {"original_message_id": "wamid.0", "message": new})


STAYS_SHUT = "never_opened"
ROWS: list[tuple[str, str, Body, tuple[str, str, list[str]] | None]] = [
    # A person's messages of every kind, at Gupshup
    ("text", GUPSHUP, gupshup_text(), opens("text")),
    ("image", GUPSHUP, gupshup_message("image", FILE), opens("image")),
    ("video", GUPSHUP, gupshup_message("video", FILE), opens("video")),
    ("audio", GUPSHUP, gupshup_message("audio", FILE), opens("audio")),
    ("sticker", GUPSHUP, gupshup_message("sticker", FILE), opens("sticker")),
    ("file", GUPSHUP, gupshup_message("file", FILE), opens("document")),
    ("location", GUPSHUP, gupshup_message("location", PLACE), opens("location")),
    ("contact", GUPSHUP, gupshup_message("contact", {"contacts": CARD}), opens("contacts")),
    ("button reply", GUPSHUP, gupshup_message("button_reply", {"title": "Yes", "id": "q1"}), opens("button_reply")),
    ("list reply", GUPSHUP, gupshup_message("list_reply", {"title": "Row", "id": "l1"}), opens("list_reply")),
    ("quick reply", GUPSHUP, gupshup_message("quick_reply", {"text": "Hi", "type": "button"}), opens("button")),
    ("unknown kind", GUPSHUP, gupshup_message("hologram", {"depth": 3}), opens("hologram")),
    ("order", GUPSHUP, gupshup("order", gupshup_text()["payload"]), opens("order")),
    ("reaction", GUPSHUP, gupshup_message("reaction", {"emoji": "x", "gsId": "g"}), (STAYS_SHUT, "none", ["reaction"])),
    # and at Meta
    ("text", META, meta_text(), opens("text")),
    *((kind, META, meta_message(kind, CLOUD_FILE), opens(kind)) for kind in ("image", "video", "audio", "sticker")),
    ("document", META, meta_message("document", CLOUD_FILE), opens("document")),
    ("location", META, meta_message("location", {"latitude": 19.07, "longitude": 72.87}), opens("location")),
    ("contacts", META, meta_message("contacts", CARD), opens("contacts")),
    ("order", META, meta_message("order", {"catalog_id": "5", "product_items": []}), opens("order")),
    ("button", META, meta_message("button", {"payload": "p", "text": "Details"}), opens("button")),
    (
        "list reply",
        META,
        meta_message("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Row"}}),
        opens("list_reply"),
    ),
    (
        "flow",
        META,
        meta_message("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": "{}"}}),
        opens("flow_reply"),
    ),
    ("unknown kind", META, meta_message("hologram", {"depth": 3}), opens("hologram")),
    ("interactive of an unknown kind", META, meta_message("interactive", {"type": "warp"}), opens("warp")),
    ("reaction", META, meta_message("reaction", {"emoji": "x"}), (STAYS_SHUT, "none", ["reaction"])),
    (
        "unsupported",
        META,
        meta_message("unsupported", errors=[{"code": 131051}]),
        (STAYS_SHUT, "none", ["unsupported"]),
    ),
    ("edit", META, meta_message("edit", {"original_message_id": "wamid.0"}), (STAYS_SHUT, "none", ["edit"])),
    ("text in v3", GUPSHUP, gupshup_v3(meta_text()), opens("text")),
    ("image in v3", GUPSHUP, gupshup_v3(meta_message("image", CLOUD_FILE)), opens("image")),
    # What is not a message of the person leaves no trace of a window
    ("echo", META, meta(change("smb_message_echoes", {"message_echoes": [message("text", {"body": "us"})]})), None),
    ("system", META, meta_message("system", {"type": "customer_identity_changed"}), None),
    ("group message", META, meta_message("text", {"body": "hi"}, group_id="g-1"), None),
    ("unknown field", META, meta(change("tides", {"height": 2})), None),
    ("unknown event", GUPSHUP, gupshup("moon-event", {"phase": 1, "of": PHONE}), None),
    ("deleted", GUPSHUP, gupshup("message-event", {"type": "deleted", "id": "x", "destination": PHONE}), None),
    ("account event", GUPSHUP, gupshup("account-event", {"type": "tier-event"}), None),
    ("platform event", GUPSHUP, gupshup("platform-event", {"type": "connectivity-check"}), None),
    # Consent, which never opens a window
    ("opted in", GUPSHUP, gupshup_consent("opted-in"), (STAYS_SHUT, "opted_in", [])),
    ("opted out", GUPSHUP, gupshup_consent("opted-out"), (STAYS_SHUT, "opted_out", [])),
    ("sandbox start", GUPSHUP, gupshup_consent("sandbox-start"), None),
    ("marketing stopped", GUPSHUP, gupshup_preference("stop"), (STAYS_SHUT, "none", [])),
    ("marketing resumed", META, meta_preference("resume"), (STAYS_SHUT, "none", [])),
    ("signed up", META, meta_preference("signup"), (STAYS_SHUT, "opted_in", [])),
    # A keyword is a message: it opens the window, and it is consent
    *((f"keyword {word}", GUPSHUP, gupshup_text(word), ("open", "opted_out", ["text"])) for word in ("Stop!", "बंद करें")),
    *((f"keyword {word}", META, meta_text(word), ("open", "opted_in", ["text"])) for word in ("start", "शुरू करें")),
    *((f"no keyword: {text}", META, meta_text(text), opens("text")) for text in ("don't stop", "STOP 12345")),
    (
        "keyword on a button",
        META,
        meta_message("button", {"payload": "p", "text": "STOP"}),
        ("open", "opted_out", ["button"]),
    ),
    (
        "keyword behind a button",
        META,
        meta_message("button", {"payload": "STOP", "text": "No more"}),
        ("open", "opted_out", ["button"]),
    ),
    (
        "keyword behind a button, the other one on it",
        GUPSHUP,
        gupshup_message("quick_reply", {"text": "START", "type": "button", "postbackText": "STOP"}),
        ("open", "opted_out", ["button"]),
    ),
    (
        "keyword behind a row",
        META,
        meta_message("interactive", {"type": "list_reply", "list_reply": {"id": "START", "title": "Yes"}}),
        ("open", "opted_in", ["list_reply"]),
    ),
    ("caption", META, meta_message("image", CLOUD_FILE | {"caption": "STOP"}), opens("image")),
    ("keyword in an edit", META, edited("STOP"), (STAYS_SHUT, "opted_out", ["edit"])),
    ("keyword in an edit", GUPSHUP, gupshup_v3(edited("Stop!")), (STAYS_SHUT, "opted_out", ["edit"])),
    ("opt-in in an edit", META, edited("START"), (STAYS_SHUT, "none", ["edit"])),
]


@pytest.mark.parametrize(("name", "channel", "body", "expected"), ROWS, ids=[f"{row[1]}: {row[0]}" for row in ROWS])
def test_what_an_event_does_to_a_contact(
    shared: System, name: str, channel: str, body: Body, expected: tuple[str, str, list[str]] | None
) -> None:
    phone = new_number()
    event = body_about(body, phone, now() - HOUR)
    post_webhook(shared, channel, event)
    assert seen(shared, phone, channel) == expected
    before = len(shared.items())
    post_webhook(shared, channel, event)
    assert seen(shared, phone, channel) == expected
    assert len(shared.items()) <= before


def test_what_was_not_understood_can_be_listed(shared: System) -> None:
    post_webhook(shared, GUPSHUP, gupshup("comet-event", {"tail": "long"}))
    newest = shared.http("GET", "/v1/unrecognized").json["data"][0]
    assert (newest["channel"], newest["reason"]) == (GUPSHUP, "unknown type")
    assert newest["raw"]["payload"] == {"tail": "long"}
    assert shared.http("GET", "/v1/unrecognized", key="health").json["data"] == []


def test_a_marketing_stop_refuses_marketing_alone_until_it_is_resumed(shared: System) -> None:
    put_marketing_template(shared)
    phone = new_number()
    contact_opted_in(shared, phone, 5 * HOUR)
    stop, resume = (
        body_about(gupshup_preference(value), phone, now() - hours * HOUR)
        for value, hours in (("stop", 3), ("resume", 2))
    )
    post_webhook(shared, GUPSHUP, stop)
    assert shared.check({**MARKETING, "to": f"+{phone}"}).json["code"] == "marketing_stopped"
    assert shared.check({**TEMPLATE, "to": f"+{phone}"}).json["decision"] == "allow"
    post_webhook(shared, GUPSHUP, resume)
    post_webhook(shared, GUPSHUP, stop)
    assert shared.check({**MARKETING, "to": f"+{phone}"}).json["decision"] == "allow"


def test_the_history_of_consent_tells_when_whence_and_by_whom(shared: System) -> None:
    phone = new_number()
    stopped_at = now() - HOUR
    contact_opted_in(shared, phone, 2 * HOUR)
    for _ in range(2):
        post_webhook(shared, GUPSHUP, gupshup_text("STOP", f"wamid.{phone}", phone, stopped_at))
    shared.http("POST", f"/v1/contacts/{phone}/consents", {"action": "opt_in", "source": "form", "evidence": "page 3"})
    newest, keyword, oldest = shared.http("GET", f"/v1/contacts/{phone}/consents").json["data"]
    assert (newest["action"], newest["source"], newest["evidence"], newest["actor"]) == (
        "opt_in",
        "form",
        "page 3",
        "tests",
    )
    assert (keyword["action"], keyword["source"], keyword["evidence"], keyword["actor"]) == (
        "opt_out",
        "keyword",
        "STOP",
        "contact",
    )
    assert (oldest["action"], oldest["source"]) == ("opt_in", "user-event")


def test_the_new_text_of_an_edited_message_is_in_the_conversation(shared: System) -> None:
    phone = new_number()
    contact_wrote(shared, phone, 2 * HOUR, META, "At four")
    post_webhook(shared, META, body_about(edited("At five"), phone, now() - HOUR))
    newest, oldest = shared.conversation(phone)
    assert (newest["type"], newest["text"]) == ("edit", "At five")
    assert newest["details"] == {"original_message_id": "wamid.0"}
    assert oldest["text"] == "At four"


def test_a_symbol_may_be_a_keyword_and_opts_out_nobody_who_sends_another(shared: System) -> None:
    change_organization(opt_out_keywords=frozenset({"\U0001f44e", "No thanks!"}))
    phones = {text: new_number() for text in ("\U0001f44e\U0001f3fe", "no thanks", "\u2764\ufe0f", "?", "STOP")}
    for text, phone in phones.items():
        contact_wrote(shared, phone, text=text)
    change_organization(opt_out_keywords=DEFAULT_OPT_OUT)
    statuses = {text: shared.contact(phone)["consent"]["status"] for text, phone in phones.items()}
    assert [text for text, status in statuses.items() if status == "opted_out"] == list(phones)[:2]


def test_an_organization_is_refused_a_keyword_that_can_match_nothing(shared: System) -> None:
    with pytest.raises(ValueError, match="no message can match it"):
        change_organization(opt_in_keywords=frozenset({"START", "\ufe0f"}))
    assert organizations.organization(ORG).opt_in_keywords == DEFAULT_OPT_IN  # type: ignore[union-attr]


def test_a_template_event_updates_the_registry(shared: System) -> None:
    put_template(shared, GUPSHUP, name="greeting", bsp_template_id="tpl-uuid-1")
    put_template(shared, META, name="greeting", bsp_template_id="77001", language="en_US")

    def known(channel: str) -> tuple[str, str]:
        data = shared.http("GET", "/v1/templates?limit=100").json["data"]
        found = next(each for each in data if each["channel"] == channel and each["name"] == "greeting")
        return found["status"], found["category"]

    later = now() + HOUR  # clamped to the time of receipt, which is after the entry was put
    post_webhook(shared, GUPSHUP, gupshup_template({"type": "status-update", "status": "paused"}, later))
    assert known(GUPSHUP) == ("paused", "utility")
    post_webhook(
        shared, GUPSHUP, gupshup_template({"type": "category-update", "category": {"new": "MARKETING"}}, later)
    )
    assert known(GUPSHUP) == ("paused", "marketing")
    post_webhook(shared, GUPSHUP, gupshup_template({"type": "status-update", "status": "approved"}, now() - HOUR))
    assert known(GUPSHUP) == ("paused", "marketing")
    for event, status in (("REJECTED", "rejected"), ("APPROVED", "approved"), ("DISABLED", "disabled")):
        post_webhook(shared, META, meta_template(event=event, at=later))
        assert known(META) == (status, "utility")


def test_the_setting_lets_unsupported_messages_open_the_window(shared: System) -> None:
    phone = new_number()
    change_channel(META, unsupported_opens=True, reactions_open=True)
    post_webhook(shared, META, body_about(meta_message("unsupported"), phone, now() - HOUR))
    change_channel(META, unsupported_opens=False, reactions_open=False)
    assert shared.window(phone, META)["state"] == "open"
