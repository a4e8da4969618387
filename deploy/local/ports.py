"""Ports of a local system: fixed ones by default, others by `<NAME>_PORT`, free ones with PORTS=free."""

import json
import os
from pathlib import Path

from deploy.local.free_ports import free_port
from deploy.local.home import SetupError, folder

DEFAULTS = {
    "gateway": 8080,
    "kafka": 9092,
    "registry": 8081,
    "smtp": 8025,
    "engagement": 8101,
    "leads": 8102,
    "notifications": 8103,
    "opportunities": 8105,
    "accounts": 8104,
    "engagement_api_ops": 8201,
    "engagement_work_ops": 8202,
    "leads_api_ops": 8203,
    "leads_work_ops": 8204,
    "leads_stream_ops": 8205,
    "notifications_api_ops": 8206,
    "notifications_work_ops": 8207,
    "notifications_stream_ops": 8208,
    "opportunities_api_ops": 8211,
    "opportunities_work_ops": 8212,
    "accounts_api_ops": 8209,
    "accounts_work_ops": 8210,
}


def ports(home: Path) -> dict[str, int]:
    """Name to port: as the environment says, else as this home had them before, else the defaults.

    What is chosen is kept, so that every later command and start finds the system where it was.
    """
    file = folder(home) / "ports.json"
    kept: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    chosen = {name: stated(name) or kept.get(name) or usual(name) for name in DEFAULTS}
    if chosen != kept:
        file.write_text(json.dumps(chosen, indent=1))
    return chosen


def stated(name: str) -> int | None:
    """The port that the environment names; raises `SetupError` when it is none."""
    text = os.environ.get(f"{name.upper()}_PORT")
    if text and not (text.isdecimal() and 0 < int(text) < 65536):
        raise SetupError(f"{name.upper()}_PORT is {text!r}: it must be a port, 1 to 65535.")
    return int(text) if text else None


def usual(name: str) -> int:
    """A free port with PORTS=free, else the default."""
    return free_port() if os.environ.get("PORTS") == "free" else DEFAULTS[name]
