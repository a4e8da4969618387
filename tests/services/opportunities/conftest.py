"""An opportunities database."""

from collections.abc import Callable, Iterator

import pytest

from chassis.colleagues.table import keep_colleague
from chassis.db import UnitOfWork
from services.opportunities import commands
from services.opportunities.__main__ import SERVICE
from tests.services.house import House
from tests.services.opportunities.deals import ACCOUNT, GLOBEX_AG, account, colleague


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh, migrated database that has heard of two accounts and of who works at ACME."""
    with House.over(SERVICE, database("opportunities")) as house:
        house.run(hear)
        yield house


def hear(uow: UnitOfWork) -> None:
    """What accounts and identity have told so far."""
    commands.store_accounts(uow, [account(id) for id in (ACCOUNT, GLOBEX_AG)])
    for known in (colleague("ana"), colleague("max", roles=["manager"]), colleague("leo", active=False)):
        keep_colleague(uow, known)
