"""A lead tells which e-mail address it has: the person behind it becomes this lead, or another open one.

It also tells whose it is, and its account who manages it: by that its events are seen (F107).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from chassis.clock import from_millis
from chassis.db import UnitOfWork
from services.engagement.commands.people import People
from services.engagement.commands.receive import email_id, joined_waiting, publish

OPEN = frozenset({"new", "contacted", "qualified"})


def lead_told(uow: UnitOfWork, record: Mapping[str, Any]) -> None:
    """LeadCreated or LeadChanged: keeps the lead's address; its person's waiting events join it (F73)."""
    stored = uow.session.execute(
        _upsert(),
        {
            "tenant": uow.tenant,
            "lead": UUID(record["lead_id"]),
            "hash": record["email_hash"],
            "open": record["status"] in OPEN,
            "created": from_millis(record["created_at"]),
            "version": record["version"],
            "owner": record["owner_id"],
            "territory": record["territory"],
            "account": record["account_id"],
        },
    ).scalar()
    if stored and record["email_hash"]:
        _choose(uow, record["email_hash"])


def leads_moved(uow: UnitOfWork, records: Sequence[Mapping[str, Any]]) -> None:
    """LeadStatusChanged: of several leads with one address, the oldest open one gets the events.

    Who gets them does not change while a lead only moves between the open statuses; the last move counts.
    """
    newest = {record["lead_id"]: record for record in sorted(records, key=lambda record: record["version"])}
    changed = {
        "tenant": uow.tenant,
        "leads": list(newest),
        "open": [record["status"] in OPEN for record in newest.values()],
        "versions": [record["version"] for record in newest.values()],
        "owners": [record["owner_id"] for record in newest.values()],
    }
    rows = uow.session.execute(_set_open(), changed)
    for email_hash in sorted({row.email_hash for row in rows if row.email_hash and row.turned}):
        _choose(uow, email_hash)


def lead_converted(uow: UnitOfWork, record: Mapping[str, Any]) -> None:
    """LeadConverted: from now on the lead belongs to the account that came of it."""
    uow.session.execute(
        _set_account(),
        {
            "tenant": uow.tenant,
            "lead": UUID(record["lead_id"]),
            "account": record["account_id"],
            "version": record["version"],
        },
    )


def account_told(uow: UnitOfWork, record: Mapping[str, Any]) -> None:
    """AccountOpened or AccountChanged: keeps who manages an account as the newest event says."""
    uow.session.execute(
        _keep_account(),
        {
            "tenant": uow.tenant,
            "account": UUID(record["account_id"]),
            "version": record["version"],
            "owner": record["owner_id"],
        },
    )


def _choose(uow: UnitOfWork, email_hash: str) -> None:
    """Gives the person with this address its lead. The lock comes first, then the look at the leads."""
    who = email_id(email_hash)
    people = People.locked(uow, [[who]])
    person = people.face(who.hash)
    row = uow.session.execute(
        _oldest_open(), {"tenant": uow.tenant, "hash": email_hash, "current": person.lead}
    ).one()
    if row.oldest is None or row.oldest == person.lead:
        return
    if row.current_hash and row.current_hash != email_hash and people.has(email_id(row.current_hash), person):
        return  # a person keeps an open lead that they have by another address
    person.lead, person.dirty = row.oldest, True
    publish(uow, joined_waiting(uow, people.save()))


@cache
def _upsert() -> TextClause:
    return text(
        """
        INSERT INTO lead_emails AS l
            (tenant_id, lead_id, email_hash, open, created_at, version, owner_id, territory, account_id)
        VALUES (:tenant, :lead, :hash, :open, :created, :version, CAST(:owner AS uuid), :territory,
                CAST(:account AS uuid))
        ON CONFLICT (tenant_id, lead_id) DO UPDATE
        SET email_hash = excluded.email_hash, open = excluded.open, version = excluded.version,
            owner_id = excluded.owner_id, territory = excluded.territory, account_id = excluded.account_id
        WHERE l.version < excluded.version
        RETURNING true
        """
    )


@cache
def _set_open() -> TextClause:
    return text(
        """
        WITH before AS (
            SELECT l.open AS was_open, told.* FROM lead_emails l
            JOIN unnest(CAST(:leads AS uuid[]), CAST(:open AS boolean[]), CAST(:versions AS bigint[]),
                        CAST(:owners AS uuid[])) AS told(lead, is_open, newest, owner)
                ON l.lead_id = told.lead
            WHERE l.tenant_id = :tenant AND l.version < told.newest ORDER BY l.lead_id FOR UPDATE OF l
        )
        UPDATE lead_emails l SET open = is_open, version = newest, owner_id = owner FROM before
        WHERE l.tenant_id = :tenant AND l.lead_id = before.lead
        RETURNING email_hash, was_open <> is_open AS turned
        """
    )


@cache
def _set_account() -> TextClause:
    return text(
        """
        UPDATE lead_emails SET account_id = CAST(:account AS uuid), version = :version
        WHERE tenant_id = :tenant AND lead_id = :lead AND version < :version
        """
    )


@cache
def _keep_account() -> TextClause:
    return text(
        """
        INSERT INTO accounts AS a (tenant_id, id, version, owner_id)
        VALUES (:tenant, :account, :version, CAST(:owner AS uuid))
        ON CONFLICT (tenant_id, id) DO UPDATE SET version = excluded.version, owner_id = excluded.owner_id
        WHERE a.version < excluded.version
        """
    )


@cache
def _oldest_open() -> TextClause:
    return text(
        """
        SELECT
            (SELECT lead_id FROM lead_emails
             WHERE tenant_id = :tenant AND email_hash = :hash AND open
             ORDER BY created_at, lead_id LIMIT 1) AS oldest,
            (SELECT email_hash FROM lead_emails
             WHERE tenant_id = :tenant AND lead_id = CAST(:current AS uuid) AND open) AS current_hash
        """
    )
