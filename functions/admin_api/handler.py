"""Administration by a platform that hosts many organizations, what an organization's admins ask that takes the secrets
of channels, and the import of people, which needs what that needs. Routes as in ``gate24.api.routes``.

Apart from the other functions, because it alone may write these secrets.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api.operations import LaterOperations
from gate24.api.router import respond
from gate24.observability import observed
from gate24.store.aws import connect_store

connect_store()

_OPERATIONS = LaterOperations(
    {
        "admin_channel_routes": (
            *("listChannels", "createChannel", "getChannel", "changeChannel", "deleteChannel", "putChannelSecret"),
        ),
        "admin_key_routes": (
            *("listApiKeys", "createApiKey", "rotateApiKey", "revokeApiKey"),
            *("listPlatformKeys", "rotatePlatformKey", "revokePlatformKey"),
        ),
        "admin_member_routes": ("listMembersOf", "putMemberOf", "removeMemberOf"),
        "admin_organization_data": ("exportOrganization", "deleteOrganization", "getOrganizationDeletion"),
        "admin_organization_routes": (
            *("listOrganizations", "createOrganization", "getOrganization", "changeOrganization"),
        ),
        "admin_shadow_routes": ("reportShadow",),
        "admin_template_routes": ("syncTemplates", "syncOwnTemplates"),
        "import_routes": ("importPeople",),
        "admin_work_routes": (
            *("importContacts", "importConsents", "rollUpDays"),
            *("listUnrecognizedOf", "replayUnrecognized", "checkOrganization"),
        ),
        "channel_routes": ("listOwnChannels",),
    }
)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0), authorized."""
    return respond(event, _OPERATIONS)
