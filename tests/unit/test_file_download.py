"""A download ends when its time is over, whatever the name, the host or the encryption does."""

import socket
import ssl
import threading
from collections.abc import Iterator
from io import BytesIO

import pytest

from gate24.providers import file_download
from gate24.providers.file_download import Downloaded, NotDownloaded, TooLarge, download
from tests.support.endpoints import Authority, drips, says, serving

FILE = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\nfile"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def freed() -> Iterator[threading.Event]:
    """Set once a download hangs: what holds it back then lets go, and the test fails."""
    event = threading.Event()
    watch = threading.Timer(30, event.set)
    watch.daemon = True
    watch.start()
    yield event
    watch.cancel()
    event.set()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def only_the_end_of_the_whole(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    """No read fails by itself, and the system's authorities are the tests' own."""
    context = ssl.create_default_context(cafile=str(authority.file))
    monkeypatch.setattr(file_download, "READ_SECONDS", 3600.0)
    monkeypatch.setattr(file_download, "_tls", lambda: context)


def got(url: str, seconds: float = 30.0, limit: int = 100) -> tuple[Downloaded, bytes]:
    file = BytesIO()
    return download(url, file, limit, seconds, True), file.getvalue()


def test_a_file_comes_over_tls_where_a_redirect_leads(authority: Authority) -> None:
    with serving(says(FILE), authority.server("localhost")) as server:
        where = f"https://localhost:{server.port}/roof.png?size=1"
        with serving(says(MOVED % where.encode())) as first:
            assert got(f"http://127.0.0.1:{first.port}/") == (Downloaded(200, 4, "image/png"), b"file")
        assert server.requests[0].startswith(b"GET /roof.png?size=1 HTTP/1.1\r\n")


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    with serving(says(FILE), authority.server("other.example.org")) as server:
        with pytest.raises(NotDownloaded, match="SSLCertVerificationError"):
            got(f"https://localhost:{server.port}/")
        assert server.requests == []


@pytest.mark.parametrize(
    "raw",
    [FILE, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfile\r\n0\r\n\r\n"],
    ids=["of a told length", "in chunks"],
)
def test_a_file_over_the_limit_is_not_taken(raw: bytes) -> None:
    with serving(says(raw)) as server:
        assert got(f"http://127.0.0.1:{server.port}/", limit=4)[1] == b"file"
        with pytest.raises(TooLarge):
            got(f"http://127.0.0.1:{server.port}/", limit=3)


def test_a_file_shorter_than_it_was_told_is_not_downloaded() -> None:
    with serving(says(FILE[:-1])) as server, pytest.raises(NotDownloaded):
        got(f"http://127.0.0.1:{server.port}/")


def test_a_handshake_without_end_is_ended(authority: Authority, freed: threading.Event) -> None:
    with serving(drips(FILE, freed), authority.server("localhost"), begins=freed) as server:
        with pytest.raises(NotDownloaded):
            got(f"https://localhost:{server.port}/", seconds=0.5)
        assert not freed.is_set()


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["the head", "a body of a told length", "a body of any length"],
)
@pytest.mark.parametrize("is_encrypted", [True, False], ids=["https", "http"])
def test_what_drips_is_ended(head: bytes, is_encrypted: bool, authority: Authority, freed: threading.Event) -> None:
    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        drips(b"", freed)(connection)

    tls = authority.server("localhost") if is_encrypted else None
    with serving(behave, tls) as server:
        with pytest.raises(NotDownloaded):
            got(f"http{'s' if is_encrypted else ''}://localhost:{server.port}/", seconds=0.5, limit=100_000)
        assert not freed.is_set()


def test_a_name_that_takes_for_ever_to_resolve_is_given_up(
    freed: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looks_up(*_: object, **__: object) -> list[object]:
        freed.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", looks_up)
    with pytest.raises(NotDownloaded):
        got("https://files.example.org/", seconds=0.2)
    assert not freed.is_set()


def test_a_name_of_many_addresses_that_take_no_connection_is_given_up(
    freed: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connects(_: tuple[str, int], timeout: float) -> socket.socket:
        freed.wait(timeout)
        raise TimeoutError

    monkeypatch.setattr(file_download, "allowed_addresses", lambda *_: ["127.0.0.1"] * 1_000)
    monkeypatch.setattr(socket, "create_connection", connects)
    with pytest.raises(NotDownloaded):
        got("https://files.example.org/", seconds=0.3)
    assert not freed.is_set()


def test_redirects_share_one_end(authority: Authority, freed: threading.Event) -> None:
    """The socket of the first address is closed by then; the second's is held in its place."""
    with serving(drips(b"", freed), authority.server("localhost")) as server:
        where = f"https://localhost:{server.port}/"
        with serving(says(MOVED % where.encode())) as first, pytest.raises(NotDownloaded):
            got(f"http://127.0.0.1:{first.port}/", seconds=0.5)
        assert not freed.is_set()
