"""Every wrong value of every option of ``organization``, ``channel`` and ``secret``: the sentence that says so, exit
status 2, and nothing written."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from gate24.rules import channel_settings, organization_settings
from gate24.rules.consent import DEFAULT_OPT_IN
from gate24.rules.rate_cards import rate_card_ids
from tests.support.administration import Printed, administered
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, System, system

TOMORROW = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
LONG = "x" * 101
ID = "it has 1 to 64 letters a-z or A-Z, digits, - and _, and begins with a letter or digit, as learning-trust."
CARDS = f"There are: {', '.join(rate_card_ids())}."
NUMBER = "is no phone number of any country, with its country code, as +919876543210 is."
ADDRESS = "is no address of a provider: https, a host and at most a path, as https://api.gupshup.io."
NO_APP = "is no name of an app at Gupshup, which has letters, digits, - and _."
NO_APP_ID = "is no id of an app at Gupshup, which is a UUID and not the app's name."
APP_ID = "3f1d0b8e-6f7e-4b0a-9a55-0c1d2e3f4a5b"
NO_AMOUNT = "is no amount of money of at most 6 decimals, as 250.00 is, or none."
NO_SHARES = "is no list of shares: 1 to 10 whole numbers of percent from 1 to 1000, as 50,80,100 is."
NO_BUDGET = "Without a budget nothing can be refused above it: give monthly_budget, or set refuse_above_budget to off."
NO_NUMBER_ID = "is no phone number ID: Meta's has 5 to 32 digits and is not the number itself."
INR = (
    "The rate card gupshup-2021-02 is in USD, and the organization's currency is INR. "
    "There is no rate from USD to INR of "
)

BUDGET = [
    ("monthly-budget", "", f"'' {NO_AMOUNT}"),
    ("monthly-budget", "-1", f"'-1' {NO_AMOUNT}"),
    ("monthly-budget", "1,000.00", f"'1,000.00' {NO_AMOUNT}"),
    ("monthly-budget", "1e3", f"'1e3' {NO_AMOUNT}"),
    ("monthly-budget", "0.0000001", f"'0.0000001' {NO_AMOUNT}"),
    ("monthly-budget", "1000000000000", f"'1000000000000' {NO_AMOUNT}"),
    ("budget-shares", "", f"'' {NO_SHARES}"),
    ("budget-shares", "0,50", f"'0,50' {NO_SHARES}"),
    ("budget-shares", "50,half", f"'50,half' {NO_SHARES}"),
    ("budget-shares", "1001", f"'1001' {NO_SHARES}"),
    ("budget-shares", "1,2,3,4,5,6,7,8,9,10,11", f"'1,2,3,4,5,6,7,8,9,10,11' {NO_SHARES}"),
    ("refuse-above-budget", "maybe", "'maybe' is neither on nor off."),
    ("refuse-above-budget", "on", NO_BUDGET),
]
"""Of organizations and channels alike."""

GOOD_ORGANIZATION = {"name": "Trust", "timezone": "Asia/Kolkata", "currency": "USD"}
GOOD_GUPSHUP = {"provider": "gupshup", "number": "+919876543217", "app": "NewApp"}
GOOD_META = {"provider": "meta", "number": "+919876543217", "phone-number-id": "100000000000009"}

ORGANIZATION = [
    ("name", "", "A name has 1 to 100 printable characters; this is ''."),
    ("name", "a\x00b", "A name has 1 to 100 printable characters; this is 'a\\x00b'."),
    ("name", LONG, f"A name has 1 to 100 printable characters; this is '{LONG[:100]}...'."),
    ("timezone", "Mars/Base", "'Mars/Base' is no IANA time zone"),
    ("timezone", "asia/kolkata", "'asia/kolkata' is no IANA time zone; Asia/Kolkata is one."),
    ("timezone", "IST", "'IST' is no IANA time zone"),
    ("timezone", "", "'' is no IANA time zone, as Asia/Kolkata is."),
    ("currency", "usd", "'usd' is no currency of ISO 4217, as USD and INR are."),
    ("currency", "XXX", "'XXX' is no currency of ISO 4217, as USD and INR are."),
    ("currency", "", "'' is no currency of ISO 4217, as USD and INR are."),
    ("retention-days", "29", "'29' is no whole number of days from 30 to 36500, or forever."),
    ("retention-days", "never", "'never' is no whole number of days from 30 to 36500, or forever."),
    ("closing-digest-minutes", "14", "'14' is no whole number of minutes from 15 to 600, or off."),
    ("opt-out-keywords", "STOP,", "The keyword '' has no letter, digit or symbol, so no message can match it."),
    ("opt-out-keywords", "x" * 201, f"The keyword that begins with {'x' * 20!r} has more than 200 characters."),
    ("opt-in-keywords", "START,", "The keyword '' has no letter, digit or symbol, so no message can match it."),
    ("opt-in-keywords", "stop", "'stop' opts in and out; it can do one of them."),
    ("sends-at-once", "0", "'0' is no whole number of sends from 1 to 100000."),
    ("sends-at-once", "1.5", "'1.5' is no whole number of sends from 1 to 100000."),
    ("closing-soon-minutes", "1440", "'1440' is no whole number of minutes from 1 to 1439."),
    ("closing-soon-minutes", "-1", "'-1' is no whole number of minutes from 1 to 1439."),
    *BUDGET,
]

TO_AN_ORGANIZATION = [
    ("add-opt-out-keywords", "halt,", "The keyword '' has no letter, digit or symbol, so no message can match it."),
    ("add-opt-out-keywords", "start", "'start' opts in and out; it can do one of them."),
    ("remove-opt-out-keywords", "halt", "There is no keyword 'halt' to remove."),
    ("add-opt-in-keywords", "stop", "'stop' opts in and out; it can do one of them."),
    ("remove-opt-in-keywords", ",".join(sorted(DEFAULT_OPT_IN)), "At least one keyword has to stay."),
]
"""Of ``set`` alone."""

CHANNEL = [
    ("provider", "twilio", "'twilio' is none of: gupshup, meta."),
    ("provider", "", "'' is none of: gupshup, meta."),
    ("number", "12", f"'12' {NUMBER}"),
    ("number", "9876543210", f"'9876543210' {NUMBER}"),
    ("number", "+91 98765", f"'+91 98765' {NUMBER}"),
    ("number", "none", f"'none' {NUMBER}"),
    (
        "number",
        "+919876500001",
        "+919876500001 is used by the channel learning-gupshup already; a number has one channel.",
    ),
    ("app", "My App", f"'My App' {NO_APP}"),
    ("app", "", f"'' {NO_APP}"),
    ("app", "Learning", "Learning is used by the channel learning-gupshup already; a number has one channel."),
    ("app-id", "Learning", f"'Learning' {NO_APP_ID}"),
    ("app-id", "", f"'' {NO_APP_ID}"),
    ("phone-number-id", "1", "A channel at gupshup has no phone_number_id, which is the phone number ID at Meta."),
    ("api-base", "api.gupshup.io", f"'api.gupshup.io' {ADDRESS}"),
    ("api-base", "http://api.gupshup.io", f"'http://api.gupshup.io' {ADDRESS}"),
    ("api-base", "https://", f"'https://' {ADDRESS}"),
    ("api-base", "https://x.example.org:99999", f"'https://x.example.org:99999' {ADDRESS}"),
    ("api-base", "https://x.example.org/?a=b", f"'https://x.example.org/?a=b' {ADDRESS}"),
    ("api-base", "https://me:pass@x.example.org", f"'https://me:pass@x.example.org' {ADDRESS}"),
    ("rate-card", "gupshup-1999", f"There is no rate card 'gupshup-1999'. {CARDS}"),
    ("rate-card", "", f"There is no rate card ''. {CARDS}"),
    ("rate-card", "../secrets", f"There is no rate card '../secrets'. {CARDS}"),
    ("rate-card", "gupshup-2021-02:soon", "'soon' is no day from which a rate card holds, as 2026-10-01 is."),
    ("rate-card", "gupshup-2021-02:", "'' is no day from which a rate card holds, as 2026-10-01 is."),
    (
        *("rate-card", "gupshup-2021-02:2021-01-31"),
        "The rate card gupshup-2021-02 holds from 2021-02-01 on, not from 2021-01-31.",
    ),
    (
        *("rate-card", f"gupshup-2021-02:{TOMORROW}"),
        f"{TOMORROW} is to come; give the rate card that holds until then, too.",
    ),
    ("margin-seconds", "-1", "'-1' is no whole number of seconds from 0 to 3600."),
    ("margin-seconds", "3601", "'3601' is no whole number of seconds from 0 to 3600."),
    ("messages-per-second", "0", "'0' is no whole number of messages from 1 to 1000."),
    ("messages-per-second", "fast", "'fast' is no whole number of messages from 1 to 1000."),
    ("pair-limit", "maybe", "'maybe' is neither on nor off."),
    ("unsupported-opens", "", "'' is neither on nor off."),
    ("reactions-open", "2", "'2' is neither on nor off."),
    *BUDGET,
]

META_CHANNEL = [
    ("phone-number-id", "+919876543217", f"'+919876543217' {NO_NUMBER_ID}"),
    ("phone-number-id", "", f"'' {NO_NUMBER_ID}"),
    ("phone-number-id", META_NUMBER, f"{META_NUMBER} is used by the channel learning-meta already"),
    (
        "number",
        "+919876500002",
        "+919876500002 is used by the channel learning-meta already; a number has one channel.",
    ),
    ("app", "NewApp", "A channel at meta has no app, which is the name of the app at Gupshup."),
    ("app-id", "17", "'17' is no id of an app at Gupshup"),
    ("app-id", APP_ID, "A channel at meta has no app_id, which is the id of the app at Gupshup."),
]

IDS = ["", "two words", "-a", "a/b", "a#b", "a[0]", "a.b", "ä", "x" * 65]


def options(given: dict[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in given.items()]


def without(given: dict[str, str], name: str) -> dict[str, str]:
    return {each: value for each, value in given.items() if each != name}


def organization(given: dict[str, str], name: str = "new") -> list[str]:
    return ["organization", "create", *options(given), "--", name]


def channel(given: dict[str, str], name: str = "new", of: str = ORG) -> list[str]:
    return ["channel", "create", f"--organization={of}", *options(given), "--", name]


ROWS: list[tuple[list[str], str]] = [
    *((organization({**GOOD_ORGANIZATION, name: value}), f"--{name}: {said}") for name, value, said in ORGANIZATION),
    *((organization(GOOD_ORGANIZATION, name), f"{name!r} cannot be the id of an organization: {ID}") for name in IDS),
    (organization(GOOD_ORGANIZATION, ORG), "There is an organization learning already."),
    (organization(without(GOOD_ORGANIZATION, "name")), "--name: The name that staff see is missing."),
    (organization(without(GOOD_ORGANIZATION, "timezone")), "--timezone: The IANA time zone by which"),
    (
        organization(without(GOOD_ORGANIZATION, "currency")),
        "--currency: The currency of its costs (ISO 4217) is missing.",
    ),
    (["organization", "show", "nobody"], "There is no organization nobody."),
    (["organization", "set", "nobody", "--name=N"], "There is no organization nobody."),
    (["organization", "set", ORG], "Give at least one setting."),
    (
        ["organization", "set", ORG, "--timezone=UTC"],
        "--timezone: The time zone of an organization that has a channel stays",
    ),
    (
        ["organization", "set", ORG, "--currency=INR"],
        "--currency: The currency of an organization that has a channel stays",
    ),
    *((["organization", "set", ORG, f"--{name}={value}"], f"--{name}: {said}") for name, value, said in ORGANIZATION),
    *((["organization", "set", ORG, f"--{name}={value}"], said) for name, value, said in TO_AN_ORGANIZATION),
    (
        ["organization", "set", ORG, "--opt-out-keywords=halt", "--add-opt-out-keywords=no"],
        "--add-opt-out-keywords: Give either opt_out_keywords, which replaces the list, or a change to it.",
    ),
    *((channel({**GOOD_GUPSHUP, name: value}), f"--{name}: {said}") for name, value, said in CHANNEL),
    *((channel({**GOOD_META, name: value}), f"--{name}: {said}") for name, value, said in META_CHANNEL),
    *((channel(GOOD_GUPSHUP, name), f"{name!r} cannot be the id of a channel: {ID}") for name in IDS),
    (channel(GOOD_GUPSHUP, GUPSHUP), "There is a channel learning-gupshup already."),
    (channel(GOOD_GUPSHUP, of="nobody"), "There is no organization nobody."),
    (channel(GOOD_GUPSHUP, of="rupees"), f"--rate-card: {INR}"),
    (channel(without(GOOD_GUPSHUP, "provider")), "--provider: The provider: gupshup or meta is missing."),
    (channel(without(GOOD_GUPSHUP, "number")), "--number: The business number with its country code is missing."),
    (channel(without(GOOD_GUPSHUP, "app")), "--app: A channel at gupshup needs app: the name of the app at Gupshup."),
    (
        channel(without(GOOD_META, "phone-number-id")),
        "--phone-number-id: A channel at meta needs phone_number_id: the phone number ID at Meta.",
    ),
    (
        [*channel(GOOD_GUPSHUP)[:-2], *["--rate-card=gupshup-2021-02"] * 2, "new"],
        "--rate-card: Two rate cards hold from 2021-02-01 on; say of one of them from which day it holds",
    ),
    (["channel", "list", "--organization", "nobody"], "There is no organization nobody."),
    (["channel", "show", "nothing"], "There is no channel nothing."),
    (["channel", "set", "nothing", "--app=A"], "There is no channel nothing."),
    (["channel", "set", GUPSHUP], "Give at least one setting."),
    (["channel", "set", GUPSHUP, "--provider=meta"], "No such option: --provider"),
    (
        ["channel", "set", GUPSHUP, "--number=+919876500003"],
        "+919876500003 is used by the channel health-gupshup already",
    ),
    (["channel", "set", META, "--app=A"], "--app: A channel at meta has no app"),
    *(
        (["channel", "set", GUPSHUP, f"--{name}={value}"], f"--{name}: {said}")
        for name, value, said in CHANNEL
        if name not in ("provider",) and "learning-gupshup" not in said  # its own number may be said again
    ),
    (["organization", "delete", "nobody", "--yes"], "There is no organization nobody."),
    (
        ["organization", "delete", ORG],
        "with its channels (learning-gupshup, learning-meta), all people",
    ),
    (["channel", "delete", "nothing", "--yes"], "There is no channel nothing."),
    (["channel", "delete", GUPSHUP], "and its 1 templates. Say --yes."),
    (["secret", "set", "nothing", "api-key"], "There is no channel nothing."),
    (["secret", "set", GUPSHUP, "password"], "'password' is not one of"),
    (["secret", "set", GUPSHUP, "api-key", "--add"], "A channel has one api-key: a new one takes its place at once."),
    (
        ["secret", "set", GUPSHUP, "app-secret"],
        "A channel at gupshup has no app-secret; it has: api-key, webhook-token.",
    ),
    (["secret", "set", META, "webhook-token"], "A channel at meta has no webhook-token; it has: api-key, app-secret"),
]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("administer-wrongly")
    with system(folder, simulate=False, in_memory=True) as made, administered(made):
        from gate24.usecases.administer_organizations import create_organization

        create_organization("rupees", {**GOOD_ORGANIZATION, "currency": "INR"})
        yield made


def everything(gate24: System) -> object:
    names = [each["Name"] for each in boto3.client("secretsmanager").list_secrets(MaxResults=100)["SecretList"]]
    return gate24.items(), sorted(names)


@pytest.mark.parametrize(
    ("arguments", "sentence"), ROWS, ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else ""
)
def test_what_is_asked_wrongly_is_said_in_a_sentence_and_nothing_is_written(
    deployed: System,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a-good-secret\n"))
    before = everything(deployed)
    printed = Printed(capsys, *arguments)
    assert (printed.status, printed.out) == (2, "")
    assert sentence in printed.err
    assert everything(deployed) == before


SECRETS = [
    ("", "The webhook-token is empty or has a space or a character that is not ASCII."),
    ("two words", "The webhook-token is empty or has a space or a character that is not ASCII."),
    ("geheimnis-ä", "The webhook-token is empty or has a space or a character that is not ASCII."),
    ("short", "The webhook-token has fewer than 8 characters and could be guessed."),
]


@pytest.mark.parametrize(("given", "sentence"), SECRETS)
def test_a_secret_that_cannot_be_one_is_refused_and_never_printed(
    deployed: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: str, sentence: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{given}\n"))
    printed = Printed(capsys, "secret", "set", GUPSHUP, "webhook-token")
    assert (printed.status, printed.err) == (2, f"gate24: {sentence}\n")


def test_all_that_is_wrong_is_said_at_once(deployed: System, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"name": "", "timezone": "Mars/Base", "currency": "usd"}
    lines = Printed(capsys, *organization(wrong, "two words")).err.splitlines()
    assert [line.split("'")[0].strip(" :") for line in lines] == [
        "gate24",
        "--name: A name has 1 to 100 printable characters; this is",
        "--timezone",
        "--currency",
    ]


def test_every_option_has_a_row_with_a_wrong_value() -> None:
    for table, rows in (
        (organization_settings.SETTINGS, ORGANIZATION),
        (organization_settings.KEYWORD_CHANGES, TO_AN_ORGANIZATION),
        (channel_settings.SETTINGS, CHANNEL + META_CHANNEL),
    ):
        assert {(row.option or row.name).replace("_", "-") for row in table} == {name for name, _, _ in rows}
