"""Files on their way to be leads."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped


class Import(TenantScoped, Model):
    """A file on its way to be leads (F4): how it is read, how far it is, who works on it."""

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    actor: Mapped[str]
    owner_id: Mapped[UUID | None]
    """Whose the leads are; None leaves them to the rules."""
    file_name: Mapped[str]
    size: Mapped[int]
    encoding: Mapped[str]
    separator: Mapped[str]
    columns: Mapped[list[Any]]
    mapping: Mapped[dict[str, Any]]
    """Place of a column, as text, to field."""
    duplicates: Mapped[str]
    source: Mapped[str]
    dry_run: Mapped[bool]
    state: Mapped[str]
    rows: Mapped[int]
    position: Mapped[int]
    """Rows that are done, in the transaction of their effects."""
    created: Mapped[int]
    updated: Mapped[int]
    duplicate: Mapped[int]
    invalid: Mapped[int]
    detail: Mapped[str | None]
    claim: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ImportPart(TenantScoped, Model):
    """A piece of an uploaded file, in UTF-8; gone when the import has ended."""

    __tablename__ = "import_parts"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    raw: Mapped[bytes]


class RefusedRow(TenantScoped, Model):
    """A row of a file that became no lead, and why."""

    __tablename__ = "refused_rows"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int]
    why: Mapped[list[Any]]
    cells: Mapped[list[Any]]
