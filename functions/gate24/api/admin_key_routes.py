"""API keys of organizations, administered by a platform that hosts many. It calls with a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate24.api.administered import named_organization
from gate24.api.call import Call
from gate24.api.key_routes import key_page, make_in, revoke_in, rotate_in

_PLATFORM = ""


def list_keys(call: Call) -> dict[str, Any]:
    organization_id = named_organization(call).id
    return key_page(call, organization_id, f"keys {organization_id}")


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listApiKeys": list_keys,
    "createApiKey": lambda call: make_in(call, named_organization(call).id, "ApiKeyRequest"),
    "rotateApiKey": lambda call: rotate_in(call, named_organization(call).id),
    "revokeApiKey": lambda call: revoke_in(call, named_organization(call).id),
    "listPlatformKeys": lambda call: key_page(call, _PLATFORM, "keys of the platform"),
    "rotatePlatformKey": lambda call: rotate_in(call, _PLATFORM),
    "revokePlatformKey": lambda call: revoke_in(call, _PLATFORM),
}
