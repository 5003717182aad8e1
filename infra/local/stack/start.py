"""``make start``: starts the stack, then prints its log until Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stack.build import build
from stack.deploy import client, deploy, function_environment, outputs, physical_ids, verify_sender
from stack.follow_log import follow
from stack.processes import Processes, require_free, wait_for
from stack.progress import StartError, step
from stack.routes import create_routes
from stack.settings import REGION, ROOT, Settings
from stack.table_settings import apply_table_settings
from stack.usage import usage

_PROCESSES = {"aws": "MiniStack", "bsp": "the BSP simulator", "oidc": "the OIDC provider"}

_FUNCTIONS = {
    "inbound_webhook": "InboundWebhookName",
    "send_gate": "SendGateName",
    "cost_rollup": "CostRollupName",
    "read_api": "ReadApiName",
}


def main() -> int:
    """Start the stack; unless ``DETACH=1``, follow its log and stop it at Ctrl-C. Returns the exit status."""
    settings = Settings.from_env()
    processes = Processes(settings.folder)
    began = time.monotonic()
    try:
        with _ending_as_by_ctrl_c():
            stack = start(settings, processes)
    except (StartError, KeyboardInterrupt) as error:
        print(f"\n{str(error) or 'Interrupted'}", file=sys.stderr)
        return 1
    print(f"Ready in {time.monotonic() - began:.0f} s.\n{usage(stack, settings)}", flush=True)
    if os.environ.get("DETACH") == "1":
        return 0
    follow(settings)
    stop(settings, processes)
    return 0


def start(settings: Settings, processes: Processes) -> dict[str, Any]:
    """Start the stack and write ``stack.json``. Raises StartError, and then leaves nothing running."""
    if running := processes.running():
        raise StartError(_what_is_there(settings, running))
    require_free(settings.aws_port, "GATE24_AWS_PORT")
    require_free(settings.bsp_port, "GATE24_BSP_PORT")
    require_free(settings.oidc_port, "GATE24_OIDC_PORT")
    settings.folder.mkdir(parents=True, exist_ok=True)
    _remove_old_state(settings)
    try:
        with step("Building (sam build; 1 to 3 minutes the first time)"):
            build()
        with step(f"Starting MiniStack on port {settings.aws_port}"):
            start_aws(settings, processes)
        with step(f"Starting the BSP simulator on port {settings.bsp_port}"):
            start_bsp(settings, processes)
        with step(f"Starting the OIDC provider on port {settings.oidc_port}"):
            start_oidc(settings, processes)
        with step("Deploying template.yaml (sam deploy; about a minute)"):
            deploy(settings)
        os.environ.update(settings.aws_environment())
        with step("Adding routes and table settings that MiniStack leaves out"):
            deployed = outputs(settings)
            create_routes(settings, deployed["ApiId"])
            apply_table_settings(settings, deployed["TableName"])
            _allow_http(settings, deployed["MediaBucketName"])
            verify_sender(settings)
        stack = describe(settings)
        with step("Seeding two demo organizations and a conversation (up to 2 minutes)"):
            stack["organizations"] = _seed(stack, settings)
        with step("Signing in the demo's members"):
            stack["oidc"] = _sign_in(stack, settings)
    except BaseException:
        stop(settings, processes)
        raise
    _write(settings.stack_file, stack)
    return stack


@contextlib.contextmanager
def _ending_as_by_ctrl_c() -> Iterator[None]:
    """Whoever ends this process by SIGTERM, or closes its terminal, ends what it has started so far, too."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    ending = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in ending}  # nohup ignores the second
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _what_is_there(settings: Settings, running: Mapping[str, int]) -> str:
    """Of the recorded processes that run. ``stack.json`` is written once a stack is ready."""
    if settings.stack_file.exists():
        return f"This stack is running already ({settings.stack_file}). End it first: make stop"
    named = " and ".join(f"{_PROCESSES.get(name, name)} (process {pid})" for name, pid in running.items())
    return (
        f"Left of a start that did not get to its end: {named}; {settings.stack_file} is not written. "
        "If no other make start is under way, end what is left: make stop"
    )


def stop(settings: Settings, processes: Processes) -> list[str]:
    """End the stack's processes. Returns the names of those that were running."""
    ended = processes.end()
    settings.stack_file.unlink(missing_ok=True)
    shutil.rmtree(_temporary(settings), ignore_errors=True)
    return ended


def describe(settings: Settings) -> dict[str, Any]:
    """The content of ``stack.json``, without the organizations, which are not seeded yet."""
    deployed = outputs(settings)
    api_url = f"{settings.aws_url}/_aws/execute-api/{deployed['ApiId']}"
    return {
        "api_url": api_url,
        "console_url": f"{api_url}/console",
        "graph_url": f"{api_url}/graph",
        "gupshup_url": f"{api_url}/gupshup",
        "bsp_url": settings.bsp_url,
        "aws_endpoint": settings.aws_url,
        "region": REGION,
        "tables": {"Table": deployed["TableName"]},
        "channel_secrets_prefix": deployed["ChannelSecretsPrefix"],
        "contact_key_secret": deployed["ContactKeySecretArn"],
        "functions": {name: deployed[output] for name, output in _FUNCTIONS.items()},
        "queues": {
            "parked_events": deployed["ParkedEventsUrl"],
            "parked_events_dead_letters": deployed["ParkedEventsDeadLettersUrl"],
            "rollup_failures": deployed["RollupFailuresUrl"],
            "rollup_days": deployed["RollupDaysUrl"],
            "rollup_days_dead_letters": deployed["RollupDaysDeadLettersUrl"],
            "deliveries": deployed["DeliveriesUrl"],
            "deliveries_dead_letters": deployed["DeliveriesDeadLettersUrl"],
            "media": deployed["MediaQueueUrl"],
            "media_dead_letters": deployed["MediaDeadLettersUrl"],
        },
        "organizations": [],
    }


def start_aws(settings: Settings, processes: Processes) -> subprocess.Popen[bytes]:
    """Start MiniStack alone, as after a stop that kept its state (``PERSIST_STATE``)."""
    temporary = _temporary(settings)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    environment = settings.aws_environment() | {
        "GATEWAY_PORT": str(settings.aws_port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true" if os.environ.get("GATE24_ENFORCE_IAM") == "1" else "false",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "TMPDIR": str(temporary),
        "IOT_MTLS_ENABLED": "0",  # these two would listen on further ports
        "SFTP_ENABLED": "0",
        "MINISTACK_WORKER_THREADS": "256",  # each waiting request holds one, and the functions' calls need more
        "PYTHONPATH": str(ROOT / "infra" / "local"),
        "PYTHONUNBUFFERED": "1",
    }
    process = processes.start("aws", [sys.executable, "-m", "stack.aws"], environment, settings.aws_log)
    wait_for(f"{settings.aws_url}/_ministack/health", process, settings.aws_log, seconds=60)
    return process


def start_bsp(settings: Settings, processes: Processes) -> subprocess.Popen[bytes]:
    """Start the BSP simulator alone."""
    command = [
        sys.executable,
        "-m",
        "bsp_simulator",
        "--port",
        str(settings.bsp_port),
        "--config",
        str(settings.bsp_file),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "infra" / "local"), "PYTHONUNBUFFERED": "1"}
    process = processes.start("bsp", command, environment, settings.bsp_log)
    wait_for(f"{settings.bsp_url}/_sim/requests", process, settings.bsp_log, seconds=20)
    return process


def oidc_command(port: int) -> list[str]:
    return [sys.executable, "-m", "oidc_provider", "--port", str(port)]


def start_oidc(settings: Settings, processes: Processes) -> subprocess.Popen[bytes]:
    """Start the OIDC provider alone."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "infra" / "local"), "PYTHONUNBUFFERED": "1"}
    process = processes.start("oidc", oidc_command(settings.oidc_port), environment, settings.oidc_log)
    wait_for(f"{settings.oidc_url}/.well-known/openid-configuration", process, settings.oidc_log, seconds=20)
    return process


def _sign_in(stack: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """``oidc`` of ``stack.json``: the issuer, and each demo member with an ID token of a day."""
    from demo_data import MEMBERS
    from oidc_provider import CLIENT_ID, id_token

    members = [
        {
            "email": each["email"],
            "role": each["role"],
            "token": id_token(settings.oidc_url, each["email"], stack["console_url"]),
        }
        for each in MEMBERS
    ]
    return {"issuer": settings.oidc_url, "client_id": CLIENT_ID, "members": members}


def _seed(stack: dict[str, Any], settings: Settings) -> list[dict[str, Any]]:
    """Returns the seeded organizations. The seed uses the functions' store, so it needs a function's environment."""
    function = physical_ids(settings)["SendGate"]
    os.environ.update(function_environment(settings, function))
    from seed import seed

    organizations: list[dict[str, Any]] = seed(stack)
    return organizations


def _allow_http(settings: Settings, bucket: str) -> None:
    """Removes the bucket's policy, which wants TLS: MiniStack speaks http alone, and where it enforces IAM
    (``GATE24_ENFORCE_IAM=1``) no file could be stored."""
    client("s3", settings).delete_bucket_policy(Bucket=bucket)


def _temporary(settings: Settings) -> Path:
    """The folder into which MiniStack unpacks the functions: some megabytes for each running worker."""
    return settings.folder / "tmp"


def _remove_old_state(settings: Settings) -> None:
    for path in (settings.stack_file, settings.bsp_file):
        path.unlink(missing_ok=True)


def _write(path: Path, stack: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(stack, indent=2, ensure_ascii=False) + "\n")
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main())
