"""An opportunities database, and the API in front of it with callers of two tenants."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from chassis.colleagues.table import keep_colleague
from chassis.db import UnitOfWork
from services.opportunities import commands
from services.opportunities.__main__ import SERVICE
from tests.services.house import Door, House, built, opened
from tests.services.opportunities.deals import ACCOUNT, GLOBEX_AG, account, colleague


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh, migrated database that has heard of two accounts and of who works at ACME."""
    for house in built(SERVICE, database("opportunities")):
        house.run(hear)
        yield house


def hear(uow: UnitOfWork) -> None:
    """What accounts and identity have told so far."""
    for id in (ACCOUNT, GLOBEX_AG):
        commands.store_account(uow, account(id))
    for known in (colleague("ana"), colleague("max", roles=["manager"]), colleague("leo", active=False)):
        keep_colleague(uow, known)


@pytest.fixture
def door(house: House, tmp_path: Path) -> Iterator[Door]:
    """The API over a real database."""
    yield from opened(house, tmp_path)


@pytest.fixture
def ana(door: Door) -> Iterator[httpx.Client]:
    """A rep of ACME."""
    with door.client() as client:
        yield client


@pytest.fixture
def ada(door: Door) -> Iterator[httpx.Client]:
    """An admin of ACME."""
    with door.client("ada", "admin") as client:
        yield client
