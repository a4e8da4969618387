"""The seeded people: read from people.yaml, brought to identity.user until the identity service exists."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Person:
    """A user of one tenant."""

    tenant: str
    login: str
    name: str
    roles: tuple[str, ...]
    team: str | None = None
    manager: str | None = None

    @property
    def email(self) -> str:
        """Where urgent alerts go."""
        return f"{self.login}@{self.tenant}.example"


def tenants() -> list[str]:
    """Slugs of the seeded tenants."""
    return [str(name) for name in read()["tenants"]]


def people() -> list[Person]:
    """Every user of every tenant."""
    users = read()["users"]
    return [
        Person(
            tenant, user["login"], user["name"], tuple(user["roles"]), user.get("team"), user.get("manager")
        )
        for tenant in tenants()
        for user in users
    ]


def read() -> Any:
    """The file as it stands."""
    return yaml.safe_load(Path(__file__).with_name("people.yaml").read_text())
