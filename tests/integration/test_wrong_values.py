"""Every parameter of every ``./gate24`` command has a wrong value here with the sentence that it is refused with, or is
named among those that take any text. The commands themselves are walked, so that none is forgotten."""

import io
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from infra.admin.cli import gate24 as command
from infra.admin.command import Group
from tests.integration.test_administer_wrongly import (
    CHANNEL,
    GOOD_GUPSHUP,
    GOOD_META,
    GOOD_ORGANIZATION,
    META_CHANNEL,
    ORGANIZATION,
    TO_AN_ORGANIZATION,
    channel,
    organization,
)
from tests.support.administration import Printed, administered
from tests.support.system import GUPSHUP, META, ORG, System, system

CONTACTS = ["contacts", "import", __file__]
MEMBER = ["member", "add", "asha@example.org", f"--organization={ORG}", "--role=agent"]
KEY = ["key", "create", "--name=bot", "--scopes=read", f"--organization={ORG}"]
RECONCILE = [
    *("costs", "reconcile", "{bill}", "--format=gate24", f"--organization={ORG}"),
    *("--from=2026-11-01", "--to=2026-11-30"),
]
NOBODY = "There is no organization nobody."
NOTHING = "There is no channel nothing."
TAKEN = "already; a number has one channel."

CHANGED_ORGANIZATION = [
    ("timezone", "UTC", "The time zone of an organization that has a channel stays"),
    ("currency", "INR", "The currency of an organization that has a channel stays"),
    ("retention-days", "36501", "'36501' is no whole number of days from 30 to 36500, or forever."),
    ("opt-out-keywords", "start", "'start' opts in and out; it can do one of them."),
    ("sends-at-once", "100001", "'100001' is no whole number of sends from 1 to 100000."),
    ("closing-soon-minutes", "0", "'0' is no whole number of minutes from 1 to 1439."),
]
CHANGED_META = [
    ("number", "12", "'12' is no phone number of any country"),
    ("api-base", "http://graph.facebook.com", "'http://graph.facebook.com' is no address of a provider"),
    ("rate-card", "meta-2026-10-01:2026-09-30", "The rate card meta-2026-10-01 holds from 2026-10-01 on"),
]
CHANGED_GUPSHUP = [
    ("number", "+919876500003", f"+919876500003 is used by the channel health-gupshup {TAKEN}"),
    ("app", "Health", f"Health is used by the channel health-gupshup {TAKEN}"),
    ("margin-seconds", "1.5", "'1.5' is no whole number of seconds from 0 to 3600."),
    ("messages-per-second", "1001", "'1001' is no whole number of messages from 1 to 1000."),
    ("unsupported-opens", "maybe", "'maybe' is neither on nor off."),
]
"""Wrong values of what is there already, beside those of what is created."""

OF_SETTINGS: list[tuple[str, str, list[str], str]] = [
    *(
        ("organization create", f"--{name}", organization({**GOOD_ORGANIZATION, name: value}), said)
        for name, value, said in ORGANIZATION
    ),
    *(
        ("organization set", f"--{name}", ["organization", "set", ORG, f"--{name}={value}"], said)
        for name, value, said in (*ORGANIZATION, *TO_AN_ORGANIZATION, *CHANGED_ORGANIZATION)
    ),
    *(
        ("channel create", f"--{name}", channel({**given, name: value}), said)
        for given, rows in ((GOOD_META, META_CHANNEL), (GOOD_GUPSHUP, CHANNEL))
        for name, value, said in rows
    ),
    *(
        ("channel set", f"--{name}", ["channel", "set", changed, f"--{name}={value}"], said)
        for changed, rows in ((META, (*META_CHANNEL, *CHANGED_META)), (GUPSHUP, (*CHANNEL, *CHANGED_GUPSHUP)))
        for name, value, said in rows
        if name != "provider" and f"by the channel {changed} " not in said  # what is its own may be said again
    ),
]
"""Each wrong value of each setting: the command, the option, what is asked, and the sentence."""

ONE_EACH: dict[tuple[str, str], tuple[list[str], str]] = {
    ("organization create", "organization_id"): (organization(GOOD_ORGANIZATION, "a b"), "cannot be the id of an org"),
    ("organization set", "organization_id"): (["organization", "set", "nobody", "--name=N"], NOBODY),
    ("organization show", "organization_id"): (["organization", "show", "nobody"], NOBODY),
    ("organization export", "organization_id"): (["organization", "export", "nobody", "--to=there"], NOBODY),
    ("organization export", "--to"): (["organization", "export", ORG, f"--to={__file__}"], "is not an empty folder."),
    ("costs show", "--organization"): (
        ["costs", "--organization=nobody", "--from=2026-11-01", "--to=2026-11-02"],
        "There is no organization nobody, and no costs are kept of one.",
    ),
    ("costs show", "--from"): (
        ["costs", f"--organization={ORG}", "--from=2026-11-31", "--to=2026-12-01"],
        "'2026-11-31'",
    ),
    ("costs show", "--to"): (
        ["costs", f"--organization={ORG}", "--from=2026-11-02", "--to=2026-11-01"],
        "--to is before --from, or the range is longer than",
    ),
    ("costs show", "--in"): (
        ["costs", f"--organization={ORG}", "--from=2026-11-01", "--to=2026-11-02", "--in=Rs"],
        "'Rs' is no currency of ISO 4217, as USD and INR are.",
    ),
    ("costs show", "--xlsx"): (
        ["costs", f"--organization={ORG}", "--from=2026-11-01", "--to=2026-11-02", "--xlsx=/nowhere/costs.xlsx"],
        "There is no folder /nowhere.",
    ),
    ("report", "organization"): (
        ["report", "nobody", "--month=2026-11"],
        "There is no organization nobody, and no costs are kept of one.",
    ),
    ("report", "--month"): (["report", ORG, "--month=2026-13"], "'2026-13'"),
    ("report", "--out"): (
        ["report", ORG, "--month=2026-11", "--out=/nowhere/report.html"],
        "There is no folder /nowhere.",
    ),
    ("report", "--language"): (["report", ORG, "--month=2026-11", "--language=ta"], "'ta' is not one of"),
    ("costs show", "--csv"): (
        ["costs", f"--organization={ORG}", "--from=2026-11-01", "--to=2026-11-02", "--csv", "--json"],
        "Give --csv or --json, not both.",
    ),
    ("costs reconcile", "file"): ([*RECONCILE[:2], "nowhere.csv", *RECONCILE[3:]], "does not exist."),
    ("costs reconcile", "--format"): ([*RECONCILE, "--format=pdf"], "'pdf' is not one of 'gate24', 'meta', 'gupshup'."),
    ("costs reconcile", "--organization"): ([*RECONCILE, "--organization=nobody"], NOBODY),
    ("costs reconcile", "--channel"): (
        [*RECONCILE, "--channel=nothing"],
        f"The organization {ORG} has no channel nothing.",
    ),
    ("costs reconcile", "--from"): ([*RECONCILE, "--from=2026-11-31"], "'2026-11-31'"),
    ("costs reconcile", "--to"): (
        [*RECONCILE, "--to=2026-10-31"],
        "--to is before --from, or the range is longer than 366 days.",
    ),
    ("costs reconcile", "--currency"): ([*RECONCILE, "--currency=Rs"], "'Rs' is no currency of ISO 4217"),
    ("costs reconcile", "--out"): ([*RECONCILE, f"--out={__file__}"], "is there already."),
    ("organization delete", "organization_id"): (["organization", "delete", "nobody", "--yes"], NOBODY),
    ("channel create", "channel_id"): (channel(GOOD_GUPSHUP, "a b"), "cannot be the id of a channel"),
    ("channel create", "--organization"): (channel(GOOD_GUPSHUP, of="nobody"), NOBODY),
    ("channel list", "--organization"): (["channel", "list", "--organization=nobody"], NOBODY),
    ("channel show", "channel_id"): (["channel", "show", "nothing"], NOTHING),
    ("channel set", "channel_id"): (["channel", "set", "nothing", "--app=A"], NOTHING),
    ("channel delete", "channel_id"): (["channel", "delete", "nothing", "--yes"], NOTHING),
    ("secret set", "channel"): (["secret", "set", "nothing", "api-key"], NOTHING),
    ("secret set", "name"): (["secret", "set", GUPSHUP, "password"], "'password' is not one of"),
    ("secret set", "--add"): (["secret", "set", GUPSHUP, "api-key", "--add"], "a new one takes its place at once."),
    ("key create", "--organization"): ([*KEY[:-1], "--organization=nobody"], NOBODY),
    ("key create", "--platform"): ([*KEY, "--platform"], "leave both away"),
    ("key create", "--name"): ([*KEY, "--name="], "The name of a key is empty"),
    ("key create", "--scopes"): ([*KEY, "--scopes=root"], "There is no scope root."),
    ("key create", "--expires"): ([*KEY, "--expires=soon"], "'soon' is no duration like 90d, 24h or 30m."),
    ("key create", "--channel"): ([*KEY, "--channel=nothing"], f"{ORG} has no channel nothing."),
    ("key list", "--organization"): (["key", "list", "--organization=nobody"], NOBODY),
    ("key revoke", "key_id"): (["key", "revoke", "0123456789ab"], "There is no key 0123456789ab"),
    ("key rotate", "key_id"): (["key", "rotate", "0123456789ab"], "There is no key 0123456789ab"),
    ("key rotate", "--grace"): (["key", "rotate", "0123456789ab", "--grace=31d"], "'31d' is longer than 30 days."),
    ("member add", "email"): (["member", "add", "asha", *MEMBER[3:]], "That is no e-mail address like asha@"),
    ("member add", "--organization"): ([*MEMBER, "--organization=nobody"], NOBODY),
    ("member add", "--role"): ([*MEMBER, "--role=owner"], "'owner' is not one of 'agent', 'supervisor', 'admin'."),
    ("member add", "--name"): ([*MEMBER, "--name= "], "The name is empty"),
    ("member list", "--organization"): (["member", "list", "--organization=nobody"], NOBODY),
    ("member remove", "email"): (["member", "remove", "nobody@example.org"], "There is no member nobody@example.org"),
    ("templates sync", "channel"): (["templates", "sync", "nothing", "--app-id=a"], NOTHING),
    ("templates sync", "--app-id"): (["templates", "sync", META, "--app-id=a"], "Give --waba-id"),
    ("templates sync", "--waba-id"): (["templates", "sync", GUPSHUP, "--waba-id=1"], "Give --app-id"),
    ("consents import", "file"): (["consents", "import", "nowhere.csv", f"--organization={ORG}"], "does not exist."),
    ("consents import", "--organization"): (["consents", "import", "{consents}", "--organization=nobody"], NOBODY),
    ("consents import", "--processes"): (
        ["consents", "import", "{consents}", f"--organization={ORG}", "--processes=0"],
        "0 is not in the range 1<=x<=64.",
    ),
    ("contacts import", "file"): (["contacts", "import", "nowhere.csv", f"--organization={ORG}"], "does not exist."),
    ("contacts import", "--organization"): (["contacts", "import", "{contacts}", "--organization=nobody"], NOBODY),
    ("contacts import", "--format"): ([*CONTACTS, f"--organization={ORG}", "--format=xls"], "'xls' is not one of"),
    ("contacts import", "--channel"): (
        ["contacts", "import", "{contacts}", f"--organization={ORG}", "--channel=nothing"],
        f"The organization {ORG} has no channel nothing.",
    ),
    ("contacts import", "--timezone"): (
        [*CONTACTS, f"--organization={ORG}", "--timezone=Mars/Base"],
        "'Mars/Base' is no time zone like Asia/Kolkata.",
    ),
    ("contacts import", "--processes"): (
        [*CONTACTS, f"--organization={ORG}", "--processes=65"],
        "65 is not in the range 1<=x<=64.",
    ),
    ("rates import", "source"): (["rates", "import", "imf", __file__], "'imf' is not one of 'ecb', 'rbi'."),
    ("rates import", "file"): (["rates", "import", "ecb", "nowhere.csv"], "does not exist."),
    ("rates check", "file"): (["rates", "check", __file__], "test_wrong_values.py is no JSON: "),
    ("rates card", "card_id"): (["rates", "card", "gupshup-1999"], "There is no rate card gupshup-1999."),
    ("rates show", "from_currency"): (["rates", "show", "usd", "INR"], "'usd' is no currency of ISO 4217"),
    ("rates show", "to_currency"): (["rates", "show", "USD", "Rupees"], "'Rupees' is no currency of ISO 4217"),
    ("rates show", "--day"): (["rates", "show", "USD", "INR", "--day=2026-11-31"], "'2026-11-31'"),
    ("doctor", "--channel"): (["doctor", "--channel=nothing"], NOTHING),
    ("rollup", "--organization"): (["rollup", "--organization=nobody"], NOBODY),
    ("rollup", "--from"): (["rollup", "--from=2026-11-31", "--to=2026-12-01"], "'2026-11-31'"),
    ("rollup", "--to"): (["rollup", "--from=2026-11-02", "--to=2026-11-01"], "--to is before --from."),
    ("shadow start", "channel_id"): (["shadow", "start", "nothing"], NOTHING),
    ("shadow enforce", "channel_id"): (["shadow", "enforce", "nothing"], NOTHING),
    ("shadow report", "channel_id"): (["shadow", "report", "nothing"], NOTHING),
    ("shadow report", "--from"): (["shadow", "report", GUPSHUP, "--from=2026-11-31"], "'2026-11-31'"),
    ("shadow report", "--to"): (
        ["shadow", "report", GUPSHUP, "--from=2026-11-02", "--to=2026-11-01"],
        "--to is before --from.",
    ),
    ("shadow report", "--messages"): (
        ["shadow", "report", GUPSHUP, "--from=2026-11-01", "--messages=/no/such/folder/named.jsonl"],
        "cannot be written: No such file or directory.",
    ),
    ("unrecognized list", "--organization"): (["unrecognized", "list", "--organization=nobody"], NOBODY),
    ("unrecognized list", "--from"): (["unrecognized", "list", "--from=yesterday"], "yesterday"),
    ("unrecognized list", "--to"): (
        ["unrecognized", "list", "--from=2026-11-26", "--to=2026-11-25"],
        "--to is before --from.",
    ),
    ("unrecognized replay", "--organization"): (
        ["unrecognized", "replay", "--from=2026-11-26", "--to=2026-11-26", "--organization=nobody"],
        NOBODY,
    ),
    ("unrecognized replay", "--from"): (["unrecognized", "replay", "--from=2026-11-31"], "2026-11-31"),
    ("unrecognized replay", "--to"): (
        ["unrecognized", "replay", "--from=2026-11-26", "--to=2026-11-25"],
        "--to is before --from.",
    ),
    ("unrecognized replay", "--id"): (["unrecognized", "replay", "--id=17#63"], "17#63"),
}
"""By command and parameter (an argument by its name): what is asked, and the sentence. ``{consents}``,
``{contacts}`` and ``{bill}`` are files that could be taken."""

ROWS = [*OF_SETTINGS, *((*parameter, *row) for parameter, row in ONE_EACH.items())]

ANY_VALUE = {
    ("organization delete", "--yes"): "a switch: it says that nobody is to be asked",
    ("channel delete", "--yes"): "a switch: it says that nobody is to be asked",
    ("consents import", "--dry-run"): "a switch: nothing is recorded",
    ("contacts import", "--dry-run"): "a switch: nothing is changed",
}
"""Parameters that have no wrong value, and why."""

SHARED = {
    "--json": "a switch of every command",
    "--stack": "the name of a stack, which AWS knows: test_a_stack_on_aws_is_found_by_its_outputs",
    "--help": "a switch of every command",
}
"""Those of every command (``infra.admin.command.shared_options``)."""


def parameters(of: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every command's parameters, each with the whole name of its command."""
    if isinstance(of, click.Group):
        for name, each in of.commands.items():
            yield from parameters(each, (*path, name))
        return
    for parameter in of.params:
        name = parameter.opts[0] if isinstance(parameter, click.Option) else str(parameter.name)
        if name not in SHARED:
            yield " ".join(path), name


def test_every_parameter_has_a_wrong_value_or_has_none() -> None:
    there = set(parameters(command))
    wrong = {(path, name) for path, name, _, _ in ROWS}
    assert there - wrong - ANY_VALUE.keys() == set(), "these have no row"
    assert (wrong | ANY_VALUE.keys()) - there == set(), "there are no such parameters"
    assert not wrong & ANY_VALUE.keys()


def test_what_has_no_wrong_value_is_a_switch() -> None:
    for path, name in ANY_VALUE:
        of: click.Command = command
        for each in path.split():
            assert isinstance(of, Group)
            of = of.commands[each]
        assert next(each for each in of.params if name in each.opts).is_flag  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("wrong-values")
    with system(folder, simulate=False, in_memory=True) as made, administered(made):
        yield made


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("files")
    rows = {"consents": "phone,action,at,source,evidence\n", "contacts": "phone\n"}
    rows["bill"] = "provider_id,date,amount,currency\ngs-1,2026-11-25,0.0052,USD\n"
    for name, text in rows.items():
        (folder / name).write_text(text)
    return {f"{{{name}}}": str(folder / name) for name in rows}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [row[2:] for row in ROWS],
    ids=[f"{path} {name}".replace(" ", "-") for path, name, *_ in ROWS],
)
def test_a_wrong_value_is_refused_with_its_sentence_and_nothing_is_written(
    deployed: System,
    files: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a-good-secret\n"))
    monkeypatch.chdir(tmp_path)
    Printed(capsys, "key", "list")  # looks for keys of before, once
    before = deployed.items()
    printed = Printed(capsys, *(files.get(each, each) for each in arguments))
    assert (printed.status, printed.out) == (2, "")
    assert sentence in printed.err.replace("\n        ", " ")
    assert deployed.items() == before
    assert list(tmp_path.iterdir()) == []
