"""The console's sources hold together: nothing in them is left over, and modules use only what is below them."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from gate24.api.costs_report import LANGUAGES as REPORT_LANGUAGES
from gate24.api_keys import SCOPES
from gate24.audit import ACTORS, AUDIT_KINDS
from gate24.channels import ChannelMode
from gate24.events import DeliveryStatus
from gate24.members import LANGUAGES as MAIL_LANGUAGES
from gate24.members import ROLES
from gate24.rules.audited_acts import AUDITED
from gate24.rules.channel_secrets import KINDS
from gate24.rules.channel_settings import SETTINGS as CHANNEL_SETTINGS
from gate24.rules.failures import FailureKind
from gate24.rules.organization_settings import SETTINGS as ORGANIZATION_SETTINGS
from gate24.templates import Template
from tests.support.console_contract import document
from tests.support.console_mock import console_handler, console_languages

STATIC = console_handler().STATIC
ROOT = Path(__file__).parents[2]
SERVER = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "infra" / "operator").rglob("*.py")]
"""What the API and the operator's commands write into what the console shows."""
FLOORS = ("language", "data", "components", "views", "")
"""From the bottom up; the last is ``app.js`` itself. A module may import from its own floor and from those below."""

LATER = re.compile(r'import\("([^"]+)"\)\.then\(\(\{ (\w+) \}\)')
"""A module that is imported when it is needed, and the name."""


@cache
def modules() -> dict[Path, str]:
    return {path: path.read_text() for path in sorted(STATIC.rglob("*.js"))}


@cache
def script() -> str:
    return "\n".join(modules().values())


@cache
def messages() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text()) for path in (STATIC / "language" / "messages").glob("*.json")}


LANGUAGES = console_languages()


def imports(path: Path) -> list[tuple[Path, set[str]]]:
    """The modules that a module imports, with the names."""
    text = modules()[path]
    found = re.findall(r'^import \{([^}]*)\} from "([^"]+)";', text, re.MULTILINE | re.DOTALL)
    found += [(name, target) for target, name in LATER.findall(text)]
    return [((path.parent / target).resolve(), set(re.findall(r"\w+", names))) for names, target in found]


def floor(path: Path) -> int:
    return FLOORS.index(path.relative_to(STATIC).parent.as_posix().replace(".", ""))


def test_a_module_imports_only_from_its_own_floor_and_those_below() -> None:
    upwards = [
        f"{path.relative_to(STATIC)} imports {target.relative_to(STATIC)}"
        for path in modules()
        for target, _ in imports(path)
        if floor(target) > floor(path)
    ]
    assert upwards == []


def test_every_export_is_imported_somewhere() -> None:
    exported = {
        (path, name)
        for path, text in modules().items()
        for name in re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", text, re.MULTILINE)
    }
    imported = {(target, name) for path in modules() for target, names in imports(path) for name in names}
    assert exported and imported == exported


def loaders() -> list[Path]:
    """The modules that import others when they are needed."""
    return [path for path, text in modules().items() if LATER.search(text)]


@pytest.mark.parametrize("loader", loaders(), ids=lambda path: path.stem)
def test_what_a_module_imports_later_is_fetched_at_once_and_no_sooner(loader: Path) -> None:
    """A module may import several later, each with its list: the first of them is there when others are fetched."""
    there = set(re.findall(r'rel="modulepreload" href="\./([^"]+)\.js"', (STATIC / "index.html").read_text()))
    lists = re.findall(r"(?:_MODULES = |modules: )\[(.*?)\]", modules()[loader], re.DOTALL)
    targets = [(loader.parent / target).resolve() for target, _ in LATER.findall(modules()[loader])]
    for index, (listed, target) in enumerate(zip(lists, targets, strict=True)):
        later = imported_by(target, there)
        assert later and sorted(later) == re.findall(r'"([^"]+)"', listed)
        there |= later if index == 0 else set()


def imported_by(path: Path, there: set[str]) -> set[str]:
    """The module and all that it needs before it runs, but what is there."""
    found = set[str]()
    to_read = [path]
    while to_read:
        path = to_read.pop()
        name = path.relative_to(STATIC).with_suffix("").as_posix()
        if name not in there | found:
            found.add(name)
            to_read += [target for target, _ in imports(path)]
    return found


def test_every_class_of_the_style_sheets_is_used() -> None:
    page = (STATIC / "index.html").read_text()
    styles = "\n".join(path.read_text() for path in STATIC.rglob("*.css"))
    styled = set(re.findall(r"\.(-?[a-z_][\w-]*)(?=[^{}]*\{)", re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL)))
    strings = re.findall(r'"[^"\n]*"|`[^`]*`', script() + page)
    assert styled and styled - {word for text in strings for word in re.findall(r"[a-z][\w-]*", text)} == set()


def test_every_module_is_checked_for_its_types() -> None:
    assert [path for path, text in modules().items() if not text.startswith("// @ts-check\n")] == []


def forms_of(message: str | dict[str, str]) -> dict[str, str]:
    """By plural category, of which a text that does not depend on it has none."""
    return {"": message} if isinstance(message, str) else message


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_messages_with_the_same_places(language: str) -> None:
    def places(message: str | dict[str, str]) -> set[str]:
        return {place for form in forms_of(message).values() for place in re.findall(r"\{(\w+)\}", form)}

    english = {key: places(message) for key, message in messages()["en"].items()}
    assert {key: places(message) for key, message in messages()[language].items()} == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_plural_forms_and_no_empty_text(language: str) -> None:
    """``one`` and ``other`` are the categories of each of them."""
    words = messages()[language]
    assert {key: forms_of(each).keys() for key, each in words.items()} == {
        key: forms_of(each).keys() for key, each in messages()["en"].items()
    }
    texts = [(key, form) for key, each in words.items() for form in forms_of(each).values()]
    assert [key for key, form in texts if not form.strip() or form != unicodedata.normalize("NFC", form)] == []
    assert list(words) == sorted(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_digits_are_latin_in_every_language(language: str) -> None:
    forms = [form for each in messages()[language].values() for form in forms_of(each).values()]
    assert [form for form in forms if any(each.isdigit() and each not in "0123456789" for each in form)] == []
    locales = dict(re.findall(r'(\w+): "([\w-]+)"', re.findall(r"const LOCALES = \{(.*?)\}", script())[0]))
    assert locales.keys() == set(LANGUAGES)
    assert locales[language].endswith("-u-nu-latn") == (language in {"mr", "bn"}), "whose own digits are not Latin"


def test_the_server_is_asked_only_for_languages_that_it_writes() -> None:
    written = re.findall(r'"(\w+)"', re.findall(r"const WRITTEN_LANGUAGES = \[(.*?)\]", script())[0])
    assert written == list(MAIL_LANGUAGES) == list(REPORT_LANGUAGES)
    assert set(written) <= set(LANGUAGES)


def test_every_message_that_the_code_names_exists() -> None:
    named = set(re.findall(r'\b(?:t|hasWords)\(\s*"([\w.]+)"', script()))
    assert named and named <= set(messages()["en"])


def test_every_message_is_used() -> None:
    """A key stands in the script as it is, or is put together from a group (``t(`state.${name}`)``) and a word that
    stands in the script or is one of the server's."""
    server = "\n".join(path.read_text() for path in SERVER)
    words = set(re.findall(r'"([\w-]+)"', script() + server)) | set(re.findall(r"(\w+):", script()))
    whole = set(re.findall(r'"([\w.]+)"', script()))
    groups = [
        *(re.split(r"\$\{[^}]*\}", key) for key in re.findall(r"`([a-z_]+\.\$\{[^`]*)`", script())),
        *([f"{group}.", ""] for group in re.findall(r'wordsFor\(\s*"(\w+)"', script())),
    ]

    def is_used(key: str) -> bool:
        middles = (
            key[len(before) : len(key) - len(after)] for before, after in groups if _surrounds(key, before, after)
        )
        return key in whole or any(middle in words for middle in middles)

    assert [key for key in messages()["en"] if not is_used(key)] == []


def _surrounds(key: str, before: str, after: str) -> bool:
    return key.startswith(before) and key.endswith(after) and len(key) > len(before) + len(after)


def _enum(*path: str) -> set[str]:
    schemas: Any = document()["components"]["schemas"]
    schema = schemas
    for name in path:
        schema = schema[name]
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
    return set(schema["enum"])


NOT_SHOWN_OF_TEMPLATES = {"channel_id", "status_at", "category_at"}


def test_every_act_of_the_audit_log_has_words() -> None:
    put = ("added", "changed")
    acts = {f"{act.thing}.{verb}" for act in AUDITED.values() for verb in (put if act.verb == "put" else (act.verb,))}
    words = dict(re.findall(r'"(\w+\.\w+)": "(act\.\w+)"', modules()[STATIC / "components" / "act_words.js"]))
    assert words.keys() == acts
    assert set(words.values()) <= set(messages()["en"])


@pytest.mark.parametrize(
    ("group", "values"),
    [
        # A missing Idempotency-Key would be the console's own mistake.
        ("problem", _enum("Problem", "properties", "code") - {"idempotency_key_missing"}),
        ("status", _enum("Message", "properties", "status") | set(get_args(DeliveryStatus))),
        # What the BSP said of an unknown failure is shown in its own words.
        ("failure", set(get_args(FailureKind)) - {"unknown"}),
        ("category", _enum("TemplateRequest", "properties", "category")),
        ("template_status", _enum("TemplateRequest", "properties", "status") - {"approved"}),
        ("day", _enum("DailyCost", "properties", "status")),
        ("consent", _enum("Contact", "properties", "consent", "properties", "status")),
        ("audit_kind", set(AUDIT_KINDS)),
        ("actor", set(ACTORS)),
        ("role", set(ROLES)),
        ("role_may", set(ROLES)),
        ("scope", set(SCOPES)),
        ("secret_kind", set(KINDS)),
        ("audit_mode", set(get_args(ChannelMode))),
        ("kept", _enum("ErasureRow", "properties", "survives", "items")),
        ("audit_field", {row.name for row in (*ORGANIZATION_SETTINGS, *CHANNEL_SETTINGS)} - {"rate_card"}),
        ("audit_field", {"role", "scopes", "channels", "expires_at", "mode", "shadow_since", "rate_cards"}),
        ("audit_field", {"url", "events", "format", "description", "status"}),
        ("audit_field", {field.name for field in fields(Template)} - NOT_SHOWN_OF_TEMPLATES),
    ],
)
def test_everything_that_the_server_may_say_has_words(group: str, values: set[str]) -> None:
    assert {f"{group}.{value}" for value in values} - set(messages()["en"]) == set()
