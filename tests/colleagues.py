"""A user as the identity service tells of them, for tests that need people."""

from typing import Any
from uuid import UUID

from chassis.ids import user_id


def user_record(tenant: UUID, login: str, *roles: str, **more: Any) -> dict[str, Any]:
    """A User record: nothing is known of the person but what is said; a manager is named by login."""
    record: dict[str, Any] = {
        "tenant_id": str(tenant),
        "user_id": str(user_id(tenant, login)),
        "version": 1,
        "login": login,
        "roles": list(roles),
        "team": None,
        "manager_id": None,
        "active": True,
        "territories": [],
        "capacity": None,
        "absent_from": None,
        "absent_until": None,
        "visibility": None,
        "pii": None,
        "key_id": None,
    }
    if manager := more.pop("manager", None):
        record["manager_id"] = str(user_id(tenant, manager))
    assert more.keys() <= record.keys()
    return record | more
