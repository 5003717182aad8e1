"""MiniStack alone, the AWS of ``make start``: a DynamoDB without a stack. It comes with the development environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.processes import Processes, free_ports
from stack.progress import StartError
from stack.settings import Settings
from stack.start import start_aws
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.requirement import missing


@contextmanager
def start_ministack(folder: Path) -> Iterator[DynamoDBLocal]:
    """Runs on a free port until the block ends. Skips (or fails, see ``requirement.missing``) where it does not
    start."""
    settings = Settings(folder, *free_ports(2))
    processes = Processes(folder)
    try:
        start_aws(settings, processes)
    except StartError as error:
        processes.end()
        missing(f"MiniStack did not start (make install): {str(error).splitlines()[0]}")
    try:
        yield DynamoDBLocal(settings.aws_url)
    finally:
        processes.end()
