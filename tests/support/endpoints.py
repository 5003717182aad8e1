"""Endpoints on this machine that misbehave as they are told, with TLS where they have a certificate."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Behaviour = Callable[[socket.socket], None]


class Server:
    """Takes connections, keeps what it is sent, and does with each what it is told. ``begins``: before that each
    connection waits for it, TLS too."""

    def __init__(
        self, behave: Behaviour, tls: ssl.SSLContext | None = None, begins: threading.Event | None = None
    ) -> None:
        self._begins = begins
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.requests: list[bytes] = []
        self._behave, self._tls = behave, tls
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._open.append(connection)
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._begins is not None:
                self._begins.wait()
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            request = connection.recv(65_536)
            while request.startswith(b"POST") and not _is_whole(request):
                request += connection.recv(65_536)
            self.requests.append(request)
            self._behave(connection)
            connection.close()

    def close(self) -> None:
        self._listening.close()
        for each in self._open:
            each.close()


def _is_whole(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return length is not None and len(body) == int(length[1])


@contextmanager
def serving(
    behave: Behaviour, tls: ssl.SSLContext | None = None, begins: threading.Event | None = None
) -> Iterator[Server]:
    server = Server(behave, tls, begins)
    try:
        yield server
    finally:
        server.close()


def says(raw: bytes) -> Behaviour:
    return lambda connection: connection.sendall(raw)


def drips(raw: bytes, stop: threading.Event, seconds: float = 0.02) -> Behaviour:
    """A byte now and then, for ever."""

    def behave(connection: socket.socket) -> None:
        for number in range(len(raw) + 100_000):
            connection.sendall(raw[number : number + 1] or b"x")
            if stop.wait(seconds):
                return

    return behave


class Authority:
    """Signs certificates; ``file`` is its own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = self._builder(self._name, self._key, 1).add_extension(constraints, critical=True)
        made = made.add_extension(usage, critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def self_signed(self) -> ssl.SSLContext:
        """A server whose certificate nobody else has signed."""
        file = self._folder / "self-signed.pem"
        file.write_bytes(_private(self._key) + self.file.read_bytes())
        return _serving_with(file)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=days))
        )

    def server(self, host: str, days: int = 1) -> ssl.SSLContext:
        """A server with a certificate for the host, valid for so many days more."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        made = self._builder(subject, key, days).add_extension(names, critical=False)
        made = made.add_extension(issuer, critical=False)
        file = self._folder / f"{host}-{days}.pem"
        signed = made.sign(self._key, hashes.SHA256())
        file.write_bytes(_private(key) + signed.public_bytes(serialization.Encoding.PEM))
        return _serving_with(file)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _serving_with(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
