"""Members of organizations: which e-mail address belongs to whom.

The item under the hash of an address has all of its member, so that whoever is called reads one item, and an address
belongs to one organization. Beside it the organization's list has a copy of each.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from gate24.members import EMAIL_LENGTH, LANGUAGES, Member
from gate24.store.items import DocumentItem
from gate24.store.table import StoreError, delete, get, put, put_all_new, query, update

_MEMBER = "MEMBER#"
_LIST = "MEMBERS#"
_SORT = "MEMBER"

_TRIES = 20
"""How often a change is tried that others overtake. After so many something is wrong with the item."""


def add(member: Member) -> bool:
    """False, and nothing is changed, where the address belongs to a member already, of whatever organization."""
    return put_all_new([_item(member), _copy(member)])


def find(email: str) -> Member | None:
    """The member with that normalized address, whosever it is (consistent): one who was removed ends at once."""
    if len(email) > EMAIL_LENGTH:
        return None
    item = get(DocumentItem, _pk(email), _SORT, consistent=True)
    return None if item is None else _member(item.body)


def of_organization(organization_id: str) -> list[Member]:
    """The organization's members by their addresses (consistent)."""
    found = query(DocumentItem, f"{_LIST}{organization_id}", consistent_read=True)
    return sorted((_member(item.body) for item in found), key=lambda member: member.email)


def change(organization_id: str, email: str, **changes: Any) -> Member | None:
    """The member with another ``name`` or ``role``, or other choices; None if there is none there."""
    for _ in range(_TRIES):
        item = get(DocumentItem, _pk(email), _SORT, consistent=True)
        if item is None or item.body["organization_id"] != organization_id:
            return None
        after = replace(_member(item.body), **changes)
        if update(item, [DocumentItem.body.set(_body(after))], DocumentItem.body == item.body).applied:
            _follow(after)
            return after
    raise StoreError("UpdateItem", "contended")


def remove(member: Member) -> None:
    """From now on nobody is called by that address."""
    for _ in range(_TRIES):
        item = get(DocumentItem, _pk(member.email), _SORT, consistent=True)
        is_there = item is not None and item.body["organization_id"] == member.organization_id
        if item is None or not is_there or delete(item, DocumentItem.body == item.body):
            delete(_copy(member))
            return
    raise StoreError("DeleteItem", "contended")


def remove_all(organization_id: str) -> None:
    for member in of_organization(organization_id):
        remove(member)


def _follow(member: Member) -> None:
    """The organization's list says what the member's item does, whoever else has changed it meanwhile."""
    for _ in range(_TRIES):
        put(_copy(member))
        latest = find(member.email)
        if latest == member:
            return
        if latest is None or latest.organization_id != member.organization_id:
            delete(_copy(member))
            return
        member = latest
    raise StoreError("PutItem", "contended")


def _item(member: Member) -> DocumentItem:
    return DocumentItem(_pk(member.email), _SORT, body=_body(member))


def _copy(member: Member) -> DocumentItem:
    return DocumentItem(f"{_LIST}{member.organization_id}", _hash(member.email), body=_body(member))


def _body(member: Member) -> dict[str, Any]:
    return {
        "organization_id": member.organization_id,
        "email": member.email,
        "name": member.name,
        "role": member.role,
        "added_at": member.added_at,
        **({} if member.closing_mail is None else {"closing_mail": member.closing_mail}),
        **({} if member.language == "en" else {"language": member.language}),
    }


def _member(body: dict[str, Any]) -> Member:
    return Member(
        *(body["organization_id"], body["email"], body["name"], body["role"], int(body["added_at"])),
        closing_mail=body.get("closing_mail"),
        language=body["language"] if body.get("language") in LANGUAGES else "en",
    )


def _pk(email: str) -> str:
    return f"{_MEMBER}{_hash(email)}"


def _hash(email: str) -> str:
    """In place of the address, which no key of the table names."""
    return hashlib.sha256(email.encode()).hexdigest()
