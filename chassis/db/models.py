"""Base of the tables that services declare."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


@cache
def _tables_of(package: str) -> MetaData:
    """The tables of one package."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Model(DeclarativeBase):
    """Base of all tables. Constraints are named, so that a migration can speak of them.

    Each package has tables of its own: two services may name one alike and still share a test's process.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        cls.metadata = _tables_of(cls.__module__.rpartition(".")[0])
        super().__init_subclass__(**options)

    type_annotation_map = {  # noqa: RUF012
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class TenantScoped:
    """A table whose rows belong to a tenant: the first column of every key, bound by row security."""

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-100)
