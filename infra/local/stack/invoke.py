"""``make invoke``: runs a built function on an event file against the running stack, without Docker."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError

from stack.build import build
from stack.deploy import STACK_NAME, client
from stack.emulator import FunctionFailed, emulated
from stack.event_files import EVENTS, EventInvalid, cases, fill
from stack.progress import StartError
from stack.running import description
from stack.settings import ROOT, Settings


class AskedWrongly(Exception):
    """There is no such function or event, or no stack. The text says so, and what there is."""


def main() -> int:
    """Prints the answer. Returns 0 if the function answered, 1 if it failed, 2 if it could not be asked."""
    settings = Settings.from_env()
    try:
        print(_invoke(settings, *sys.argv[1:3]))
    except FunctionFailed as error:
        print(f"The function failed: {error}", file=sys.stderr)
        return 1
    except (AskedWrongly, StartError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _invoke(settings: Settings, function: str, event_file: str) -> str:
    stack = running_stack(settings)
    there = functions(settings)
    if function not in there:
        raise AskedWrongly(_offer(f"There is no function {function!r}." if function else "Which function?", there))
    event = _event(function, event_file, stack)
    build()
    with emulated(there[function], configuration(function, settings), settings, sys.stderr.buffer) as emulator:
        return emulator.invoke(json.dumps(event))


def running_stack(settings: Settings) -> dict[str, Any]:
    """The description of the stack; AskedWrongly if none runs."""
    try:
        return description(settings)
    except SystemExit as error:
        raise AskedWrongly(str(error)) from None


def functions(settings: Settings) -> dict[str, str]:
    """The deployed functions' logical ids by their names, which are those of their folders in ``events/``."""
    try:
        found = client("cloudformation", settings).describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    except BotoCoreError as error:
        raise AskedWrongly(f"The stack does not answer ({error}). Start it again: make stop, make start") from None
    ids = sorted(each["LogicalResourceId"] for each in found if each["ResourceType"] == "AWS::Lambda::Function")
    return {function_name(logical_id): logical_id for logical_id in ids}


def function_name(logical_id: str) -> str:
    """``send_gate`` of ``SendGate``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).lower()


def configuration(function: str, settings: Settings) -> dict[str, Any]:
    """What is deployed and serves: environment, handler, timeout, memory."""
    name = f"{STACK_NAME}-{function.replace('_', '-')}"
    found: dict[str, Any] = client("lambda", settings).get_function_configuration(FunctionName=name, Qualifier="live")
    return found


def _event(function: str, event_file: str, stack: dict[str, Any]) -> Any:
    path = Path(event_file)
    if not event_file or not path.is_file():
        there = [str(each.relative_to(ROOT)) for each in cases(function)]
        raise AskedWrongly(_offer(f"There is no event {event_file!r}." if event_file else "Which event?", there))
    try:
        return fill(path.read_text(encoding="utf-8"), stack)
    except (EventInvalid, UnicodeDecodeError) as error:
        raise AskedWrongly(f"{event_file} cannot be used: {error}") from None


def _offer(what: str, there: Any) -> str:
    lines = "\n".join(f"  {each}" for each in there) or f"  none in {EVENTS.relative_to(ROOT)}/"
    return f"{what} There are:\n{lines}\nAs in: make invoke FUNCTION=send_gate EVENT=events/send_gate/template.json"


if __name__ == "__main__":
    sys.exit(main())
