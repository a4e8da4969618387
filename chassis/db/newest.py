"""What other services tell, kept as their newest event says."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from chassis.db.models import Model
from chassis.db.unit import UnitOfWork


def keep_newest(
    uow: UnitOfWork, kind: type[Model], key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Keeps the tenant's row of this key; `values` with a `version` that is not newer change nothing."""
    row = insert(kind).values(tenant_id=uow.tenant, **key, **values)
    newer = kind.__table__.c.version < row.excluded.version
    place = ["tenant_id", *key]
    uow.session.execute(row.on_conflict_do_update(index_elements=place, set_=dict(values), where=newer))
