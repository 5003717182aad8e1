"""``make sam-local``: what ``sam local`` needs to run the built functions in Docker against the running stack.

SAM resolves no reference to what is deployed, so the functions are described with the values of the deployed ones.
Inside a container this machine is ``host.docker.internal``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from stack.build import ARTIFACT, build
from stack.event_files import EVENTS, EventInvalid, cases, fill
from stack.invoke import AskedWrongly, configuration, functions, running_stack
from stack.progress import StartError
from stack.settings import ROOT, Settings
from stack.template import source

_HOST = "host.docker.internal"


def main() -> int:
    """Writes ``sam/template.json`` and ``sam/events`` into the stack's folder. Returns 2 where no stack answers."""
    settings = Settings.from_env()
    try:
        folder = write(settings)
    except (AskedWrongly, EventInvalid, StartError) as error:
        print(error, file=sys.stderr)
        return 2
    written = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
    print(f"Written: {written}/template.json and {written}/events. docs/local-invocation.md says how to use them.")
    return 0


def write(settings: Settings) -> Path:
    """Writes both, and returns their folder. AskedWrongly where no stack answers."""
    stack, folder = running_stack(settings), settings.folder / "sam"
    deployed = functions(settings)
    build()
    _write(folder / "template.json", template(deployed, settings))
    for function in deployed:
        for case in cases(function):
            event = fill(case.read_text(encoding="utf-8"), stack)
            _write(folder / "events" / case.relative_to(EVENTS), event)
    return folder


def template(deployed: dict[str, str], settings: Settings) -> dict[str, Any]:
    """A SAM template of the functions (logical ids by names) and of the API before them, with nothing to resolve."""
    written = source()["Resources"]
    api = {"Type": "AWS::Serverless::HttpApi", "Properties": {"Auth": _auth(written["Api"]["Properties"]["Auth"])}}
    described = {
        logical_id: _function(logical_id, written[logical_id]["Properties"], configuration(name, settings), settings)
        for name, logical_id in deployed.items()
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Api": api, **described},
    }


def _auth(written: dict[str, Any]) -> dict[str, Any]:
    """As it is written, but with the function itself for its alias, which ``sam local`` does not know."""
    authorizer = {**written["Authorizers"]["ApiKey"], "FunctionArn": {"Fn::GetAtt": ["Authorizer", "Arn"]}}
    return {**written, "Authorizers": {"ApiKey": authorizer}}


def _function(logical_id: str, written: dict[str, Any], deployed: dict[str, Any], settings: Settings) -> dict[str, Any]:
    aws = settings.aws_environment()
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION")
    variables = deployed["Environment"]["Variables"] | {name: aws[name] for name in names}
    properties = {
        "CodeUri": str(ARTIFACT / logical_id),
        "Handler": deployed["Handler"],
        "Runtime": deployed["Runtime"],
        "Architectures": deployed["Architectures"],
        "Timeout": deployed["Timeout"],
        "MemorySize": deployed["MemorySize"],
        "Environment": {
            "Variables": {name: value.replace("127.0.0.1", _HOST) for name, value in variables.items()},
        },
        "Events": {name: event for name, event in written.get("Events", {}).items() if event["Type"] == "HttpApi"},
    }
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
