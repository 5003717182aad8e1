"""Bodies that no provider should send: never a 5xx, never half an effect."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.bodies import PHONE_NUMBER_ID, every_body, gupshup, gupshup_text, meta, meta_text, sign
from tests.support.system import APP_SECRET, GUPSHUP, META, META_NUMBER, ORG, TOKEN, System, system

pytestmark = pytest.mark.slow

BODIES = [json.loads(json.dumps(body).replace(PHONE_NUMBER_ID, META_NUMBER)) for body in every_body()]
JUNK: list[Any] = [
    *(None, True, 0, -1, 1e308, 10**30, "", " ", "x" * 70_000, "\ud800", "\u0000", "'; --", "{}", "9" * 400),
    *([], {}, [[]], [None], {"": None}, {"type": "text"}, [{"id": 1}], "wamid.in-1", "text", 1_790_000_000, "1e9"),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("fuzz"), simulate=False, in_memory=True) as made:
        yield made


def post(gate24: System, raw: str) -> tuple[int, int]:
    """The statuses for the same text as a body of Gupshup and of Meta."""
    token = {"X-Webhook-Token": TOKEN}
    signature = {"X-Hub-Signature-256": sign(APP_SECRET, raw.encode("utf-8", "surrogatepass"))}
    return (
        gate24.http("POST", f"/webhooks/gupshup/{GUPSHUP}", raw, token, key=None).status,
        gate24.http("POST", f"/webhooks/meta/{META}", raw, signature, key=None).status,
    )


def parked(gate24: System) -> int:
    attributes = boto3.client("sqs").get_queue_attributes(
        QueueUrl=gate24.queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def half_written(gate24: System) -> list[str]:
    """Messages that moved a window and are in no conversation that is read for its contact: its own, that of the
    contact which it turned out to be, and those that were merged into either."""
    items = gate24.items()
    stored = {(item["pk"]["S"], item["sk"]["S"].rsplit("#", 1)[1]) for item in items if item["sk"]["S"][:2] == "M#"}
    turned_out = {item["pk"]["S"]: f"C#{ORG}#{item['c']['S']}" for item in items if item["sk"]["S"] == "A#ALIAS"}
    merged = {
        item["pk"]["S"]: {f"C#{ORG}#{each}" for each in item["mg"]["SS"]}
        for item in items
        if item["sk"]["S"] == "A#CONTACT" and "mg" in item
    }
    missing = []
    for item in items:
        if item["sk"]["S"].startswith("A#W#") and "rc" in item:
            own = {item["pk"]["S"], turned_out.get(item["pk"]["S"], "")}
            read = own.union(*(merged.get(each, set()) for each in own))
            names = {name.lstrip("r") for name in item["rc"]["M"]}
            missing += [name for name in names if not any((each, name) in stored for each in read)]
    return missing


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a body: its container and its key there."""
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [place for key, below in pairs for place in ((value, key), *nodes(below))]


def mutated(body: Any, chance: random.Random) -> Any:
    body = copy.deepcopy(body)
    for _ in range(chance.choice((1, 1, 2, 4))):
        places = nodes(body)
        if not places:
            break
        container, key = chance.choice(places)
        how = chance.randrange(4)
        if how == 0:
            del container[key]
        elif how == 1:
            container[key] = copy.deepcopy(chance.choice(places)[0])
        elif how == 2:
            container[key] = [container[key]] * chance.choice((1, 3))
        else:
            container[key] = copy.deepcopy(chance.choice(JUNK))
    return body


@given(body=st.sampled_from(BODIES), chance=st.randoms(use_true_random=False))
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_mutated_body_is_stored_or_kept_as_unrecognized(shared: System, body: Any, chance: random.Random) -> None:
    assert post(shared, json.dumps(mutated(body, chance))) == (200, 200)


@given(body=st.sampled_from(BODIES), chance=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_text_is_refused_or_stored(shared: System, body: Any, chance: random.Random) -> None:
    raw = json.dumps(body)
    if chance.random() < 0.5:
        raw = raw[: chance.randrange(len(raw))]
    else:
        where = chance.randrange(len(raw))
        raw = raw[:where] + chance.choice('\x00"{}[],:\\é9') + raw[where + 1 :]
    assert set(post(shared, raw)) <= {200, 400}


def nested(depth: int) -> list[str]:
    text = json.dumps(gupshup("moon-event", "HERE"))
    pairs = (("[", "]"), ('{"a":', "}"))
    return [text.replace('"HERE"', f"{opening * depth}1{closing * depth}") for opening, closing in pairs]


@pytest.mark.parametrize("depth", [50, 300, 900, 3_000, 20_000, 100_000])
def test_a_deeply_nested_body_is_refused_or_kept(shared: System, depth: int) -> None:
    for raw in nested(depth):
        assert set(post(shared, raw)) <= ({200} if depth <= 300 else {200, 400})


@pytest.mark.parametrize(
    "raw",
    ["", " ", "null", "[]", "7", '"text"', "NaN", "{", "{}}", "{'a': 1}", '{"a": Infinity}'],
)
def test_what_is_not_a_json_object_is_refused_and_leaves_nothing(shared: System, raw: str) -> None:
    before = len(shared.items())
    assert post(shared, raw) == (400, 400)
    assert len(shared.items()) == before


def test_three_megabytes_are_taken(shared: System) -> None:
    filler = "ल" * 1_000_000
    for body in (
        gupshup_text(filler, "wamid.big-1"),
        gupshup("moon-event", {"text": filler}),
        meta_text(filler, "wamid.big-2"),
    ):
        raw = json.dumps(body, ensure_ascii=False).replace(PHONE_NUMBER_ID, META_NUMBER)
        assert len(raw.encode()) > 3_000_000
        assert post(shared, raw) == (200, 200)


def test_in_the_end_nothing_was_left_half_written_or_parked(shared: System) -> None:
    assert half_written(shared) == []
    assert parked(shared) == 0
    assert post(shared, json.dumps(meta({"field": "messages", "value": {}}))) == (200, 200)
