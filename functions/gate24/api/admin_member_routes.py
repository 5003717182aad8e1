"""Staff of organizations, administered by a platform that hosts many. It calls with a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate24.api.administered import named_organization
from gate24.api.call import Call
from gate24.api.member_routes import member_page, put_in, remove_from


def list_members(call: Call) -> dict[str, Any]:
    return member_page(call, named_organization(call).id)


def put(call: Call) -> dict[str, Any]:
    return put_in(call, named_organization(call).id)


def remove(call: Call) -> dict[str, Any]:
    return remove_from(call, named_organization(call).id)


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listMembersOf": list_members,
    "putMemberOf": put,
    "removeMemberOf": remove,
}
