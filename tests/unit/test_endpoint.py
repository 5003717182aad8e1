"""A call of an organization's endpoint goes to the address that was judged, ends in time, and says what came of it."""

import json
import socket
import ssl
import threading
from contextlib import suppress

import pytest

from gate24.providers import endpoint
from gate24.providers.endpoint import EndpointAnswer, call, fault_of
from tests.support.endpoints import OK, Authority, drips, says, serving

PUBLIC = "8.8.8.8"
BODY = b'{"a":1}'


def post(url: str, seconds: float = 5.0, **more: object) -> EndpointAnswer:
    return call(url, {"webhook-id": "evt_1"}, BODY, True, seconds, **more)  # type: ignore[arg-type]


def test_the_body_goes_out_byte_for_byte_with_its_headers() -> None:
    with serving(says(OK)) as server:
        answer = post(f"http://127.0.0.1:{server.port}/hook?a=b")
        assert (answer.status, answer.detail, answer.is_success) == (200, "ok", True)
        (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == BODY
    assert head.startswith(b"POST /hook?a=b HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}".encode() in head and b"webhook-id: evt_1" in head


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Temporary Redirect", b"308 Permanent Redirect"])
def test_no_redirect_is_followed(status: bytes) -> None:
    with serving(says(OK)) as inside:
        where = f"http://127.0.0.1:{inside.port}/secret".encode()
        redirect = b"HTTP/1.1 " + status + b"\r\nLocation: " + where + b"\r\nContent-Length: 0\r\n\r\n"
        with serving(says(redirect)) as server:
            answer = post(f"http://127.0.0.1:{server.port}/")
        assert answer.status == int(status[:3]) and not answer.is_success
        assert answer.detail.startswith("The endpoint redirects")
        assert inside.requests == []


def test_of_ten_megabytes_only_the_start_is_read() -> None:
    size = 10 * 2**20
    sent: list[int] = []

    def behave(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: " + str(size).encode() + b"\r\n\r\n")
        with suppress(OSError):
            for _ in range(size // 65_536):
                sent.append(connection.send(b"x" * 65_536))

    with serving(behave) as server:
        answer = post(f"http://127.0.0.1:{server.port}/")
    assert (answer.status, len(answer.detail)) == (200, endpoint.ANSWER_BYTES)


def test_a_head_that_drips_is_ended() -> None:
    stop = threading.Event()
    with serving(drips(b"HTTP/1.1 200 OK\r\n", stop)) as server:
        answer = post(f"http://127.0.0.1:{server.port}/", seconds=0.5)
        stop.set()
    assert answer.status is None
    assert "did not answer within" in answer.detail


def test_a_body_that_drips_after_its_status_counts_as_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "ANSWER_SECONDS", 0.3)
    stop = threading.Event()

    def behave(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        drips(b"", stop)(connection)

    with serving(behave) as server:
        answer = post(f"http://127.0.0.1:{server.port}/")
        stop.set()
    assert answer.status == 200


def test_an_endpoint_that_says_nothing_is_given_up() -> None:
    wait = threading.Event()

    def behave(_: socket.socket) -> None:
        wait.wait(10)

    with serving(behave) as server:
        answer = post(f"http://127.0.0.1:{server.port}/", seconds=0.3)
        wait.set()
    assert (answer.status, answer.is_success) == (None, False)


def test_a_name_that_takes_for_ever_to_resolve_is_given_up() -> None:
    wait = threading.Event()

    def resolves(host: str, port: int) -> list[str]:
        wait.wait(10)
        return ["127.0.0.1"]

    answer = post("https://bot.example.org/", seconds=0.2, resolver=resolves)
    wait.set()
    assert answer.status is None and "did not answer within" in answer.detail


@pytest.mark.parametrize("header", [b"X: " + b"x" * 100_000, b"X: x\r\n" * 1_000])
def test_a_head_without_end_is_a_failed_attempt_in_words(header: bytes) -> None:
    with serving(says(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n\r\n")) as server:
        answer = post(f"http://127.0.0.1:{server.port}/")
    assert (answer.status, answer.detail) == (None, "The head of the endpoint's answer is too long.")


@pytest.mark.parametrize("raw", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
def test_what_is_no_http_is_a_failed_attempt(raw: bytes) -> None:
    with serving(says(raw)) as server:
        answer = post(f"http://127.0.0.1:{server.port}/")
    assert answer.status is None
    assert answer.detail == "The endpoint ended the connection without a whole answer."


def test_a_closed_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/").detail == "The endpoint takes no connection on this port."


# Names


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a connection was made to; none is made."""
    made: list[str] = []

    def create(address: tuple[str, int], timeout: float) -> socket.socket:
        made.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create)
    return made


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1"])
def test_a_name_that_leads_inside_is_not_called(address: str, connections: list[str]) -> None:
    answer = call("https://bot.example.org/", {}, b"", False, resolver=lambda *_: [address])
    assert answer.status is None and "not an address of the internet" in answer.detail
    assert connections == []


def test_a_name_with_one_address_inside_among_others_is_not_called(connections: list[str]) -> None:
    answer = call("https://bot.example.org/", {}, b"", False, resolver=lambda *_: [PUBLIC, "10.0.0.1"])
    assert answer.status is None and connections == []


def test_a_name_that_changes_between_check_and_use_gains_nothing(connections: list[str]) -> None:
    said = iter([[PUBLIC], ["169.254.169.254"], ["169.254.169.254"]])
    asked: list[str] = []

    def resolves(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(said)

    call("https://bot.example.org/", {}, b"", False, resolver=resolves)
    assert asked == ["bot.example.org"]  # once
    assert connections == [PUBLIC]


def test_all_judged_addresses_are_tried(connections: list[str]) -> None:
    call("https://bot.example.org/", {}, b"", False, resolver=lambda *_: [PUBLIC, "1.1.1.1"])
    assert connections == [PUBLIC, "1.1.1.1"]


def test_a_url_that_was_stored_is_judged_again(connections: list[str]) -> None:
    answer = call("http://127.0.0.1/", {}, b"", False)
    assert answer.status is None and "must begin with https" in answer.detail
    assert connections == []


def test_what_a_name_leads_to_is_said_when_the_webhook_is_made() -> None:
    assert fault_of("https://bot.example.org/", False, resolver=lambda *_: [PUBLIC]) is None
    assert fault_of("https://bot.example.org/", False, resolver=lambda *_: ["10.0.0.1"])

    def unknown(*_: object) -> list[str]:
        raise socket.gaierror

    assert fault_of("https://bot.example.org/", False, resolver=unknown) is None  # judged at each call anyway


def test_no_answer_names_an_address() -> None:
    answer = call("https://bot.example.org/", {}, b"", False, resolver=lambda *_: ["10.1.2.3"])
    assert "10.1.2.3" not in answer.detail


# Certificates


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def trusted(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    """The system's authorities are this one."""
    context = ssl.create_default_context(cafile=str(authority.file))
    monkeypatch.setattr(endpoint, "_tls", lambda: context)


def to_this_machine(*_: object) -> list[str]:
    return ["127.0.0.1"]


def test_the_certificate_is_checked_against_the_name_and_the_name_is_asked_for(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted(monkeypatch, authority)
    tls, asked = authority.server("bot.example.org"), list[str | None]()
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    with serving(says(OK), tls) as server:
        answer = post(f"https://bot.example.org:{server.port}/", resolver=to_this_machine)
        assert answer.status == 200, answer.detail
        assert f"Host: bot.example.org:{server.port}".encode() in server.requests[0]
    assert asked == ["bot.example.org"]


@pytest.mark.parametrize(
    ("host", "days", "is_trusted", "words"),
    [
        ("other.example.org", 1, True, "Hostname mismatch"),
        ("bot.example.org", -1, True, "certificate has expired"),
        ("bot.example.org", 1, False, "unable to get local issuer certificate"),
    ],
)
def test_a_wrong_certificate_is_a_failed_attempt_in_words(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, host: str, days: int, is_trusted: bool, words: str
) -> None:
    endpoint._tls.cache_clear()
    if is_trusted:
        trusted(monkeypatch, authority)
    with serving(says(OK), authority.server(host, days)) as server:
        answer = post(f"https://bot.example.org:{server.port}/", resolver=to_this_machine)
        assert server.requests == []
    assert answer.status is None
    assert answer.detail.startswith("The certificate is not valid: ") and words in answer.detail


def test_plain_http_behind_an_https_url_is_said() -> None:
    with serving(says(OK)) as server:
        answer = post(f"https://bot.example.org:{server.port}/", resolver=to_this_machine)
    assert answer.detail == "No encrypted connection could be made (TLS)."


def test_answers_can_be_written_as_json() -> None:
    with serving(says(b"HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\n\xff\xfe\x00")) as server:
        answer = post(f"http://127.0.0.1:{server.port}/")
    assert answer.status == 500
    json.dumps(answer.detail).encode()
