"""docs/deploy.md: its blocks are run one after another in a fresh clone, against a MiniStack and a BSP simulator of
their own.

Where the test departs from the page, it prints so (``DEPARTURES``), beside the blocks that it does not run
(``NOT_IN_THE_TEST``).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

import install
import stack.deploy
from stack.deploy import client, outputs
from stack.processes import Processes, free_ports
from stack.routes import create_routes
from stack.settings import ARCHITECTURE, REGION, ROOT, Settings
from stack.start import start_aws, start_bsp
from stack.table_settings import apply_table_settings
from stack.template import source
from tests.support.https_proxy import https_proxy
from tests.support.page_shell import Block, Shell, blocks

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")

DOMAIN, PHONE, STACK = "gate24.example.org", "+919876512345", "gate24-prod"
APP_SECRET = "app-secret"
GUPSHUP: dict[str, Any] = {
    "provider": "gupshup",
    "business_number": "+919876543213",
    "app": "ReadingApp",
    "api_key": "gupshup-key",
    "templates": [
        {
            "id": "t1",
            "elementName": "class_reminder",
            "languageCode": "en",
            "category": "UTILITY",
            "status": "APPROVED",
            "templateType": "TEXT",
            "data": "Hello {{1}}, your class begins at {{2}}.",
        }
    ],
}
META: dict[str, Any] = {
    "provider": "meta",
    "business_number": "+919876543214",
    "phone_number_id": "100000000000001",
    "access_token": "meta-token",
    "templates": [
        {
            "id": "t2",
            "name": "class_reminder",
            "language": "en",
            "category": "UTILITY",
            "status": "APPROVED",
            "components": [{"type": "BODY", "text": "Hello {{1}}, your class begins at {{2}}."}],
        }
    ],
}
KEYS = {"reading": GUPSHUP["api_key"], "reading-meta": META["access_token"]}
"""The simulator's channels, as a provider has them before gate24 is there."""

YOURS = {
    "YOUR_DOMAIN": DOMAIN,
    "YOUR_ALARM_EMAIL": "ops@example.org",
    "YOUR_EMAIL": "leela@example.org",
    "YOUR_GUPSHUP_NUMBER": GUPSHUP["business_number"],
    "YOUR_GUPSHUP_APP_ID": "ReadingApp",  # so the simulator calls it
    "YOUR_GUPSHUP_APP": GUPSHUP["app"],
    "YOUR_META_NUMBER": META["business_number"],
    "YOUR_PHONE_NUMBER_ID": META["phone_number_id"],
    "YOUR_WABA_ID": "100000000000001",
    "YOUR_PHONE": PHONE,
    "YOUR_TEMPLATE": "class_reminder",
    "YOUR_RELEASE": "0.3.0",
    "YOUR_GITHUB_REPOSITORY": "example/gate24",
    "YOUR_OWNER_ID": "123456",
    "YOUR_REPOSITORY_ID": "456789",
}
"""What a reader puts in."""

NOT_IN_THE_TEST = {
    "aws service-quotas request-service-quota-increase": "no quotas",
    "aws acm describe-certificate": "a real name",
    "curl -sS --retry 30": "real DNS",
    "aws lambda update-alias": "no version but the last",
    "make build PYTHON=python3.13 ARCHITECTURE=arm64 && sam deploy --config-env dev": "3. once more",
    "aws cloudformation deploy --stack-name github-provider": "AWS::IAM::OIDCProvider",
    "gh api repos/": "asks GitHub",
    'sam deploy --config-env "$STAGE"': "9. once more",
    "parameter ConsoleUrl": "9. once more",
}
"""Their second line begins so; the page gives such a reason in the first."""

DEPARTURES = (
    "make install finds the .venv that the tests run in, by a link, and installs nothing.",
    "make build finds what was built for the tests, by hard links, and builds what differs.",
    f"make build gets ARCHITECTURE={ARCHITECTURE} and this machine's Python, not python3.13 and arm64.",
    "channel create gets --api-base: the provider is the simulator.",
    "sam deploy --guided is ended when it has saved the answers: it deploys nothing.",
    "Behind the deployment the test adds routes and table settings that MiniStack leaves out.",
    "What the page says is entered at the provider is written into the simulator's file.",
)
"""Besides ``YOURS``."""

GUIDED = "sam deploy --guided"
SAVED = "Saved arguments to config file"

SMOKE = "^ok +(?:health|webhook|check|costs): "
"""A line of ``make smoke``."""

NOT_THE_READERS = ("GATE24_", "MAKE", "MFLAGS", "PERSIST_STATE", "PYTHONPATH", "STATE_DIR")
"""With what the names of variables begin that ``make test`` has set, for a stack of its own."""


@dataclass(slots=True)
class Reader:
    """Does what the page says, and what it leaves to the reader."""

    shell: Shell
    settings: Settings
    folder: Path
    api: list[str]
    """What stands before a path of the API at MiniStack: known once it is deployed."""
    said: dict[int, str] = field(default_factory=dict)
    channels: list[dict[str, Any]] = field(default_factory=list)

    @property
    def clone(self) -> Path:
        return self.folder / "gate24"

    def follow(self, block: Block) -> None:
        if block.reason:
            print(f"Not run: {block.reason}")
            return
        text = self._filled_in(block.text)
        if GUIDED in text:
            self.said[block.number] = self._ask_save_and_stop()
            return
        said = self.said[block.number] = self.shell.run(Block(block.number, text), self._typed(text))
        if "git clone" in text:
            self._share_what_is_installed_and_built()
        if text.startswith("STAGE="):
            self._add_what_ministack_leaves_out()
        if "channel create" in text:
            self._enter_at_the_provider(text, said)

    def _filled_in(self, text: str) -> str:
        for name, value in {**YOURS, "YOUR_CLONE_URL": str(self.folder / "origin")}.items():
            text = text.replace(name, value)
        assert "YOUR_" not in text, text
        # Lambda's Python and processor are not this machine's, and the provider is the simulator.
        text = text.replace("PYTHON=python3.13 ARCHITECTURE=arm64", f"ARCHITECTURE={ARCHITECTURE}")
        if "channel create" in text:
            text = text.replace("--number", f"--api-base {self.settings.bsp_url} --number")
        return text

    def _typed(self, text: str) -> str:
        name = re.search(r"secret set (\S+) (\S+)", text)
        if name is None:
            return ""
        return f"{APP_SECRET if name[2] == 'app-secret' else KEYS[name[1]]}\n"

    def _ask_save_and_stop(self) -> str:
        """The dialog with Enter as every answer, until it has saved them; it is ended before it deploys anything."""
        asked = subprocess.Popen(
            ["sam", "deploy", "--guided", "--config-env", "prod"],
            cwd=self.clone, env=self.settings.aws_environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert asked.stdin is not None and asked.stdout is not None
        with asked, asked.stdin:
            asked.stdin.write("\n" * (4 + len(parameters()) + 4))
            asked.stdin.flush()
            said = ""
            for line in asked.stdout:
                said += line
                if SAVED in line:
                    break
            asked.kill()
        return said

    def _share_what_is_installed_and_built(self) -> None:
        """The clone has the same requirements and sources: ``make`` compares, and leaves both alone."""
        assert install.is_installed(Path(sys.prefix)), (
            "run make install first, or the clone would install into this .venv"
        )
        (self.clone / ".venv").symlink_to(sys.prefix)
        shutil.copytree(ROOT / ".aws-sam", self.clone / ".aws-sam", copy_function=os.link)

    def _add_what_ministack_leaves_out(self) -> None:
        deployed = outputs(self.settings)
        create_routes(self.settings, deployed["ApiId"])
        apply_table_settings(self.settings, deployed["TableName"])
        self.api[0] = f"/_aws/execute-api/{deployed['ApiId']}"

    def write_from_the_phone(self) -> None:
        """Somebody writes to both numbers."""
        for channel in self.channels:
            body = {"channel_id": channel["id"], "from": PHONE, "text": "Hello"}
            told = requests.post(f"{self.settings.bsp_url}/_sim/inbound", json=body, timeout=60).json()
            assert told["statuses"] == [200], told

    def _enter_at_the_provider(self, text: str, said: str) -> None:
        """What the page says is entered in the provider's screens; here the simulator's file has it."""
        created = re.search(r"channel create (\S+)", text)
        url = re.search(rf"https://{DOMAIN}(/webhooks/\S+)\n", said)
        token = re.search(r"(?:Webhook|Verify) token: (\S+)", said)
        assert created is not None and url is not None and token is not None, said
        common = {"id": created[1], "webhook_url": f"{self.settings.aws_url}{self.api[0]}{url[1]}"}
        own = (
            META | {"app_secret": APP_SECRET} if created[1] == "reading-meta" else GUPSHUP | {"webhook_token": token[1]}
        )
        self.channels.append(common | own)
        self.settings.bsp_file.write_text(json.dumps({"channels": self.channels}))


def parameters() -> dict[str, Any]:
    found: dict[str, Any] = source()["Parameters"]
    return found


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """Somebody who has followed the page to its end."""
    folder = ROOT / ".local" / "deploy-page"
    aws_port, bsp_port = free_ports(2)
    settings = Settings(folder / "state", aws_port, bsp_port)
    processes = Processes(settings.folder)
    processes.end()  # a killed run may have left some
    shutil.rmtree(folder, ignore_errors=True)
    settings.folder.mkdir(parents=True)
    origin(folder / "origin")
    api = [""]
    hosts = [DOMAIN, f"*.execute-api.{REGION}.amazonaws.com"]
    with pytest.MonkeyPatch.context() as patch, https_proxy(hosts, aws_port, api, folder) as proxied:
        patch.setattr(stack.deploy, "STACK_NAME", STACK)
        for name in [each for each in os.environ if each.startswith(NOT_THE_READERS)]:
            patch.delenv(name)
        running: list[subprocess.Popen[bytes]] = []
        try:
            running += [start_aws(settings, processes), start_bsp(settings, processes)]
            base = f"python{sys.version_info.major}.{sys.version_info.minor}"
            environment = settings.aws_environment() | proxied | {"PYTHON": str(Path(sys.base_prefix, "bin", base))}
            shell = Shell(folder, environment)
            print("Other than on the page:", *DEPARTURES, sep="\n- ")
            try:
                followed = Reader(shell, settings, folder, api)
                for block in blocks(PAGE):
                    began = time.monotonic()
                    if block.text.startswith("API=$(out ApiUrl)"):
                        followed.write_from_the_phone()
                    followed.follow(block)
                    print(f"{time.monotonic() - began:6.1f} s  {block.text.splitlines()[0]}")
                yield followed
            finally:
                shell.close()
        finally:
            processes.end()
            for process in running:
                process.wait()


def origin(folder: Path) -> None:
    """A repository with the files as they are now, which is cloned."""
    git = ["git", "-c", "safe.directory=*", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in listed:
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "As it is"]):
        subprocess.run([*git, *command], cwd=folder, check=True)


def said_by(reader: Reader, begins: str) -> str:
    """What the block said that has a line which begins so."""
    (number,) = (each.number for each in blocks(PAGE) if re.search(rf"^{re.escape(begins)}", each.text, re.MULTILINE))
    return reader.said[number]


def test_every_block_is_run_but_those_that_say_why_not(reader: Reader) -> None:
    left_out = {each.text.splitlines()[1]: each.reason for each in blocks(PAGE) if each.reason}
    assert len(left_out) == len(NOT_IN_THE_TEST)
    for begins, reason in NOT_IN_THE_TEST.items():
        assert [reason in said for line, said in left_out.items() if line.startswith(begins)] == [True], begins
    assert len(reader.said) == len(blocks(PAGE)) - len(left_out)


def test_the_dialog_asks_for_each_parameter_and_takes_what_samconfig_says(reader: Reader) -> None:
    said = said_by(reader, "sam deploy --guided")
    asked = dict(re.findall(r"Parameter (\w+) \[(.*?)\]: ", said))
    assert list(asked) == list(parameters())
    assert (asked["Stage"], asked["AlarmEmail"], asked["DomainName"]) == ("prod", YOURS["YOUR_ALARM_EMAIL"], DOMAIN)
    for each in (
        "Confirm changes before deploy",
        "Allow SAM CLI IAM role creation",
        "Disable rollback",
        "Save arguments",
        SAVED,
    ):
        assert each in said


def test_parameters_are_set_in_the_file_that_the_dialog_has_saved(reader: Reader) -> None:
    document = tomllib.loads((reader.clone / "samconfig.toml").read_text())
    saved = document["prod"]["deploy"]["parameters"]["parameter_overrides"].split()
    assert 'Stage="prod"' in saved
    assert [each for each in saved if each.startswith("Release=")] == [f"Release={YOURS['YOUR_RELEASE']}"]
    (boundary,) = (each for each in saved if each.startswith("PermissionsBoundary="))
    assert boundary.endswith(":policy/gate24-prod-boundary")


def test_the_stack_is_reached_by_the_name_of_ones_own(reader: Reader) -> None:
    assert said_by(reader, "out ApiUrl").split() == [f"https://{DOMAIN}", f"https://{DOMAIN}/console"]
    assert said_by(reader, "out DomainTarget").strip().startswith("d-")
    assert "https://gate24.example.org/webhooks/gupshup/reading?token=" in said_by(
        reader, "./gate24 channel create reading "
    )


def test_templates_contacts_and_consents_are_there(reader: Reader) -> None:
    assert said_by(reader, "./gate24 templates sync reading ").count("1 entered, 0 skipped") == 2
    contacts = said_by(reader, "./gate24 contacts import")
    assert contacts.count("2 imported") == 2, contacts
    assert "1 " in said_by(reader, "./gate24 consents import")


def test_the_doctor_and_the_smoke_test_find_no_fault_that_the_page_does_not_tell_of(reader: Reader) -> None:
    said = said_by(reader, "./gate24 doctor")
    faults = [line for line in said.splitlines() if line.startswith("[fault]")]
    assert [line for line in faults if "alarms" not in line] == [], said
    for check in ("webhook", "probe", "provider", "templates"):
        assert re.search(rf"^\[ok\] +reading: {check}", said, re.MULTILINE), said
    assert len(re.findall(SMOKE, said_by(reader, "KEY="), re.MULTILINE)) == 4


def test_the_first_messages_come_in_and_go_out(reader: Reader) -> None:
    assert json.loads(said_by(reader, "API=$(out ApiUrl)"))["windows"][0]["window"]["state"] == "open"
    answer = json.loads(said_by(reader, '  -d \'{"to": "YOUR_PHONE"'))
    assert (answer["status"], answer["sent_as"]) == ("accepted", "freeform")
    template, conversation = map(json.loads, said_by(reader, 'api "$API/v1/contacts/YOUR_PHONE/messages').splitlines())
    assert (template["status"], template["sent_as"]) == ("accepted", "template")
    texts = [each.get("text") for each in conversation["data"]]
    assert "Namaste from gate24" in texts and "Hello" in texts


def test_an_upgrade_makes_a_version_of_that_name_which_serves(reader: Reader) -> None:
    assert len(re.findall(SMOKE, said_by(reader, "git pull"), re.MULTILINE)) == 4
    serving, *versions = said_by(reader, "aws lambda get-alias").splitlines()
    assert f"{serving.split()[0]}\t0.3.0 " in "\n".join(versions)


def test_the_roles_of_the_pipeline_are_made(reader: Reader) -> None:
    said = said_by(reader, 'aws cloudformation deploy --stack-name "gate24-$STAGE-github"')
    assert "role/gate24-prod-github" in said and "role/gate24-prod-cloudformation" in said


def test_nothing_is_left_after_the_tear_down(reader: Reader) -> None:
    settings = reader.settings
    stacks = client("cloudformation", settings).describe_stacks()["Stacks"]
    assert [each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"] == [
        "aws-sam-cli-managed-default"
    ]
    assert client("dynamodb", settings).list_tables()["TableNames"] == []
    assert [each["Name"] for each in client("s3", settings).list_buckets()["Buckets"] if "media" in each["Name"]] == []
    assert [
        each
        for each in client("secretsmanager", settings).list_secrets()["SecretList"]
        if "contact-key" in each["Name"]
    ] == []
    functions = client("lambda", settings).list_functions()["Functions"]
    assert [each["FunctionName"] for each in functions] == []
