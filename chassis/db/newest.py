"""What other services tell, kept as their newest event says."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, inspect

from chassis.db.inserts import write_newer
from chassis.db.models import Model
from chassis.db.unit import UnitOfWork


def keep_newest(
    uow: UnitOfWork, kind: type[Model], rows: Iterable[Mapping[str, Any]], *told: str
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Keeps the tenant's rows, of one key the one with the highest `version`, all in one statement.

    A row that is not newer than what is known changes nothing. Returns the columns `told` of what changed.
    """
    key = [column.name for column in inspect(kind).primary_key]
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        given = {"tenant_id": uow.tenant, **row}
        place = tuple(given[name] for name in key)
        if place not in newest or newest[place]["version"] < given["version"]:
            newest[place] = given
    return write_newer(uow.session, kind, [newest[place] for place in sorted(newest)], *told)  # no deadlocks
