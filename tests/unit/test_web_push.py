"""What push services are shown: tokens that any library can check, whatever the numbers of their signature."""

import json
from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gate24.rules.web_push import application_server_key, device_name, push_headers, signed_token, unsigned_token

NUMBERS = st.integers(1, 2**256 - 1) | st.integers(1, 2**16)
ENDPOINT = "https://fcm.example.org:8443/send/abc?x=1"


def part(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@given(r=NUMBERS, s=NUMBERS)
def test_a_signature_has_its_two_numbers_of_32_bytes_each(r: int, s: int) -> None:
    unsigned, _, signature = signed_token("a.b", encode_dss_signature(r, s)).rpartition(".")
    found = part(signature)
    assert (unsigned, len(found)) == ("a.b", 64)
    assert (int.from_bytes(found[:32], "big"), int.from_bytes(found[32:], "big")) == (r, s)


def test_a_token_is_for_the_origin_alone() -> None:
    head, claims = (json.loads(part(each)) for each in unsigned_token(ENDPOINT, "mailto:a@example.org", 7).split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    assert claims == {"aud": "https://fcm.example.org:8443", "exp": 7, "sub": "mailto:a@example.org"}


def test_a_browser_subscribes_with_the_point_of_the_key() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    given_key = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert part(application_server_key(given_key)) == public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    other = ec.generate_private_key(ec.SECP256K1()).public_key()
    of_another_curve = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for wrong in (b"", given_key[:-1], b"\x30\x0a", of_another_curve):
        with pytest.raises(ValueError, match="P-256"):
            application_server_key(wrong)


@pytest.mark.parametrize(("seconds", "told"), [(3600, "3600"), (0, "0"), (-5, "0")])
def test_a_push_is_of_use_until_the_window_closes(seconds: int, told: str) -> None:
    assert push_headers("t", "k", seconds)["TTL"] == told


def test_a_browser_is_known_by_a_hash() -> None:
    assert len(device_name(ENDPOINT)) == 32
    assert "fcm" not in device_name(ENDPOINT)
