"""A botocore session without what no function needs while its client is made.

botocore makes all that could know credentials, two HTTP sessions with it, before it looks into the environment, where
Lambda puts them; and it imports ``urllib.request`` to find that there is no proxy.
"""

from __future__ import annotations

import os
from typing import Any

from botocore.config import Config
from botocore.credentials import EnvProvider, create_credential_resolver
from botocore.session import Session


class _EnvironmentFirst:
    """botocore's component ``credential_provider``. The environment comes first in botocore's own, too."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def load_credentials(self) -> Any:
        return EnvProvider().load() or create_credential_resolver(self._session).load_credentials()


def ease(session: Session) -> None:
    """Call it before the session makes a client."""
    session.register_component("credential_provider", _EnvironmentFirst(session))
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        session.set_default_client_config(Config(proxies={}))
