"""pywa as its users install it, with gate24's address for Meta's: what it sends arrives at the provider."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pywa import WhatsApp
from pywa.errors import ReEngagementMessage, UnsupportedMessageType, WhatsAppError
from pywa.types import (
    Button,
    CallPermissionRequestButton,
    Contact,
    ContactInfoRequestButton,
    FlowActionType,
    FlowButton,
    ImageCarouselCard,
    Pagination,
    ProductsSection,
    Section,
    SectionList,
    SectionRow,
    URLButton,
    VoiceCallButton,
    templates,
)
from pywa.types.calls import SessionDescription

from demo_data import TEMPLATES as DEMO_TEMPLATES
from tests.support.libraries import NOT_PASSED_ON, NOT_SENT, PNG, PYWA, SENT, TEMPLATES, Row, Template, known
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
HEADER: Any = templates.HeaderText
CAROUSEL: Any = templates.Carousel
"""Any: their types ask for ``self``."""

SUM = templates.Currency(fallback_value="100 rupees", code="INR", amount_1000=100_000)


@dataclass(frozen=True)
class Chat:
    """A bot, one person, and what that person wrote (``asked``: Meta's id of the message)."""

    bot: WhatsApp
    phone: str
    asked: str

    @property
    def to(self) -> str:
        return self.phone.removeprefix("+")


def text(chat: Chat, **more: Any) -> Any:
    return chat.bot.send_message(chat.to, "Coming?", **more)


def filled(chat: Chat, *params: Any) -> Any:
    """A template that gate24 does not send, whatever the registry says of it."""
    return chat.bot.send_template(chat.to, "welcome", EN, list(params))


def flow(**named: Any) -> FlowButton:
    return FlowButton(
        "Fill in",
        flow_token="t-1",
        flow_action_type=FlowActionType.NAVIGATE,
        flow_action_screen="FIRST",
        flow_action_payload={"name": "Asha"},
        **named,
    )


YES = [Button("Yes", "y")]
CALLS: dict[str, Callable[[Chat], Any]] = {
    "text": text,
    "text with a preview": lambda chat: chat.bot.send_message(chat.to, LINK, preview_url=True),
    "text with a tracker": lambda chat: text(chat, tracker="order 17"),
    "reply": lambda chat: text(chat, reply_to_message_id=chat.asked),
    "image": lambda chat: chat.bot.send_image(chat.to, f"{FILES}/map.png", caption="The way"),
    "image by id": lambda chat: chat.bot.send_image(chat.to, "1234567890"),
    "uploaded image": lambda chat: chat.bot.send_image(chat.to, PNG, mime_type="image/png"),
    "video": lambda chat: chat.bot.send_video(chat.to, f"{FILES}/way.mp4"),
    "audio": lambda chat: chat.bot.send_audio(chat.to, f"{FILES}/song.mp3"),
    "voice message": lambda chat: chat.bot.send_voice(chat.to, f"{FILES}/word.ogg"),
    "document": lambda chat: chat.bot.send_document(chat.to, f"{FILES}/a.pdf", "a.pdf", "New"),
    "sticker": lambda chat: chat.bot.send_sticker(chat.to, f"{FILES}/yes.webp"),
    "buttons": lambda chat: text(chat, header="Classes", footer="NGO", buttons=[*YES, Button("No", "n")]),
    "buttons under an image": lambda chat: chat.bot.send_image(chat.to, f"{FILES}/map.png", "Coming?", buttons=YES),
    "buttons under a video": lambda chat: chat.bot.send_video(chat.to, f"{FILES}/way.mp4", "Coming?", buttons=YES),
    "buttons under a document": lambda chat: chat.bot.send_document(
        chat.to, f"{FILES}/a.pdf", "a.pdf", "Coming?", buttons=YES
    ),
    "list": lambda chat: text(chat, buttons=SectionList("Choose", [Section("When", ROWS)])),
    "link": lambda chat: text(chat, buttons=URLButton("Enrol", LINK)),
    "link under an image": lambda chat: chat.bot.send_image(
        chat.to, f"{FILES}/map.png", "Coming?", buttons=URLButton("Enrol", LINK)
    ),
    "flow": lambda chat: text(chat, buttons=flow(flow_id="17")),
    "flow alone": lambda chat: text(chat, buttons=FlowButton("Fill in", flow_id=17)),
    "flow by name": lambda chat: text(chat, buttons=flow(flow_name="enrol")),
    "location": lambda chat: chat.bot.send_location(chat.to, 18.52, 73.85, "Hall", "Station Road"),
    "location without a name": lambda chat: chat.bot.send_location(chat.to, 18.52, 73.85),
    "request for a location": lambda chat: chat.bot.request_location(chat.to, "Where are you?"),
    "contact card": lambda chat: chat.bot.send_contact(chat.to, CARD),
    "reaction": lambda chat: chat.bot.send_reaction(chat.to, "👍", chat.asked),
    "reaction taken back": lambda chat: chat.bot.remove_reaction(chat.to, chat.asked),
    "product": lambda chat: chat.bot.send_product(chat.to, "17", "sku-1", "A book"),
    "product list": lambda chat: chat.bot.send_products(
        chat.to, "17", [ProductsSection("Books", ["sku-1"])], "Books", "All"
    ),
    "catalogue": lambda chat: chat.bot.send_catalog(chat.to, "All our books"),
    "carousel": lambda chat: chat.bot.send_carousel(
        chat.to,
        body="Two places",
        cards=[
            ImageCarouselCard(image=f"{FILES}/{name}.png", body=name, buttons=URLButton("Go", LINK))
            for name in ("one", "two")
        ],
    ),
    "button for a call": lambda chat: text(chat, buttons=VoiceCallButton("Call us")),
    "request to call": lambda chat: text(chat, buttons=CallPermissionRequestButton()),
    "request for a number": lambda chat: text(chat, buttons=ContactInfoRequestButton()),
    "template with a carousel": lambda chat: filled(
        chat, CAROUSEL.params(cards=[templates.CarouselCard.params(params=[BODY.params("Asha")], index=0)])
    ),
    "template with a moving picture": lambda chat: filled(chat, templates.HeaderGIF.params(gif="1234567890")),
    "delete a file": lambda chat: chat.bot.delete_media("1234567890"),
    "block": lambda chat: chat.bot.block_users([chat.to]),
    "QR code": lambda chat: chat.bot.create_qr_code("Hello"),
    "call": lambda chat: chat.bot.initiate_call(chat.to, SessionDescription(sdp_type="offer", sdp="v=0")),
}
"""By the names of ``tests/support/libraries.py``."""

FILLINGS: dict[str, list[Any] | None] = {
    "template without parameters": None,
    "template with an empty list of parameters": [],
    "template with a body": [BODY.params("Asha", "10:00")],
    "template with names": [BODY.params(name="Asha")],
    "template with a sum and a day": [BODY.params(SUM, templates.DateTime(fallback_value="Monday"))],
    "template with a text above": [HEADER.params("Asha"), BODY.params("10:00")],
    "template with an image and buttons": [
        templates.HeaderImage.params(image=f"{FILES}/map.png"),
        BODY.params("Asha"),
        templates.QuickReplyButton.params(callback_data="yes", index=0),
        templates.URLButton.params(url_variable="enrol", index=1),
    ],
    "template with a video": [templates.HeaderVideo.params(video=f"{FILES}/way.mp4")],
    "template with a document": [templates.HeaderDocument.params(document=f"{FILES}/a.pdf")],
    "template with a place": [
        templates.HeaderLocation.params(lat=18.52, lon=73.85, name="Hall", address="Pune"),
    ],
    "template with a code to copy": [templates.CopyCodeButton.params(coupon_code="SAVE20", index=0)],
    "template with a flow": [templates.FlowButton.params(index=0, flow_token="t-1", flow_action_data={"a": 1})],
    "template with an offer that ends": [
        templates.LimitedTimeOffer.params(expiration_time=datetime(2027, 1, 1, tzinfo=UTC))
    ],
    "template with a catalogue": [templates.CatalogButton.params(thumbnail_product_sku="sku-1", index=0)],
    "template with products": [
        templates.MPMButton.params(
            product_sections=[ProductsSection("Books", ["sku-1"])], thumbnail_product_sku="sku-1", index=0
        )
    ],
    "template with a product in its header": [templates.HeaderProduct.params(catalog_id="17", sku="sku-1")],
    "template with a sum in its header": [HEADER.params(SUM)],
    "template that leads somewhere by a tap": [templates.TapTargetConfiguration("Go", LINK)],
    "template with a one-time password": [
        templates.AuthenticationBody.params(otp="482913"),
        templates.OneTapOTPButton.params(otp="482913"),
    ],
}
"""The parameters of each template."""


@pytest.fixture(scope="module")
def live(stack: dict[str, Any]) -> Live:
    return Live(stack)


class Calls:
    """The messages that pywa sent, as JSON."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> None:
        if request.url.path.endswith("/messages"):
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


@pytest.mark.parametrize("kind", known(SENT, PYWA), ids=lambda kind: kind.name)
def test_each_kind_arrives_as_pywa_wrote_it(live: Live, chat: Chat, calls: Calls, kind: Row) -> None:
    sent = CALLS[kind.name](chat)
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


@pytest.mark.parametrize("kind", known(NOT_SENT, PYWA), ids=lambda kind: kind.name)
def test_what_gate24_does_not_send_is_pywas_unsupported_message(live: Live, chat: Chat, kind: Row) -> None:
    with pytest.raises(UnsupportedMessageType) as refused:
        CALLS[kind.name](chat)
    assert kind.what in (refused.value.details or "")
    assert live.received(chat.phone) == []


@pytest.mark.parametrize("call", NOT_PASSED_ON)
def test_what_gate24_does_not_pass_on_is_pywas_own_exception(chat: Chat, call: str) -> None:
    with pytest.raises(WhatsAppError) as refused:
        CALLS[call](chat)
    assert (refused.value.code, refused.value.status_code) == (100, 404)
    assert "not passed on" in (refused.value.details or "")


@pytest.mark.parametrize("kind", [each for each in TEMPLATES if each.only in (None, PYWA)], ids=lambda each: each.name)
def test_each_template_arrives_as_pywa_filled_it(live: Live, bot: WhatsApp, calls: Calls, kind: Template) -> None:
    phone = new_phone()
    registered = f"pywa_{phone.removeprefix('+')}"
    template = {"channel": live.channel("meta")["id"], "bsp_template_id": phone.removeprefix("+"), "language": "en"}
    template |= {"category": "utility", "status": "approved", "params": 0, **kind.facts}
    assert live.api("PUT", f"/v1/templates/{registered}", template).status_code == 200
    live.opt_in(phone)
    sent = bot.send_template(phone, registered, EN, FILLINGS[kind.name])
    (got,) = live.received(phone)
    assert sent.id == got["message_id"]
    written = calls.bodies[0]["template"]
    for component in written.setdefault("components", []):
        component |= {part: component[part].lower() for part in ("type", "sub_type") if part in component}
    assert got["json"]["template"] == written


def test_a_file_is_uploaded_looked_up_and_downloaded_through_gate24(live: Live, bot: WhatsApp) -> None:
    uploaded = bot.upload_media(PNG, mime_type="image/png", filename="roof.png")
    told = bot.get_media_url(uploaded.id)
    assert told.url.startswith(live.stack["graph_url"])
    assert (told.mime_type, told.file_size) == ("image/png", len(PNG))
    assert bot.get_media_bytes(told.url) == PNG


def test_the_numbers_profile_is_metas(bot: WhatsApp) -> None:
    profile = bot.get_business_profile()
    assert (profile.about, profile.email) == ("Classes for all", "desk@example.org")


def test_the_templates_are_listed_as_metas_page_by_page(live: Live, bot: WhatsApp) -> None:
    account = live.channel("meta")["phone_number_id"]  # which stands for the account's id at the simulator
    first = bot.get_templates(waba_id=account, pagination=Pagination(limit=3))
    rest = bot.get_templates(waba_id=account, pagination=Pagination(limit=3, after=first.after))
    assert (len(first), first.total_count, first.has_next, rest.has_previous) == (3, 5, True, True)
    assert [(each.name, each.language) for each in (*first, *rest)] == [
        (each["name"], each["language"]) for each in DEMO_TEMPLATES
    ]
    (waiting,) = bot.get_templates(waba_id=account, statuses=[templates.TemplateStatus.PENDING])
    assert waiting.name == "survey"
    address = str(first._next_url)  # its own next() fails at Meta, too (pywa 4.5)
    assert address.startswith(live.stack["graph_url"])
    answered = httpx.get(address, headers={"Authorization": f"Bearer {live.organization['api_key']}"}, timeout=60)
    assert [each["name"] for each in answered.json()["data"]] == [each.name for each in rest]


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
