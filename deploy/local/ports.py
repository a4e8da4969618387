"""Ports of a local system: fixed ones by default, others by `<NAME>_PORT`, free ones with PORTS=free."""

import json
import os
from pathlib import Path

from deploy.local.home import free_port

DEFAULTS = {
    "gateway": 8080,
    "kafka": 9092,
    "registry": 8081,
    "smtp": 8025,
    "engagement": 8101,
    "leads": 8102,
    "notifications": 8103,
    "engagement_api_ops": 8201,
    "engagement_work_ops": 8202,
    "leads_api_ops": 8203,
    "leads_work_ops": 8204,
    "leads_stream_ops": 8205,
    "notifications_api_ops": 8206,
    "notifications_work_ops": 8207,
    "notifications_stream_ops": 8208,
}


def ports(home: Path) -> dict[str, int]:
    """Name to port: as this home had them before, else as the environment says, else the defaults."""
    kept = home / "ports.json"
    if kept.exists():
        return {**DEFAULTS, **json.loads(kept.read_text())}
    free = os.environ.get("PORTS") == "free"
    chosen = {
        name: int(os.environ.get(f"{name.upper()}_PORT") or (free_port() if free else port))
        for name, port in DEFAULTS.items()
    }
    home.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(chosen, indent=1))
    return chosen
