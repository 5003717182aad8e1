"""All schemas by name: the bodies that come in, what goes out, and the parameters."""

from __future__ import annotations

from gate24.api.admin_requests import ADMIN_REQUESTS
from gate24.api.answers import ANSWERS
from gate24.api.requests import REQUESTS, Schema

SCHEMAS: dict[str, Schema] = {**REQUESTS, **ADMIN_REQUESTS, **ANSWERS}
