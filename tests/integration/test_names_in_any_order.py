"""Whatever happens to names, in whatever order, the index finds exactly those whom a look at everybody finds."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate24.rules.names import is_named, name_words, query_words
from gate24.store import contact_search, keys
from gate24.usecases.make_api_key import create_api_key
from tests.support import bodies
from tests.support.scene import MINUTE, now, post_webhook, standing_clock
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, System, system

PHONES = [f"9198765432{number}" for number in range(10, 15)]
NAMES = ["Asha", "Ashok Rao", "José Núñez", "Jo", "किरण देवी", "कि", "রাহুল", "محمد علي", "O'Neil-Rao", "✨", "王小明"]
PREFIXES = [
    "a",
    "as",
    "asha",
    "ra",
    "rao o",
    "jose n",
    "jo",
    "nuñ",
    "कि",
    "दे कि",
    "রা",
    "محم",
    "o",
    "王",
    "rao ash",
    "z",
]

Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["writes", "erased", "imported", "moves", "hides the number", "shows both"]),
        st.integers(0, len(PHONES) - 1),
        st.integers(0, len(NAMES) - 1),
    ),
    min_size=1,
    max_size=10,
)


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("names"), simulate=False, in_memory=True) as made:
        yield made


def happens(gate24: System, key: str, step: Step, number: int, at: int) -> None:
    kind, who, which = step
    phone, name = PHONES[who], NAMES[which]
    if kind == "writes":
        text = {"text": "Hello"}
        post_webhook(gate24, GUPSHUP, bodies.gupshup_message("text", text, f"w.{number}.{at}", phone, at, name))
    elif kind == "erased":
        assert gate24.http("DELETE", f"/v1/contacts/{quote(f'+{phone}')}").status in (204, 404)
    elif kind == "imported":
        path = f"/v1/admin/organizations/{ORG}/contacts/import"
        others = "\n".join(f'+{each},"{name}"' for each in PHONES[who:])
        assert gate24.http("POST", path, {"csv": f"phone,name\n{others}"}, key=key).status == 200
    elif kind == "moves":
        to = PHONES[(who + 1 + which) % len(PHONES)]
        if to != phone:
            post_webhook(gate24, META, bodies.meta_number_change(phone, to, at, META_NUMBER))
    else:
        user_id, shown = f"IN.{who}234567890123456", None if kind == "hides the number" else phone
        said = bodies.message("text", {"body": "Hello"}, f"m.{number}.{at}", shown, at // 1000 * 1000, user_id=user_id)
        value = {"contacts": [bodies.profile(name, shown, user_id)], "messages": [said]}
        post_webhook(gate24, META, bodies.meta(bodies.change("messages", value, META_NUMBER)))


def everybody(gate24: System, q: str = "", limit: int = 2) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    cursor = ""
    while True:
        page = gate24.http("GET", f"/v1/contacts?limit={limit}&q={quote(q)}{cursor}").json
        found += [(each["phone"] or each["user_id"], each["name"]) for each in page["data"]]
        if page["next_cursor"] is None:
            return sorted(found, key=str)
        cursor = f"&cursor={quote(page['next_cursor'])}"


@settings(deadline=None)
@given(steps=STEPS, most=st.sampled_from([0, 1, 50]))
def test_the_index_finds_whom_a_look_at_everybody_finds(gate24: System, steps: list[Step], most: int) -> None:
    """``GET /v1/contacts?q=`` finds people by how the words of their names begin, any script; an erasure removes the
    words."""
    for item in gate24.items():
        if item["pk"]["S"].startswith(("C#", "E#", "X#")):
            gate24.dynamodb.delete_item(TableName=gate24.table, Key={"pk": item["pk"], "sk": item["sk"]})
    key = create_api_key("", "portal", ["admin"], None, now()).secret
    start = now() - 60 * MINUTE
    with pytest.MonkeyPatch.context() as patch, standing_clock(start) as clock:
        patch.setattr(contact_search, "_SORTED_MOST", most)
        for number, step in enumerate(steps):
            clock[0] = start + number * MINUTE
            happens(gate24, key, step, number, clock[0])
        people = everybody(gate24)
        for q in PREFIXES:
            scanned = [each for each in people if is_named(name_words(each[1] or ""), query_words(q))]
            assert everybody(gate24, q) == scanned, q
        words = [item for item in gate24.items() if item["sk"]["S"].startswith(keys.NAME_WORD)]
        assert sorted(item["h"]["S"].split("#")[0] for item in words) == sorted(
            word for _, name in people for word in name_words(name or "")
        )
