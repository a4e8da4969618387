"""What marketing spent on its sources (F7)."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from chassis.db import UnitOfWork
from services.leads.commands.settings import COSTS, labels_of, read_setting, store_setting
from services.leads.domain import Spent, check_once


def read_costs(uow: UnitOfWork) -> tuple[list[Spent], int]:
    """All that was spent, and the version of that."""
    value, version = read_setting(uow, COSTS)
    return [Spent(**one) for one in value.get("costs", ())], version


def store_costs(
    uow: UnitOfWork, entered: Sequence[Spent], seen: Callable[[int], None]
) -> tuple[list[Spent], int]:
    """Keeps what was spent, by the keys of the sources. Raises UnknownSource, TwiceEntered."""
    labels = labels_of(uow)
    spent = [replace(one, source=labels.source(one.source).key) for one in entered]
    check_once(spent)
    return spent, store_setting(uow, COSTS, {"costs": [asdict(one) for one in spent]}, seen)
