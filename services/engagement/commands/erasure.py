"""A person is erased (F109): who they are by which identifier, and what their senders said of them."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from chassis.db import UnitOfWork
from chassis.dead_letters import forget_letters
from chassis.pii import Vault
from chassis.traces import Traces, address_of, forget_answers
from services.engagement.commands.receive import email_id


def forget_lead(uow: UnitOfWork, vault: Vault, record: Mapping[str, Any]) -> None:
    """Leads erased a person: their events stay without payload, and whoever comes again is somebody new."""
    lead, hash = UUID(record["lead_id"]), record["email_hash"]
    named = {"tenant": uow.tenant, "lead": lead, "hash": email_id(hash).hash if hash else None}
    people = [row.id for row in uow.session.execute(_people(), named)]
    forgotten = {**named, "people": people, "version": record["version"]}
    for forget in (_forget_identifiers(), _forget_people(), _forget_events(), _forget_address()):
        uow.session.execute(forget, forgotten)
    speaks = address_of(vault, uow.tenant, hash)
    _forget_rejected(uow, speaks)
    forget_letters(uow, speaks)


def _forget_rejected(uow: UnitOfWork, speaks: Callable[[str], bool]) -> None:
    """Empties what could not be taken; only with a payload of its own can it still be sent in again."""
    held = uow.session.execute(_rejected(), {"tenant": uow.tenant}).all()
    ids = [row.id for row in held if speaks(bytes(row.raw).decode(errors="replace"))]
    uow.session.execute(_empty_rejected(), {"tenant": uow.tenant, "ids": ids})
    forget_answers(uow, Traces.of([(id, {}) for id in ids]))


@cache
def _rejected() -> TextClause:
    return text(
        """
        SELECT id, raw FROM rejected_events
        WHERE tenant_id = :tenant AND position(CAST('@' AS bytea) IN raw) > 0 FOR UPDATE
        """
    )


@cache
def _empty_rejected() -> TextClause:
    return text(
        "UPDATE rejected_events SET raw = '', cut = true WHERE tenant_id = :tenant AND id = ANY(:ids)"
    )


@cache
def _people() -> TextClause:
    # whoever was joined to them is them too; who has become another lead by now is that lead's to forget
    return text(
        """
        WITH RECURSIVE them AS (
            SELECT id FROM people WHERE tenant_id = :tenant AND lead_id = :lead
            UNION
            SELECT p.id FROM people p JOIN identifiers i ON i.tenant_id = p.tenant_id AND i.person_id = p.id
            WHERE p.tenant_id = :tenant AND i.hash = :hash AND p.lead_id IS NULL AND p.merged_into IS NULL
            UNION
            SELECT p.id FROM people p JOIN them ON p.merged_into = them.id WHERE p.tenant_id = :tenant
        )
        SELECT id FROM people WHERE tenant_id = :tenant AND id IN (SELECT id FROM them)
        ORDER BY id FOR UPDATE
        """
    )


@cache
def _forget_identifiers() -> TextClause:
    return text(
        """
        DELETE FROM identifiers
        WHERE tenant_id = :tenant AND (person_id = ANY(CAST(:people AS uuid[])) OR hash = :hash)
        """
    )


@cache
def _forget_people() -> TextClause:
    return text(
        """
        UPDATE people SET lead_id = NULL, named = false
        WHERE tenant_id = :tenant AND id = ANY(CAST(:people AS uuid[]))
        """
    )


@cache
def _forget_events() -> TextClause:
    return text(
        """
        UPDATE events SET payload = '{}', path = NULL
        WHERE tenant_id = :tenant AND (lead_id = :lead OR person_id = ANY(CAST(:people AS uuid[])))
        """
    )


@cache
def _forget_address() -> TextClause:
    return text(
        """
        UPDATE lead_emails SET email_hash = NULL, open = false, version = greatest(version, :version)
        WHERE tenant_id = :tenant AND lead_id = :lead
        """
    )
