"""A lean session finds the credentials and proxies that botocore's own finds."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from gate24.store.lean_session import ease

_NUMBERS = count()
PROXY = "http://proxy.example.org:3128"


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL")
    for name in (*names, "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n", "utf-8")


def _client(eased: bool) -> Any:
    session = botocore.session.Session()
    if eased:
        ease(session)
    own = str(next(_NUMBERS))  # else it would be taken for the one before (tests/support/aws_clients.py)
    config = Config(connect_timeout=1, retries={"mode": "standard"}, user_agent_extra=own)
    return session.create_client("dynamodb", "ap-south-1", config=config)


def _keys(client: Any) -> tuple[str, str, str | None]:
    frozen = client._request_signer._credentials.get_frozen_credentials()
    return frozen.access_key, frozen.secret_key, frozen.token


@pytest.mark.parametrize(
    ("environment", "keys"),
    [
        (
            {
                "AWS_ACCESS_KEY_ID": "ENV",
                "AWS_SECRET_ACCESS_KEY": "e",
                "AWS_SESSION_TOKEN": "t",
                "AWS_PROFILE": "default",
            },
            ("ENV", "e", "t"),
        ),
        ({}, ("FILE", "s", None)),
    ],
)
def test_credentials_are_those_of_botocore(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], keys: tuple[str, str, str | None]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert _keys(_client(eased=True)) == _keys(_client(eased=False)) == keys


@pytest.mark.parametrize(
    ("environment", "proxies"),
    [
        ({}, {}),
        ({"HTTPS_PROXY": PROXY}, {"https": PROXY}),
        ({"https_proxy": PROXY, "no_proxy": ".amazonaws.com"}, {}),
    ],
)
def test_proxies_are_those_of_botocore(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], proxies: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = [_client(eased)._endpoint.http_session._proxy_config._proxies for eased in (True, False)]
    assert found == [proxies, proxies]


def test_the_client_has_the_config_it_is_given() -> None:
    eased, plain = _client(eased=True).meta.config, _client(eased=False).meta.config
    assert (eased.connect_timeout, eased.retries) == (plain.connect_timeout, plain.retries)
    assert eased.connect_timeout == 1
