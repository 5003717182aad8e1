"""pywa as its users install it, with gate24's address for Meta's: what it sends arrives at the provider."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pywa import WhatsApp
from pywa.errors import ReEngagementMessage, UnsupportedMessageType
from pywa.types import (
    Button,
    CallPermissionRequestButton,
    Contact,
    ContactInfoRequestButton,
    FlowActionType,
    FlowButton,
    ImageCarouselCard,
    ProductsSection,
    Section,
    SectionList,
    SectionRow,
    URLButton,
    VoiceCallButton,
    templates,
)

from tests.support.live import HOUR, Live, new_phone, now

FILES, LINK = "https://files.example.org", "https://example.org/enrol"
ROWS = [SectionRow("Morning", "m", "At ten"), SectionRow("Evening", "e")]
CARD = Contact(
    name=Contact.Name(formatted_name="Front desk", first_name="Front"),
    phones=[Contact.Phone(phone="+91 98765 43219", type="WORK")],
    emails=[Contact.Email(email="desk@example.org", type="WORK")],
    urls=[Contact.Url(url="https://example.org")],
    addresses=[Contact.Address(street="Station Road", city="Pune")],
    org=Contact.Org(company="Example NGO"),
    birthday="1990-01-31",
)
EN = templates.TemplateLanguage.ENGLISH
BODY: Any = templates.BodyText
"""Any: its types ask for ``self``."""


@dataclass(frozen=True)
class Chat:
    """A bot, one person, and what that person wrote (``asked``: Meta's id of the message)."""

    bot: WhatsApp
    phone: str
    asked: str

    @property
    def to(self) -> str:
        return self.phone.removeprefix("+")


@dataclass(frozen=True)
class Kind:
    """``call`` sends it; ``what`` is the path to the object that Meta gets, e.g. ``interactive.button``."""

    name: str
    what: str
    call: Callable[[Chat], Any]


def text(chat: Chat, **more: Any) -> Any:
    return chat.bot.send_message(chat.to, "Coming?", **more)


KINDS = [
    Kind("text", "text", text),
    Kind("text with a preview", "text", lambda chat: chat.bot.send_message(chat.to, LINK, preview_url=True)),
    Kind("reply", "text", lambda chat: text(chat, reply_to_message_id=chat.asked)),
    Kind("text with a tracker", "text", lambda chat: text(chat, tracker="order 17")),
    Kind("image", "image", lambda chat: chat.bot.send_image(chat.to, f"{FILES}/map.png", caption="The way")),
    Kind("video", "video", lambda chat: chat.bot.send_video(chat.to, f"{FILES}/way.mp4")),
    Kind("audio", "audio", lambda chat: chat.bot.send_audio(chat.to, f"{FILES}/song.mp3")),
    Kind("voice message", "audio", lambda chat: chat.bot.send_voice(chat.to, f"{FILES}/word.ogg")),
    Kind("document", "document", lambda chat: chat.bot.send_document(chat.to, f"{FILES}/a.pdf", "a.pdf", "New")),
    Kind("sticker", "sticker", lambda chat: chat.bot.send_sticker(chat.to, f"{FILES}/yes.webp")),
    Kind(
        "buttons",
        "interactive.button",
        lambda chat: text(chat, header="Classes", footer="NGO", buttons=[Button("Yes", "y"), Button("No", "n")]),
    ),
    Kind(
        "buttons under an image",
        "interactive.button",
        lambda chat: chat.bot.send_image(chat.to, f"{FILES}/map.png", "Coming?", buttons=[Button("Yes", "y")]),
    ),
    Kind("list", "interactive.list", lambda chat: text(chat, buttons=SectionList("Choose", [Section("When", ROWS)]))),
    Kind("link", "interactive.cta_url", lambda chat: text(chat, buttons=URLButton("Enrol", LINK))),
    Kind(
        "flow",
        "interactive.flow",
        lambda chat: text(
            chat,
            buttons=FlowButton(
                "Fill in",
                flow_id="17",
                flow_token="t-1",
                flow_action_type=FlowActionType.NAVIGATE,
                flow_action_screen="FIRST",
                flow_action_payload={"name": "Asha"},
            ),
        ),
    ),
    Kind("flow alone", "interactive.flow", lambda chat: text(chat, buttons=FlowButton("Fill in", flow_id=17))),
    Kind("location", "location", lambda chat: chat.bot.send_location(chat.to, 18.52, 73.85, "Hall", "Station Road")),
    Kind("location without a name", "location", lambda chat: chat.bot.send_location(chat.to, 18.52, 73.85)),
    Kind(
        "request for a location",
        "interactive.location_request_message",
        lambda chat: chat.bot.request_location(chat.to, "Where are you?"),
    ),
    Kind("contact card", "contacts", lambda chat: chat.bot.send_contact(chat.to, CARD)),
    Kind("reaction", "reaction", lambda chat: chat.bot.send_reaction(chat.to, "👍", chat.asked)),
    Kind("reaction taken back", "reaction", lambda chat: chat.bot.remove_reaction(chat.to, chat.asked)),
]

NOT_SENT = [
    Kind("product", "interactive.product", lambda chat: chat.bot.send_product(chat.to, "17", "sku-1", "A book")),
    Kind(
        "products",
        "interactive.product_list",
        lambda chat: chat.bot.send_products(chat.to, "17", [ProductsSection("Books", ["sku-1"])], "Books", "All"),
    ),
    Kind("catalogue", "interactive.catalog_message", lambda chat: chat.bot.send_catalog(chat.to, "All our books")),
    Kind(
        "carousel",
        "interactive.carousel",
        lambda chat: chat.bot.send_carousel(
            chat.to,
            body="Two places",
            cards=[
                ImageCarouselCard(image=f"{FILES}/{name}.png", body=name, buttons=URLButton("Go", LINK))
                for name in ("one", "two")
            ],
        ),
    ),
    Kind("button for a call", "interactive.voice_call", lambda chat: text(chat, buttons=VoiceCallButton("Call us"))),
    Kind(
        "request to call",
        "interactive.call_permission_request",
        lambda chat: text(chat, buttons=CallPermissionRequestButton()),
    ),
    Kind(
        "request for a number",
        "interactive.request_contact_info",
        lambda chat: text(chat, buttons=ContactInfoRequestButton()),
    ),
]

TEMPLATES: list[tuple[str, dict[str, Any], list[Any] | None]] = [
    ("without parameters", {}, None),
    ("with an empty list of parameters", {}, []),
    ("with a body", {"params": 2}, [BODY.params("Asha", "10:00")]),
    ("with names", {"params": 1}, [BODY.params(name="Asha")]),
    (
        "with an image and buttons",
        {"params": 1, "media": "image"},
        [
            templates.HeaderImage.params(image=f"{FILES}/map.png"),
            BODY.params("Asha"),
            templates.QuickReplyButton.params(callback_data="yes", index=0),
            templates.URLButton.params(url_variable="enrol", index=1),
        ],
    ),
    ("with a document", {"media": "document"}, [templates.HeaderDocument.params(document=f"{FILES}/a.pdf")]),
    ("with a place", {}, [templates.HeaderLocation.params(lat=18.52, lon=73.85, name="Hall", address="Pune")]),
    ("with a code to copy", {}, [templates.CopyCodeButton.params(coupon_code="SAVE20", index=0)]),
    ("with a flow", {}, [templates.FlowButton.params(index=0, flow_token="t-1", flow_action_data={"a": 1})]),
]


@pytest.fixture(scope="module")
def live(stack: dict[str, Any]) -> Live:
    return Live(stack)


class Calls:
    """What pywa sent, as JSON."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> None:
        self.bodies.append(json.loads(request.read()))


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def bot(live: Live, calls: Calls) -> Iterator[WhatsApp]:
    number, key = live.channel("meta")["phone_number_id"], live.organization["api_key"]
    with httpx.Client(event_hooks={"request": [calls]}, timeout=60) as session:
        bot = WhatsApp(phone_id=number, token=key, session=session)
        session.base_url = f"{live.stack['graph_url']}/v23.0"
        yield bot


@pytest.fixture
def chat(live: Live, bot: WhatsApp) -> Chat:
    phone = new_phone()
    (asked,) = live.inbound(phone, provider="meta")["message_ids"]
    return Chat(bot, phone, asked)


def without_nulls(value: Any) -> Any:
    """pywa writes null where it has nothing to say."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_arrives_as_pywa_wrote_it(live: Live, chat: Chat, calls: Calls, kind: Kind) -> None:
    sent = kind.call(chat)
    (got,) = live.received(chat.phone)
    assert sent.id == got["message_id"]
    name, _, subtype = kind.what.partition(".")
    assert got["json"]["type"] == name
    written = calls.bodies[0][name]
    if kind.name == "flow alone":
        written["action"]["parameters"]["flow_id"] = "17"
    assert got["json"][name] == without_nulls(written)
    assert got["json"].get("context") == calls.bodies[0].get("context")
    if subtype:
        assert got["json"][name]["type"] == subtype
    assert live.conversation(chat.phone)[0]["status"] in ("accepted", "sent", "delivered", "read")


@pytest.mark.parametrize("kind", NOT_SENT, ids=lambda kind: kind.name)
def test_what_gate24_does_not_send_is_pywas_unsupported_message(live: Live, chat: Chat, kind: Kind) -> None:
    with pytest.raises(UnsupportedMessageType) as refused:
        kind.call(chat)
    assert kind.what.partition(".")[2] in (refused.value.details or "")
    assert live.received(chat.phone) == []


@pytest.mark.parametrize(("name", "facts", "params"), TEMPLATES, ids=[each[0] for each in TEMPLATES])
def test_each_template_arrives_as_pywa_filled_it(
    live: Live, bot: WhatsApp, calls: Calls, name: str, facts: dict[str, Any], params: list[Any] | None
) -> None:
    phone = new_phone()
    registered = f"pywa_{phone.removeprefix('+')}"
    template = {"channel": live.channel("meta")["id"], "bsp_template_id": phone.removeprefix("+"), "language": "en"}
    template |= {"category": "utility", "status": "approved", "params": 0, **facts}
    assert live.api("PUT", f"/v1/templates/{registered}", template).status_code == 200
    live.opt_in(phone)
    sent = bot.send_template(phone, registered, EN, params)
    (got,) = live.received(phone)
    assert sent.id == got["message_id"]
    written = calls.bodies[0]["template"]
    for component in written.setdefault("components", []):
        component |= {part: component[part].lower() for part in ("type", "sub_type") if part in component}
    assert got["json"]["template"] == written


def test_a_read_mark_and_the_sign_of_typing_reach_meta(live: Live, chat: Chat) -> None:
    assert chat.bot.mark_message_as_read(chat.asked)
    assert chat.bot.indicate_typing(chat.asked)
    marks = [each["json"] for each in live.simulator("GET", "requests")["requests"] if "json" in each]
    mine = [mark for mark in marks if mark.get("message_id") == chat.asked]
    assert [mark.get("typing_indicator") for mark in mine] == [None, {"type": "text"}]


def test_outside_the_window_the_bot_gets_pywas_own_exception(live: Live, bot: WhatsApp) -> None:
    phone = new_phone()
    live.opt_in(phone)
    live.inbound(phone, provider="meta", timestamp=now() - 25 * HOUR)
    with pytest.raises(ReEngagementMessage) as refused:
        bot.send_message(phone, "Hello")
    assert (refused.value.code, refused.value.status_code) == (131047, 400)
    assert "send_template" in (refused.value.details or "")
    assert live.received(phone) == []


def test_a_message_to_a_group_goes_to_nobody(live: Live, chat: Chat) -> None:
    with pytest.raises(UnsupportedMessageType):
        chat.bot.api.send_message(
            sender=live.channel("meta")["phone_number_id"],
            to=chat.to,
            recipient=None,
            recipient_type="group",
            typ="text",
            msg={"body": "Hello"},
        )
    assert live.received(chat.phone) == []


def test_a_message_bound_to_an_identity_is_not_sent_without_it(live: Live, chat: Chat) -> None:
    with pytest.raises(UnsupportedMessageType):
        text(chat, identity_key_hash="abc")
    assert live.received(chat.phone) == []
