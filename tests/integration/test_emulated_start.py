"""What ``make bench`` measures under AWS's emulator is a start as in AWS: the function's folder alone, its secrets."""

from __future__ import annotations

import sys

import pytest

from stack.emulator import folder_of
from tests.performance import bench_cold, emulated

WITH_A_KEY = {"AdminApi", "DeliverEvents", "InboundWebhook", "ReadApi", "SendGate"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="AWS's emulator runs on Linux alone")


def test_each_function_has_a_first_request_and_a_webhooks_reads_its_secrets() -> None:
    bench_cold.require_artifact()
    with emulated.world() as world:
        cases = {case.name: case for case in world.cases}
        assert cases.keys() == bench_cold.HANDLERS.keys()
        assert {name for name, case in cases.items() if "CONTACT_KEY_SECRET_ARN" in case.variables} == WITH_A_KEY
        case, folder = cases["InboundWebhook"], bench_cold.ARTIFACT / "InboundWebhook"
        found = world.start(case, [folder], sys.executable, folder_of("awslambdaric"))
        assert world.asked.count("GetSecretValue") == 2, "the contact key, and the channel's"
        assert found.init > found.first > 0 and found.runtime > 0
