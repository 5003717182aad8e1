"""The rows of ``message_rows`` brought about through the whole system, and the conversations that they are: what the
console is given to show is what the API answers."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import requests

from bsp_simulator import inbound
from tests.support.console_mock import Server
from tests.support.console_people import Organization, Person
from tests.support.kinds import Filling, Json, Kind, template
from tests.support.media_files import fetch, queued
from tests.support.message_rows import FILES, ROWS, Row
from tests.support.scene import HOUR, SECOND, body_about, contact_wrote, new_number, now, post_webhook
from tests.support.system import GUPSHUP, META, System, put_template

CHANNELS = {GUPSHUP: "gupshup-1", META: "meta-1"}
"""The channels of the system, and what the console's organization calls them."""

EARLIER = "At five"
"""What a contact wrote who then edits or deletes it."""

CAPTIONS = {"image": {"caption": "Our roof"}, "document": {"filename": "form.pdf"}}


class Shown(NamedTuple):
    """A row, the id of the message in which it is seen, and that of the one that it answers."""

    row: Row
    message_id: str
    answered_id: str | None = None


@dataclass
class Conversation:
    """Of one person, newest first, as the API answers it. ``shown``: where each row is seen. ``files``: with their
    types, by ``media.id``."""

    name: str
    phone: str
    messages: list[Json] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


def kind_of(file: str) -> str:
    return {"voice": "audio"}.get(file, file)


def file_body(gate24: System, row: Row) -> Json:
    """The send of the row's file, which is uploaded."""
    assert row.file is not None
    file, kind = FILES[row.file], kind_of(row.file)
    head = f'--b\r\nContent-Disposition: form-data; name="channel"\r\n\r\n{row.channel}\r\n--b\r\n'
    head += f'Content-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: {file.mime_type}\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    uploaded = gate24.http("POST", "/v1/media", head.encode() + file.content + b"\r\n--b--\r\n", headers)
    assert uploaded.status == 201, uploaded.text
    media: Json = {"kind": kind, "id": uploaded.json["id"], **CAPTIONS.get(row.file, {})}
    return {"type": "media", "media": media | ({"voice": True} if row.file == "voice" else {}), "channel": row.channel}


def sends_file_of(gate24: System, row: Row, phone: str, at: int) -> None:
    """A contact's file, told in the row's form."""
    assert gate24.simulator is not None and row.file is not None
    simulated, file = gate24.simulator.config.channel(row.channel), FILES[row.file]
    assert simulated is not None
    media: Json = {
        "kind": kind_of(row.file),
        "base64": base64.b64encode(file.content).decode(),
        "mime_type": file.mime_type,
        **({"caption": "Our roof"} if row.file == "image" else {}),
    }
    request: Json = {"from": phone, "media": media, "timestamp": at}
    if row.form == "v3":
        request["version"] = "v3"
    for told in inbound.webhooks(
        simulated, request, now(), inbound.Files(gate24.simulator.media, gate24.simulator.url)
    ):
        post_webhook(gate24, row.channel, told.body)


def add_people(server: Server, organization: Organization, told: list[Conversation]) -> None:
    """Puts the people into the organization of a console's server."""
    organization.channels = tuple(CHANNELS.values())
    for one in told:
        person = organization.add(Person(f"+{one.phone}", one.name, activity=time.time()))
        person.messages = [each | {"channel": CHANNELS[each["channel"]]} for each in one.messages]
        person.last_inbound = {person.messages[0]["channel"]: time.time()}
        server.contents |= one.files


def conversations(gate24: System, rows: Iterable[Row] = ROWS) -> list[Conversation]:
    """One for each person of the rows, with all of them. Files are fetched."""
    by_person = groupby(rows, lambda row: row.person)
    return [_Told(gate24, Conversation(name, new_number())).all(list(rows)) for name, rows in by_person]


@dataclass
class _Told:
    gate24: System
    one: Conversation
    steps: int = 0

    def all(self, rows: list[Row]) -> Conversation:
        contact_wrote(self.gate24, self.one.phone, HOUR, rows[0].channel)
        for row in rows:
            self.one.shown.append(Shown(row, self._sent(row)) if row.direction == "outbound" else self._received(row))
        self.one.messages = list(self._pages())
        for message in self.one.messages:
            if (media := message.get("media")) and (media.get("fetch") == "kept" or _is_uploaded(media)):
                told = self.gate24.http("GET", f"/v1/media/{media['id']}?redirect=false").json
                self.one.files[media["id"]] = told["mime_type"], requests.get(told["url"], timeout=5).content
        return self.one

    def _pages(self) -> Iterator[Json]:
        cursor = ""
        while True:
            page = self.gate24.http("GET", f"/v1/contacts/%2B{self.one.phone}/messages?limit=100{cursor}").json
            yield from page["data"]
            if page["next_cursor"] is None:
                return
            cursor = f"&cursor={page['next_cursor']}"

    def _newest(self, direction: str) -> Json:
        page = self.gate24.http("GET", f"/v1/contacts/%2B{self.one.phone}/messages?limit=5").json
        found: Json = next(each for each in page["data"] if each["direction"] == direction)
        return found

    def _written(self, write: Callable[[], None]) -> Json:
        """The contact's message that came about."""
        before = {each["id"] for each in self._pages()}
        write()
        (new,) = (each for each in self._pages() if each["id"] not in before)
        return new

    def _writes(self, text: str, channel: str, ago: int = 0) -> Json:
        return self._written(lambda: contact_wrote(self.gate24, self.one.phone, ago, channel, text))

    def _send(self, body: Json, channel: str) -> Json:
        """The message as it is in the conversation, sent or refused."""
        answer = self.gate24.send(body | {"channel": channel, "to": f"+{self.one.phone}"})
        assert answer.status in (202, 422), answer.text
        return self._newest("outbound")

    def _sent(self, row: Row) -> str:
        if isinstance(row.told, Filling):
            put_template(self.gate24, row.channel, name="welcome", params=row.told.params, media=row.told.media)
            return str(self._send(template(row.told.components), row.channel)["id"])
        if row.file is not None:
            return str(self._send(file_body(self.gate24, row), row.channel)["id"])
        theirs = self._writes("Namaste", row.channel)["id"]
        if not isinstance(row.told, Kind):
            reply = {"type": "text", "text": {"body": "Hello"}, "context": {"message_id": theirs}}
            return str(self._send(reply, row.channel)["id"])
        body = dict(row.told.body)
        if row.told.names_message:
            body["reaction"] = {**body["reaction"], "message_id": theirs}
        own = str(self._send(body, row.channel)["id"])
        return theirs if row.is_about_another else own

    def _received(self, row: Row) -> Shown:
        self.steps += 1
        at = now() - HOUR // 2 + 2 * self.steps * SECOND
        if row.file is not None:
            queued()  # files that are nowhere
            sent = self._written(lambda: sends_file_of(self.gate24, row, self.one.phone, at))
            assert fetch() == []
            return Shown(row, sent["id"])
        told, about, earlier = json.dumps(row.told), None, None
        if row.answers is not None:
            put_template(self.gate24, row.channel, name="welcome", params=0)
            ours = self._send(row.answers, row.channel)
            about, at = ours["id"], now() + 1
            told = told.replace("wamid.out-1", ours["bsp_message_id"]).replace("gs-1", ours["bsp_message_id"])
        if row.kind in ("edit", "revoke"):
            earlier = self._writes(EARLIER, row.channel, now() - at + 1)
            about = earlier["id"]
            told = told.replace("wamid.in-0", "the-earlier-message")
        told = told.replace("wamid.in-1", f"wamid.in-1{self.steps:03}")
        body = body_about(json.loads(told), self.one.phone, at)
        if earlier is not None:
            body = json.loads(json.dumps(body).replace("the-earlier-message", earlier["provider_id"]))
        own = self._written(lambda: post_webhook(self.gate24, row.channel, body))["id"]
        return Shown(row, str(about) if row.is_about_another else own, about)


def _is_uploaded(media: Json) -> bool:
    return str(media.get("media_id", "")).startswith("upload-")
