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
    territories: tuple[str, ...] = ()
    capacity: int | None = None

    @property
    def email(self) -> str:
        """Where urgent alerts go."""
        return f"{self.login}@{self.tenant}.example"


def tenants() -> list[str]:
    """Slugs of the seeded tenants."""
    return [str(name) for name in read()["tenants"]]


def people() -> list[Person]:
    """Every user of every tenant."""
    return [Person(tenant, **_hashable(user)) for tenant in tenants() for user in read()["users"]]


def version() -> int:
    """Version of every user in the file; a home that was seeded with a lower one gets them again."""
    return int(read()["version"])


def _hashable(user: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in user.items()}


def read() -> Any:
    """The file as it stands."""
    return yaml.safe_load(Path(__file__).with_name("people.yaml").read_text())
