"""What every suite stands on: moto before any client, an AWS that cannot be the real one."""

import moto  # isort: skip  # first of all: a botocore client made before moto is imported talks to AWS itself

import gc
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from moto.core.botocore_stubber import BotocoreStubber

from tests.support.aws_clients import made_once
from tests.support.dynamodb_local import DynamoDBLocal, start_dynamodb_local

assert moto

REGION = "ap-south-1"

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION=REGION,
    AWS_REGION=REGION,
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_SERVICE_NAME="gate24",
    POWERTOOLS_METRICS_NAMESPACE="gate24",
)
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
    os.environ.pop(name, None)

# What a busy machine takes long for is no fault.
settings.register_profile("gate24", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gate24")


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collector need not look through it over and over, a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how many faults were tried (``test_faults.py``)."""
    said = [dict(report.user_properties) for report in terminalreporter.getreports("passed")]
    flows = [each for each in said if "fault points" in each]
    if flows:
        points, faults = (sum(each[name] for each in flows) for name in ("fault points", "faults"))
        terminalreporter.write_line(f"{len(flows)} flows with {points} fault points and {faults} faults")


@pytest.fixture(scope="session", autouse=True)
def atomic_moto() -> Iterator[None]:
    """moto answers one call at a time, as DynamoDB does for one item.

    Without the lock two conditional writes from two threads can both win, and a concurrency test would be a
    test of moto.
    """
    lock = threading.RLock()
    original: Callable[..., Any] = BotocoreStubber.__call__

    def one_at_a_time(self: BotocoreStubber, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return original(self, *args, **kwargs)

    BotocoreStubber.__call__ = one_at_a_time  # type: ignore[method-assign]
    yield
    BotocoreStubber.__call__ = original  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def clients_made_once() -> Iterator[None]:
    with made_once():
        yield


@pytest.fixture(scope="session")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoDBLocal]:
    """A DynamoDB Local of this test session, on a free port, in memory."""
    with start_dynamodb_local(tmp_path_factory.mktemp("dynamodb-local")) as database:
        yield database
