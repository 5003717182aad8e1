"""The organization's whole-message keywords: which message opts a contact out, or in."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from gate24.api import http
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.channels import Organization
from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT, KEYWORD_LANGUAGES, keyword_action, keywords
from gate24.rules.settings_table import WrongSettings
from gate24.store import organizations
from gate24.usecases.administer_organizations import change_organization

MOST = 200
"""Of the keywords that opt out, and of those that opt in."""

_BUILT_IN = {"opt_out_keywords": DEFAULT_OPT_OUT, "opt_in_keywords": DEFAULT_OPT_IN}


def get_keywords(call: Call) -> dict[str, Any]:
    return http.answer(200, keywords_json(_now(call)))


def change_keywords(call: Call) -> dict[str, Any]:
    """Adds and takes away; what somebody else changes at the same moment stays."""
    given = call.body("KeywordsChange")
    if not given:
        raise Problem("payload_invalid", "Give at least one keyword to add or to remove.")
    check_change(_now(call), given)
    try:
        return http.answer(200, keywords_json(change_organization(call.organization.id, given)))
    except WrongSettings as wrong:
        errors = [{"pointer": f"/{fault.setting}", "detail": fault.sentence} for fault in wrong.faults]
        raise Problem("payload_invalid", str(wrong), errors=errors) from None


def try_keyword(call: Call) -> dict[str, Any]:
    """What a message would do, by the rule that decides it."""
    text = call.body("KeywordTry")["text"]
    return http.answer(200, {"action": keyword_action(text, _now(call))})


def _now(call: Call) -> Organization:
    return organizations.organization_now(call.organization.id) or call.organization


def check_change(organization: Organization, given: dict[str, list[str]]) -> None:
    """Problem ``payload_invalid`` where a keyword would go that stays, or there would be too many."""
    errors = []
    for name, built_in in _BUILT_IN.items():
        removed, added = (_normalized(given.get(f"{verb}_{name}", ())) for verb in ("remove", "add"))
        stay = sorted(removed & built_in)
        errors += [
            {"pointer": f"/remove_{name}", "detail": f"{word!r} stays: every organization has it"} for word in stay
        ]
        there = getattr(organization, name)
        if added - there and len((there - removed) | added) > MOST:
            errors.append({"pointer": f"/add_{name}", "detail": f"would be more than {MOST} keywords"})
    if errors:
        raise Problem("payload_invalid", "Nothing was changed.", errors=errors)


def _normalized(words: Collection[str]) -> frozenset[str]:
    """What is no keyword is left out here: whoever changes the organization says what is wrong with it."""
    try:
        return keywords(words)
    except ValueError:
        return frozenset()


def keywords_json(organization: Organization) -> dict[str, Any]:
    """Each with its language, and whether it stays."""

    def shown(name: str) -> list[dict[str, Any]]:
        found = sorted(getattr(organization, name))
        return [
            {"keyword": each, "language": KEYWORD_LANGUAGES.get(each), "is_built_in": each in _BUILT_IN[name]}
            for each in found
        ]

    return {"opt_out": shown("opt_out_keywords"), "opt_in": shown("opt_in_keywords")}


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "getKeywords": get_keywords,
    "changeKeywords": change_keywords,
    "tryKeyword": try_keyword,
}
