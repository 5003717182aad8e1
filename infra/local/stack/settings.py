"""The local stack's folder and ports, from the environment."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
REGION = "ap-south-1"
ACCOUNT = "000000000000"
STAGE = "local"
DEFAULT_FOLDER = ".local"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""MiniStack runs the functions with its own interpreter, which is this one."""
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


@dataclass(frozen=True, slots=True)
class Settings:
    """Two stacks can run side by side if their folders and ports differ."""

    folder: Path
    aws_port: int
    bsp_port: int
    oidc_port: int = 5010

    @classmethod
    def from_env(cls) -> Settings:
        """From ``GATE24_STATE_DIR`` (.local), ``GATE24_AWS_PORT`` (4566), ``GATE24_BSP_PORT`` (4010) and
        ``GATE24_OIDC_PORT`` (1000 above the BSP simulator's)."""
        bsp_port = int(os.environ.get("GATE24_BSP_PORT", "4010"))
        beside = bsp_port + 1000 if bsp_port + 1000 < 2**16 else bsp_port - 1000
        return cls(
            folder=ROOT / os.environ.get("GATE24_STATE_DIR", DEFAULT_FOLDER),
            aws_port=int(os.environ.get("GATE24_AWS_PORT", "4566")),
            bsp_port=bsp_port,
            oidc_port=int(os.environ.get("GATE24_OIDC_PORT", beside)),
        )

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def bsp_url(self) -> str:
        return f"http://127.0.0.1:{self.bsp_port}"

    @property
    def oidc_url(self) -> str:
        """The issuer."""
        return f"http://127.0.0.1:{self.oidc_port}"

    @property
    def stack_file(self) -> Path:
        """The description of the running stack for users and tools; it exists only while the stack runs."""
        return self.folder / "stack.json"

    @property
    def bsp_file(self) -> Path:
        """The simulator's configuration, written by the seed."""
        return self.folder / "bsp.json"

    @property
    def aws_log(self) -> Path:
        """MiniStack's log, which includes the functions' output."""
        return self.folder / "aws.log"

    @property
    def bsp_log(self) -> Path:
        return self.folder / "bsp.log"

    @property
    def oidc_log(self) -> Path:
        return self.folder / "oidc.log"

    @property
    def deploy_log(self) -> Path:
        return self.folder / "deploy.log"

    def aws_environment(self) -> dict[str, str]:
        """This process's environment, changed so that AWS tools reach MiniStack and nothing else."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return kept | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": f"127.0.0.1,{os.environ.get('NO_PROXY', '')}",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.5",  # seconds; the default of 5 is meant for the real AWS
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
