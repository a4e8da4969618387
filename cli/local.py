"""How commands find the running system: its addresses, tokens for its people, a write key for its tenants."""

import json
import os
from typing import Any

from cli.api import Api
from deploy.local import keys
from deploy.local.home import SetupError, folder, home


def system() -> dict[str, Any]:
    """Addresses of the system of this home; raises `SetupError` when it was never started."""
    try:
        known: dict[str, Any] = json.loads((home() / "runtime.json").read_text())
    except FileNotFoundError:
        raise SetupError(f"Nothing is up in {home()}: start it with `salescompass up`.") from None
    return known


def token(tenant: str, login: str) -> str:
    """A bearer token for a seeded user; raises `SetupError` for an unknown one."""
    return keys.token(home(), tenant, login)


def operator_token() -> str:
    """A bearer token for who runs the system."""
    return keys.operator_token(home())


def demo_source(tenant: str) -> tuple[str, str]:
    """Id and write key of the tenant's demo source, made by its admin at the first call and kept."""
    file = folder(home() / "keys") / f"source-{tenant}.json"
    if not file.exists():
        made = make_source(tenant)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(made, out)
    known = json.loads(file.read_text())
    return known["source"], known["write_key"]


def make_source(tenant: str) -> dict[str, str]:
    """Asks engagement for a source with a write key."""
    with Api(system()["gateway"], token(tenant, "ada")) as api:
        source = api.post("/api/engagement/sources", {"name": "demo"}, key=f"demo-source-{tenant}")
        key = api.post(f"/api/engagement/sources/{source['id']}/write-keys", {}, key=f"demo-key-{tenant}")
    return {"source": source["id"], "write_key": key["write_key"]}
