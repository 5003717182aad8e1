"""A real OIDC provider (``oidc-provider-mock``) with demo members, one click each, for the local stack and its tests.

It gives what the console needs of any issuer: discovery, the code flow with PKCE, signed ID tokens, refresh tokens.
"""

from oidc_provider.code_flow import CLIENT_ID, id_token

__all__ = ["CLIENT_ID", "id_token"]
