"""The caller of an API route, as the authorizer found it."""

from __future__ import annotations

import json
from typing import Any

from gate24.api.problems import Problem
from gate24.api_keys import NAME_LENGTH, Scope
from gate24.audit import Actor
from gate24.authors import Author
from gate24.channels import Channel, Organization
from gate24.lazy_dataclass import dataclass
from gate24.store import api_keys, organizations

PLATFORM = Organization("", "platform", "UTC", "USD", frozenset(), frozenset())
"""In place of an organization where a key of the platform calls: it has no contacts, channels or costs."""


@dataclass(frozen=True, slots=True)
class Access:
    """``actor``: the name of the API key or of the member, for the consent history. ``limit``: the ids of the channels
    to which the key is limited; None for all of the organization. ``kind``: ``key``, ``operator`` where a command of
    ``./gate24`` calls with a key of its own, or ``member``, who alone has an ``email`` and a ``role``."""

    organization: Organization
    actor: str
    scopes: frozenset[str]
    limit: frozenset[str] | None = None
    kind: str = "key"
    email: str | None = None
    role: str | None = None
    key_id: str | None = None

    @property
    def author(self) -> Author:
        """Who stands as the author of what is done by this call."""
        return Author("member" if self.kind == "member" else "key", self.actor[:NAME_LENGTH] or None)

    @property
    def audit_actor(self) -> Actor:
        """Who stands in the audit log for what is done by this call."""
        name = self.actor or None
        if self.kind == "operator":
            return Actor("operator", name)
        if self.kind == "member":
            return Actor("member", name, email=self.email)
        return Actor("platform" if self.organization is PLATFORM else "key", name, key_id=self.key_id)

    def require(self, *scopes: Scope) -> None:
        """Problem ``unauthorized`` unless the key has one of the scopes; admin has them all."""
        if self.scopes.isdisjoint((*scopes, "admin")):
            raise Problem(
                "unauthorized",
                f"This API key lacks the scope {' or '.join(scopes)}. Who administers gate24 makes a key that has it: "
                f"./gate24 key create --organization {self.organization.id} --name ... --scopes {scopes[0]},...",
                status=403,
            )

    def require_platform(self, is_required: bool) -> None:
        """Problem ``unauthorized`` unless a key of the platform calls where one is required, and nowhere else."""
        if is_required and self.organization is not PLATFORM:
            raise Problem(
                "unauthorized",
                "This takes a key of the platform. Who administers gate24 makes one: ./gate24 key create --platform "
                "--name ...",
                status=403,
            )
        if self.organization is PLATFORM and not is_required:
            raise Problem("unauthorized", "A key of the platform is for /v1/admin alone.", status=403)

    def require_member(self, is_required: bool) -> None:
        """Problem ``unauthorized`` unless a member of the staff calls where one is required."""
        if is_required and self.kind != "member":
            detail = "This takes a member with the role admin, who signs in to the console; no key makes or ends keys."
            raise Problem("unauthorized", detail, status=403)

    def may_use(self, channel_id: str | None) -> bool:
        """Whether what belongs to the channel (None: to none of them) is the key's business."""
        return self.limit is None or channel_id in self.limit

    def channels(self) -> list[Channel]:
        """The organization's channels that the key may use, by id."""
        return [each for each in organizations.channels(self.organization.id) if self.may_use(each.id)]

    def require_channels(self, *channel_ids: str) -> None:
        """Problem ``unauthorized`` unless the key may use all of the channels; it says which it may."""
        others = [each for each in channel_ids if not self.may_use(each)]
        if others:
            raise self.is_limited(f"{', '.join(others)} is not among them.")

    def is_limited(self, sentence: str) -> Problem:
        """Why something is not the business of a key that is limited to channels."""
        allowed = ", ".join(sorted(self.limit or ()))
        return Problem("unauthorized", f"This API key is limited to these channels: {allowed}. {sentence}", status=403)

    def unnamed_channel(self) -> list[dict[str, str]]:
        """What is wrong with a body that names no channel: nothing, where there is only one."""
        found = len(self.channels())
        if found == 1:
            return []
        why = "there is more than one" if found else "there is none yet"
        return [{"pointer": "/channel", "detail": f"Name the channel: {why}."}]

    def channel(self, channel_id: str | None) -> Channel:
        """The channel of that id, or the only one; another organization's is not found. Problem ``unauthorized`` where
        the key is limited to others."""
        if channel_id is None:
            errors = self.unnamed_channel()
            if errors:
                raise Problem("payload_invalid", "The channel is missing.", errors=errors)
            return self.channels()[0]
        for channel in organizations.channels(self.organization.id):
            if channel.id == channel_id:
                self.require_channels(channel_id)
                return channel
        raise Problem("not_found", "There is no such channel.")


def access(event: dict[str, Any]) -> Access:
    """Who calls; Problem ``unauthorized`` if the authorizer did not say."""
    context = ((event.get("requestContext") or {}).get("authorizer") or {}).get("lambda") or {}
    is_platform = context.get("platform") == "true"
    organization = PLATFORM if is_platform else organizations.organization(context.get("organization_id") or "")
    if organization is None:
        raise Problem("unauthorized", "The API key is missing or wrong.")
    scopes = frozenset(str(context.get("scopes", "")).split())
    limit = frozenset(json.loads(context["channels"])) if "channels" in context else None
    return Access(
        organization,
        str(context.get("actor", "")),
        scopes,
        limit,
        kind=str(context.get("actor_kind", "key")),
        email=context.get("email"),
        role=context.get("role"),
        key_id=context.get("key_id"),
    )


def access_by_key(api_key: str) -> Access | None:
    """Who holds the API key, where no authorizer was asked; None if nobody does."""
    holder = api_keys.holder(api_key)
    organization = organizations.organization(holder.organization_id) if holder is not None else None
    if holder is None or organization is None:
        return None
    api_keys.note_use(api_key, holder)
    return Access(organization, holder.name, holder.scopes, holder.channels)
