"""Stored answers come back as they were, and small."""

import gzip
import json
from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st

from gate24.api import openapi
from gate24.store.packed_text import PackedAttribute, pack_letters, unpack_letters

PACKED = PackedAttribute()


@given(st.text())
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert PACKED.deserialize(PACKED.serialize(text)) == text
    assert unpack_letters(pack_letters(text)) == text


@given(st.text())
def test_what_version_0_1_0_packed_is_read(text: str) -> None:
    assert unpack_letters(b64encode(gzip.compress(text.encode())).decode()) == text


def test_an_answer_takes_less_than_a_third_of_its_length() -> None:
    answers = openapi.examples()["operations"]["sendMessage"]["answers"]["202"]["application/json"]
    text = json.dumps(answers["text"])
    assert len(PACKED.serialize(text)) * 3 < len(text)
