"""Administration by a platform that hosts many organizations. Routes as in ``gate24.api.routes``.

Apart from the other functions, because it alone may write the secrets of channels.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api import (
    admin_channel_routes,
    admin_key_routes,
    admin_organization_data,
    admin_organization_routes,
    admin_template_routes,
    admin_work_routes,
)
from gate24.api.router import respond
from gate24.observability import observed
from gate24.store.aws import connect_store

connect_store()

_OPERATIONS = {
    **admin_channel_routes.OPERATIONS,
    **admin_key_routes.OPERATIONS,
    **admin_organization_data.OPERATIONS,
    **admin_organization_routes.OPERATIONS,
    **admin_template_routes.OPERATIONS,
    **admin_work_routes.OPERATIONS,
}


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0), authorized."""
    return respond(event, _OPERATIONS)
