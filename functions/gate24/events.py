"""The events that webhooks of all providers are parsed into.

Every ``at`` is an integer of epoch milliseconds by the *provider's* clock (``rules.times.provider_time_ms``), every
phone number is E.164 with ``+``. The dataclasses are frozen: an event is a fact. What it does to a contact is decided
in ``usecases.receive_event``.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from gate24.lazy_dataclass import dataclass

ConsentAction = Literal["opt_in", "opt_out"]
DeliveryStatus = Literal["enqueued", "sent", "delivered", "read", "played", "failed"]

UNKNOWN_TYPE = "unknown"
"""The type of an inbound message that names no type and whose content does not tell it."""


@dataclass(frozen=True, slots=True)
class ContactRef:
    """Who an event is about, or a request: at least one of the two is there.

    ``phone``: E.164 with ``+``. ``user_id``: Meta's business-scoped user id (BSUID, ``CC.<alnum>``), which is
    all there is for a person who hides the number.
    """

    phone: str | None = None
    user_id: str | None = None

    @property
    def text(self) -> str | None:
        """The person in a word: the number, or the user id where that is all there is."""
        return self.phone or self.user_id

    @property
    def country(self) -> str | None:
        """ISO 3166 code of the country where the person has a number, as the user id tells it; None without one."""
        return self.user_id[:2] if self.user_id else None


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a message carries. ``kind`` is image, video, audio, document or sticker. ``sha256``: of its bytes, in
    base64. ``voice``: of an audio, that it is a voice message. ``animated``: of a sticker, that it moves. ``fetch``:
    what has come of fetching the file from the provider (``rules.media_files``); None while that has not ended."""

    kind: str
    url: str | None = None
    media_id: str | None = None
    mime_type: str | None = None
    caption: str | None = None
    filename: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    voice: bool | None = None
    animated: bool | None = None
    fetch: str | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A contact wrote.

    ``type`` is gate24's name of it (``rules.webhook_effects``); a type that gate24 does not know keeps the
    provider's name. ``text`` is what a person would read: a text's body, the title of a button or reply.
    ``payloads`` are what the organization put behind the title of the button or row that was tapped. ``details`` is
    the content that is neither text nor a file, by names of gate24's own; ``content`` is the same whole, as Meta's
    objects by the names that they have in a message of the API. ``refers_to`` are all ids by which the provider may
    know the message that is replied to, reacted to, edited or deleted, the most telling first.
    """

    contact: ContactRef
    provider_message_id: str
    at: int
    type: str
    name: str | None = None
    text: str | None = None
    payloads: tuple[str, ...] = ()
    media: Media | None = None
    details: dict[str, Any] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)
    refers_to: tuple[str, ...] = ()

    @property
    def keyword_texts(self) -> tuple[str, ...]:
        """The texts that may be an opt-in or opt-out keyword. A file's caption is none."""
        return tuple(text for text in (self.text, *self.payloads) if text)


CallDirection = Literal["user_initiated", "business_initiated"]
CallStatus = Literal["ringing", "accepted", "rejected", "failed", "completed"]


@dataclass(frozen=True, slots=True)
class Call:
    """What is said of a voice call: that it was made, how it goes or how it ended.

    ``call_id`` is the same in all events of a call. ``at``: when the person called or accepted our call, as near as
    the event tells. ``opens``: whether the event proves that WhatsApp opened the window. ``seconds``: how long the two
    sides spoke.
    """

    contact: ContactRef
    call_id: str
    at: int
    direction: CallDirection
    opens: bool
    name: str | None = None
    status: CallStatus | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """The provider says that the contact opted in or out (Gupshup user-event). ``name`` tells the event apart where it
    has no usable time of its own, so that ``at`` is when it came."""

    contact: ContactRef
    at: int
    action: ConsentAction
    source: str
    evidence: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class MarketingPreference:
    """The contact stopped, resumed or signed up for marketing messages in WhatsApp itself. ``name`` as that of
    ``ConsentChanged``."""

    contact: ContactRef
    at: int
    value: Literal["stop", "resume", "signup"]
    evidence: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the provider did not deliver: its own ``code`` (kept as text) and reason."""

    code: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Pricing:
    """What the provider says of a message's price: never an amount.

    ``type``: regular, free_customer_service, free_entry_point, ... ``category``: utility, marketing, ...
    ``model``: PMP, CBP or NBP. ``billable``: None where it is not said. ``subtype``: paid_exempt where the sender is
    not charged for what others are (Meta, changelog of 2026-10). ``conversation``: the id of the message's, where the
    provider prices such.
    """

    category: str | None = None
    type: str | None = None
    model: str | None = None
    billable: bool | None = None
    subtype: str | None = None
    conversation: str | None = None

    @property
    def tells_price(self) -> bool:
        """Whether a price follows from it. ``billable`` alone says neither of what category a message is nor why it
        would be free."""
        return bool(self.category or self.type)


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """A delivery status of a message of ours.

    ``message_id`` is ours (Meta's ``biz_opaque_callback_data``); ``bsp_ids`` are all ids by which the BSP may
    have known the message, most telling first (``gsId``, ``id``); ``whatsapp_id`` is a wamid to remember
    when the event tells it (Gupshup's enqueued), and ``sent_as`` what kind of message it was (Gupshup's enqueued, too).
    """

    contact: ContactRef | None
    at: int
    status: DeliveryStatus
    bsp_ids: tuple[str, ...] = ()
    message_id: str | None = None
    whatsapp_id: str | None = None
    failure: Failure | None = None
    pricing: Pricing | None = None
    sent_as: Literal["freeform", "template"] | None = None


@dataclass(frozen=True, slots=True)
class Echoed:
    """A message that was sent to the contact around gate24, with its content.

    ``bsp_ids``: as those of ``StatusChanged``. ``in_app``: sent in the WhatsApp Business app. The rest as in
    ``InboundMessage``.
    """

    contact: ContactRef | None
    at: int
    bsp_ids: tuple[str, ...]
    type: str
    in_app: bool
    text: str | None = None
    media: Media | None = None
    details: dict[str, Any] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)
    refers_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Billed:
    """The BSP deducted for a message of ours (Gupshup billing-event)."""

    contact: ContactRef | None
    at: int
    bsp_ids: tuple[str, ...]
    source: str
    pricing: Pricing


@dataclass(frozen=True, slots=True)
class IdentityChanged:
    """A contact's number or user id changed: who was ``old`` is ``new`` since ``at``.

    ``name``: the id of the provider's message. ``is_new_number``: somebody else may have the old number now. A user id
    is nobody else's ever.
    """

    old: ContactRef
    new: ContactRef
    at: int
    name: str | None = None
    is_new_number: bool = False


@dataclass(frozen=True, slots=True)
class TemplateChanged:
    """A template's status or category changed at the provider. Found by ``bsp_template_id`` or by name and
    language. None leaves a field as it is."""

    at: int
    bsp_template_id: str | None
    name: str | None
    language: str | None
    status: str | None = None
    category: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """Known, authentic and without effect on a contact (connectivity checks, account events, echoes). Counted by
    ``kind``, not kept."""

    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class Unrecognized:
    """Authentic but not understood: the raw part is kept for a set time and can be listed.

    ``reason`` holds no personal data; ``raw`` is the JSON part as it came, and ``body`` a whole webhook's body with
    this part, for a version that understands it; None if ``raw`` is that.
    """

    reason: str
    at: int
    raw: Any
    body: Any = field(default=None, compare=False)


Event = (
    InboundMessage
    | Call
    | ConsentChanged
    | MarketingPreference
    | StatusChanged
    | Echoed
    | Billed
    | IdentityChanged
    | TemplateChanged
    | Noted
    | Unrecognized
)


@dataclass(frozen=True, slots=True)
class Routed:
    """An event with the number it belongs to: ``phone_number_id`` at Meta, None where the channel of the URL
    is the only answer (Gupshup: one app, one URL). ``body``: a webhook's body that tells of this event and of as little
    else as can be separated."""

    event: Event
    phone_number_id: str | None = None
    body: Any = field(default=None, compare=False)
