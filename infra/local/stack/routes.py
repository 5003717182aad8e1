"""Creates the HTTP API's routes, which MiniStack (1.5.33) does not create from the API's OpenAPI body.

SAM writes paths, integrations and security into that body; they are read from there and created one by one with API
calls that MiniStack supports. The template needs no change for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stack.deploy import client, physical_ids
from stack.settings import REGION, Settings
from stack.template import translated

_ALIAS = re.compile(r"\$\{(\w+)\}")
_METHODS = {
    **{method: method.upper() for method in ("get", "put", "post", "delete", "patch")},
    "x-amazon-apigateway-any-method": "ANY",
}


def api_body() -> dict[str, Any]:
    """The OpenAPI body that SAM generates for the template's HTTP API."""
    body: dict[str, Any] = translated()["Resources"]["Api"]["Properties"]["Body"]
    return body


def operations(body: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """For each operation: its route key (``GET /v1/contacts``), the logical id of the alias that it invokes, and its
    authorizer's name or None."""
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS:
                (alias,) = _ALIAS.findall(operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"])
                names = [
                    name for requirement in operation.get("security", []) for name in requirement if name != "NONE"
                ]
                yield f"{_METHODS[method]} {path}", alias, names[0] if names else None


def create_routes(settings: Settings, api_id: str) -> int:
    """Create every route of the template in the deployed API. Returns their number."""
    gateway = client("apigatewayv2", settings)
    body = api_body()
    arns = physical_ids(settings)  # an alias's is its ARN
    authorizers = {
        name: _create_authorizer(gateway, api_id, name, scheme["x-amazon-apigateway-authorizer"], arns)
        for name, scheme in body["components"]["securitySchemes"].items()
    }
    integrations: dict[str, str] = {}
    count = 0
    for route_key, alias, authorizer in operations(body):
        if alias not in integrations:
            integrations[alias] = gateway.create_integration(
                ApiId=api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=arns[alias],
                PayloadFormatVersion="2.0",
            )["IntegrationId"]
        security = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizers[authorizer]} if authorizer else {}
        gateway.create_route(ApiId=api_id, RouteKey=route_key, Target=f"integrations/{integrations[alias]}", **security)
        count += 1
    return count


def _create_authorizer(gateway: Any, api_id: str, name: str, wanted: dict[str, Any], arns: dict[str, str]) -> str:
    alias = arns[wanted["authorizerUri"]["Fn::Sub"][1]["__FunctionArn__"]["Ref"]]
    created = gateway.create_authorizer(
        ApiId=api_id,
        Name=name,
        AuthorizerType="REQUEST",
        AuthorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{alias}/invocations",
        AuthorizerPayloadFormatVersion=str(wanted["authorizerPayloadFormatVersion"]),
        EnableSimpleResponses=bool(wanted["enableSimpleResponses"]),
        AuthorizerResultTtlInSeconds=int(wanted["authorizerResultTtlInSeconds"]),
        IdentitySource=wanted["identitySource"],
    )
    authorizer: str = created["AuthorizerId"]
    return authorizer
