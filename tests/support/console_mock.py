"""An API in memory for the console: the routes that the console asks, under a path prefix as API Gateway has it.

The page and its files come through the real handler of ``infra/console``. Every exchange is held against the
OpenAPI document. Latency, an unreachable server and the next answer to a send can be set while it runs. Run it by
itself to look at the console:
``python -m tests.support.console_mock --port 5170``.
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import json
import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

from gate24.api.costs_csv import months_to_csv, to_csv
from gate24.api.costs_report import report_html
from gate24.api.costs_xlsx import MEDIA_TYPE as WORKBOOK
from gate24.api.costs_xlsx import months_to_xlsx, to_xlsx
from gate24.api.problems import Problem
from gate24.api.render import consent_json, of_channels_json, rfc3339
from gate24.members import ROLE_SCOPES, Role
from gate24.rules.rollup import month_costs
from oidc_provider import CLIENT_ID
from tests.support.console_admin import administered
from tests.support.console_contract import faults
from tests.support.console_costs import Costs, bill_csv
from tests.support.console_demo import demo
from tests.support.console_import import import_people, unknown, wrong_recipient
from tests.support.console_inbox import Member, change
from tests.support.console_people import Organization, now_ms, refused
from tests.support.console_staff import staff_answer
from tests.support.month_reports import full_report

PREFIX = "/_aws/execute-api/abc123/$default"
CONSOLE = Path(__file__).parents[2] / "infra" / "console" / "function" / "handler.py"

JSON = "application/json"

Json = dict[str, Any]
Answer = tuple[int, Json | None]


def console_handler(issuer: str = "", token_origin: str = "") -> ModuleType:
    spec = importlib.util.spec_from_file_location("console_handler", CONSOLE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    environment = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_TOKEN_ORIGIN": token_origin}
    with patch.dict(os.environ, environment):
        spec.loader.exec_module(module)
    return module


def console_languages() -> list[str]:
    """The codes of the languages that the console offers."""
    script = (CONSOLE.parent / "static" / "language" / "i18n.js").read_text()
    return re.findall(r"(\w+):", re.findall(r"const LANGUAGES = \{(.*?)\}", script, re.DOTALL)[0])


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Json | None
    headers: dict[str, str]
    answer_bytes: int = 0
    form: dict[str, tuple[str | None, str, bytes]] = field(default_factory=dict)
    """The parts of a multipart body: file name, type and content, by the part's name."""

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass
class Server:
    """``issuer`` signs staff in; ``members``: by their addresses the key of their organization, name and role.
    ``script`` holds what the next POSTs of /v1/messages do: end with a code such as bsp_rejected, or ``lost`` (act,
    and the answer never arrives); ``import_script`` is the same for imports: ``lost``, or ``done``. ``files``:
    addresses of files by ``media.id``; those ``to_fetch`` are being fetched from the provider until they were asked for
    once. ``contents``: files that the server has itself, with their types. ``faults``: where an exchange was not as the
    OpenAPI document says."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    latency: float = 0.0
    issuer: str = ""
    members: dict[str, tuple[str, str, Role]] = field(default_factory=dict)
    offline: bool = False
    script: list[str] = field(default_factory=list)
    import_script: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    replayed: dict[str, Answer] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    to_fetch: list[str] = field(default_factory=list)
    upload_fault: str | None = None
    """What is wrong with every file that is uploaded."""
    contents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    callers: dict[str, Member] = field(default_factory=dict)
    """Whom a key stands for, where that is a person or a key of a name: others are a key named after itself."""
    http: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self.http
        return f"http://127.0.0.1:{self.http.server_address[1]}{PREFIX}"

    def start(self, port: int = 0) -> Server:
        console = console_handler(self.issuer)
        self.http = ThreadingHTTPServer(
            ("127.0.0.1", port), type("OwnHandler", (Handler,), {"mock": self, "console": console})
        )
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        assert self.http
        self.http.shutdown()
        self.http.server_close()

    def organization_of(self, key: str) -> Organization | None:
        """That of an API key, or of the member whom an ID token names, as that one sees it."""
        if key.count(".") != 2:
            return self.organizations.get(key)
        part = key.split(".")[1]
        email = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["email"]
        if email not in self.members:
            return None
        of, name, role = self.members[email]
        member = {"kind": "member", "name": name, "email": email, "role": role, "drafts_key": f"drafts of {email}"}
        return replace(self.organizations[of], scopes=ROLE_SCOPES[role], member=member)

    def asked(self, method: str, path: str) -> list[Request]:
        return [request for request in self.requests if request.method == method and request.path == path]


class Handler(BaseHTTPRequestHandler):
    """Speaks for a ``Server``: each server makes a subclass of its own."""

    mock: Server
    console: ModuleType
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path).removeprefix(PREFIX)
        if path == "/console" or path.startswith("/console/"):
            return self._console(path)
        if path.startswith("/files/"):
            mime_type, content = self.mock.contents[path.removeprefix("/files/")]
            return self._send(200, {"content-type": mime_type}, content)
        self._api(path, {name: values[0] for name, values in parse_qs(url.query).items()})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _console(self, path: str) -> None:
        if self.mock.offline:
            return self._hang_up()
        time.sleep(self.mock.latency)
        answer = self.console.lambda_handler({"rawPath": path, "headers": dict(self.headers)})
        body = answer["body"]
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        self._send(answer["statusCode"], answer["headers"], content)

    def _api(self, path: str, query: dict[str, str]) -> None:
        size = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(size)
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_form = headers.get("content-type", "").startswith("multipart/form-data")
        body = json.loads(raw) if raw and not is_form else None
        request = Request(self.command, path, query, body, headers, form=_form(headers, raw) if is_form else {})
        self.mock.requests.append(request)
        if self.mock.offline:
            return self._hang_up()
        time.sleep(self.mock.latency)
        organization = self.mock.organization_of(request.key)
        if organization is None:
            return self._json(403, {"message": "Forbidden"}, request)
        if path == "/v1/costs/report" and headers.get("accept") == "text/html":
            page = report_html(full_report(), query["language"])
            return self._send(200, {"content-type": "text/html; charset=utf-8"}, page.encode())
        if path.startswith("/v1/costs/") and headers.get("accept") == "text/csv":
            return self._csv(Costs(organization.costs), path, query)
        if path.startswith("/v1/costs/") and headers.get("accept") == WORKBOOK:
            return self._workbook(Costs(organization.costs), path == "/v1/costs/daily", query)
        answer = _answer(self.mock, organization, request)
        if answer is None:
            return self._hang_up()
        self._json(*answer, request)

    def _csv(self, costs: Costs, path: str, query: dict[str, str]) -> None:
        if path == "/v1/costs/reconciliation":
            text, next_cursor = bill_csv(costs.bill(query))
            return self._send(200, {"content-type": "text/csv", **next_cursor}, text.encode())
        is_daily = path == "/v1/costs/daily"
        text = to_csv(costs.between(query)) if is_daily else months_to_csv(map(month_costs, costs.months(query)))
        self._send(200, {"content-type": "text/csv"}, text.encode())

    def _workbook(self, costs: Costs, is_daily: bool, query: dict[str, str]) -> None:
        days, months = costs.between(query), map(month_costs, costs.months(query))
        self._send(200, {"content-type": WORKBOOK}, to_xlsx(days) if is_daily else months_to_xlsx(months))

    def _json(self, status: int, body: Json | None, request: Request) -> None:
        kind = "application/problem+json" if body is not None and "code" in body and status >= 400 else JSON
        if body is not None and status < 300:
            body = {**body, "server_time": rfc3339(now_ms())}
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        request.answer_bytes = len(content)
        self.mock.faults += faults(request.method, request.path, request.query, request.body, status, kind, body)
        again = {"retry-after": "1"} if body is not None and body.get("retryable") else {}
        self._send(status, {"content-type": kind, **again}, content)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _hang_up(self) -> None:
        self.close_connection = True


def _answer(server: Server, organization: Organization, request: Request) -> Answer | None:
    parts = [unquote(part) for part in request.path.removeprefix("/v1/").split("/")]
    by = server.callers.get(request.key) or organization.signed_in() or Member(request.key)
    of = organization.administration
    told = (
        _own(organization, request, by)
        or administered(of, request.method, parts, request.query, request.body)
        or _staff(organization, request, parts, by)
    )
    if told is not None:
        return told
    match (request.method, parts):
        case ("GET", ["contacts"]):
            return 200, organization.page(request.query)
        case ("GET", ["costs", name]) if name in COST_ROUTES:
            return _costs(organization, name, request.query)
        case ("POST", ["messages", "check"]):
            wrong = wrong_recipient(organization, request.body or {})
            return wrong or (200, organization.check(request.body or {}))
        case ("POST", ["contacts", "import"]):
            return _import(server, organization, request, by)
        case (_, ["media", *ids]):
            return _file(server, *ids) if ids else _upload(server, organization, request)
        case ("GET", ["messages", message_id]):
            found = organization.message(message_id)
            return (200, found) if found else refused(Problem("not_found"))
        case ("POST", ["messages"]):
            return _send_message(server, organization, request, by)
        case (_, ["contacts", phone, *below]):
            return _contact(organization, request, phone, "/".join(below), by)
    return refused(Problem("not_found"))


def _own(organization: Organization, request: Request, by: Member) -> Answer | None:
    """What a route answers that is about the organization itself: who asks, who else there is, its templates."""
    whole = {"/v1/templates": organization.template_page, "/v1/webhooks": organization.webhook_page}
    if request.method == "GET" and request.path in whole:
        return 200, whole[request.path]()
    if request.path == "/v1/me":
        return 200, organization.me() | (by.me() if organization.has_inbox and organization.member is None else {})
    if request.path.endswith("/deliveries"):
        return 200, organization.delivery_page(request.query)
    if request.path == "/v1/notifications":
        organization.digest_minutes = (request.body or {})["closing_digest_minutes"]
        set_up = {"mail_is_set_up": organization.mail_is_set_up, "push_is_set_up": organization.push_key is not None}
        return 200, {"closing_digest_minutes": organization.digest_minutes, **set_up}
    if request.path == "/v1/me/push":
        return 200, organization.push(by, request.body or {})
    if request.path == "/v1/me/notifications" and organization.has_inbox:
        return 200, organization.notifications(by, request.body)
    if request.path == "/v1/quick-replies" and organization.has_inbox:
        organization.quick_replies = (request.body or {}).get("data", organization.quick_replies)
        return 200, {"data": organization.quick_replies}
    return None


def _staff(organization: Organization, request: Request, parts: list[str], by: Member) -> Answer | None:
    if not organization.has_inbox:
        return None
    try:
        of = (organization.staff, organization.members, by)
        return staff_answer(*of, request.method, parts, request.query, request.body)
    except Problem as problem:
        return refused(problem)


COST_ROUTES: dict[str, Callable[[Costs, dict[str, str]], Json]] = {
    "daily": Costs.daily,
    "live": Costs.live,
    "messages": Costs.messages,
    "monthly": Costs.monthly,
    "budget": Costs.budget,
    "rate-cards": Costs.rate_cards,
    "what-if": Costs.what_if,
    "reconciliation": Costs.bill,
}


def _costs(organization: Organization, name: str, query: dict[str, str]) -> Answer:
    try:
        known = [
            (person.phone, str(message["id"]))
            for person in sorted(list(organization.people.values()), key=lambda each: -len(each.messages))
            for message in person.messages
        ]
        answer = COST_ROUTES[name](Costs(organization.costs, known), query)
    except Problem as problem:
        return refused(problem)
    if organization.is_limited and name in ("daily", "monthly"):
        answer["data"] = [of_channels_json(row) for row in answer["data"]]
    if organization.is_limited and name == "live":
        answer = of_channels_json(answer)
    if organization.is_limited and name == "budget":
        answer = {key: value for key, value in answer.items() if key not in ("organization", "unpriced")}
    return 200, answer


def _file(server: Server, media_id: str) -> Answer:
    if media_id in server.to_fetch:
        server.to_fetch.remove(media_id)
        return refused(Problem("not_found", "Ask again.", retry_after=1, retryable=True))
    if media_id in server.contents:
        return 200, {"url": f"{server.url}/files/{media_id}", "mime_type": server.contents[media_id][0]}
    url = server.files.get(media_id)
    return (200, {"url": url, "mime_type": "image/png"}) if url else refused(Problem("not_found"))


def _contact(organization: Organization, request: Request, phone: str, below: str, by: Member) -> Answer:
    person = organization.find(phone)
    if person is None:
        return unknown(organization, phone)
    body = request.body or {}

    def block(action: str) -> Answer:
        person.consent(action, "api", body.get("reason"), author=by.author)
        return 200, organization.contact(person) | {"author": by.author}

    def erase() -> Answer:
        organization.erase(person)
        return 204, None

    actions: dict[tuple[str, str], Callable[[], Answer]] = {
        ("GET", ""): lambda: (200, organization.contact(person)),
        ("GET", "messages"): lambda: (200, person.conversation(request.query)),
        ("GET", "consents"): lambda: (200, person.consents()),
        ("POST", "consents"): lambda: (201, consent_json(person.consent(**body, author=by.author))),
        ("PUT", "block"): lambda: block("block"),
        ("DELETE", "block"): lambda: block("unblock"),
        ("DELETE", ""): erase,
    }
    action = actions.get((request.method, below))
    if action:
        return action()
    changed = change(person.inbox, by, request.method, below, body) if organization.has_inbox else None
    if changed is None:
        return refused(Problem("not_found"))
    status, answer = changed
    return status, organization.contact(person) if answer is None else answer


def _form(headers: dict[str, str], raw: bytes) -> dict[str, tuple[str | None, str, bytes]]:
    whole = BytesParser().parsebytes(f"content-type: {headers['content-type']}\r\n\r\n".encode() + raw)
    found = {}
    for part in whole.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            name = str(part.get_param("name", header="content-disposition"))
            found[name] = (part.get_filename(), part.get_content_type(), content)
    return found


def _upload(server: Server, organization: Organization, request: Request) -> Answer:
    _, mime_type, content = request.form["file"]
    if server.upload_fault:
        errors = [{"pointer": "/file", "detail": server.upload_fault}]
        return refused(Problem("payload_invalid", "The request is not as documented.", errors=errors))
    media_id = f"upload-{len(server.contents)}"
    server.contents[media_id] = (mime_type, content)
    channel = request.form["channel"][2].decode() if "channel" in request.form else organization.channels[0]
    told = {"id": media_id, "channel": channel, "mime_type": mime_type, "size_bytes": len(content)}
    return 201, {**told, "expires_at": rfc3339(now_ms() + 86_400_000)}


def _send_message(server: Server, organization: Organization, request: Request, by: Member) -> Answer | None:
    key = request.headers["idempotency-key"]
    if key in server.replayed:
        return server.replayed[key]
    step = server.script.pop(0) if server.script else None
    answer = organization.send(request.body or {}, None if step == "lost" else step, by.author)
    server.replayed[key] = answer
    return None if step == "lost" else answer


def _import(server: Server, organization: Organization, request: Request, by: Member) -> Answer | None:
    step = server.import_script.pop(0) if server.import_script else None
    answer = import_people(organization, request.body or {}, by)
    return None if step == "lost" else answer


def add_every_kind(server: Server, person: str | None = None) -> None:
    """The people of all rows of ``message_rows``, or one of them, through a system in memory."""
    import_module("tests.conftest")  # its AWS cannot be the real one
    people, systems = import_module("tests.support.row_people"), import_module("tests.support.system")
    rows = [row for row in people.ROWS if person in (None, row.person)]
    with (
        TemporaryDirectory() as folder,
        redirect_stdout(StringIO()),  # the functions' metrics
        systems.system(Path(folder), in_memory=True) as gate24,
    ):
        people.add_people(server, server.organizations["demo"], people.conversations(gate24, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5170)
    parser.add_argument("--contacts", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=0.0)
    options = parser.parse_args()
    server = Server({"demo": demo(options.contacts), "reader": demo(200, scopes=("read",))}, options.latency)
    add_every_kind(server)
    server.start(options.port)
    print(f"{server.url}/console  keys: demo, reader")
    threading.Event().wait()


if __name__ == "__main__":
    main()
