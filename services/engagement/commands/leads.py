"""A lead tells which e-mail address it has: the person behind it becomes this lead, or another open one.

It also tells whose it is, and its account who manages it: by that its events are seen (F107).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from chassis.clock import from_millis
from chassis.db import UnitOfWork, keep_newest
from services.engagement.commands.heirs import choose
from services.engagement.models import Account, LeadEmail

Record = Mapping[str, Any]
OPEN = frozenset({"new", "contacted", "qualified"})


def leads_told(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """LeadCreated or LeadChanged: keeps leads' addresses; their people's waiting events join them (F73).

    Of a lead that changes its address within the records, every address is looked at in its turn.
    """
    for turn in _turns(records):
        stored = keep_newest(uow, LeadEmail, map(_row, turn), "email_hash")
        choose(uow, {row.email_hash for row in stored if row.email_hash})


def leads_moved(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """LeadStatusChanged: of several leads with one address, the oldest open one gets the events.

    Who gets them does not change while a lead only moves between the open statuses; the last move counts.
    """
    newest = _newest(records)
    changed = {
        "tenant": uow.tenant,
        "leads": list(newest),
        "open": [record["status"] in OPEN for record in newest.values()],
        "versions": [record["version"] for record in newest.values()],
        "owners": [record["owner_id"] for record in newest.values()],
    }
    rows = uow.session.execute(_set_open(), changed)
    choose(uow, {row.email_hash for row in rows if row.email_hash and row.turned})


def leads_converted(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """LeadConverted: from now on the leads belong to the accounts that came of them."""
    newest = _newest(records)
    changed = {
        "tenant": uow.tenant,
        "leads": list(newest),
        "accounts": [record["account_id"] for record in newest.values()],
        "versions": [record["version"] for record in newest.values()],
    }
    uow.session.execute(_set_account(), changed)


def accounts_told(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """AccountOpened or AccountChanged: keeps who manages accounts as the newest events say."""
    keep_newest(
        uow,
        Account,
        [
            {"id": UUID(told["account_id"]), "version": told["version"], "owner_id": told["owner_id"]}
            for told in records
        ],
    )


def _newest(records: Sequence[Record]) -> dict[str, Record]:
    """The last word of each lead."""
    return {record["lead_id"]: record for record in sorted(records, key=lambda record: record["version"])}


def _row(record: Record) -> dict[str, Any]:
    same = ("email_hash", "version", "owner_id", "territory", "account_id")
    return {
        "lead_id": UUID(record["lead_id"]),
        "open": record["status"] in OPEN,
        "created_at": from_millis(record["created_at"]),
        **{name: record[name] for name in same},
    }


def _turns(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Records in their order, cut before a lead has another address, or opens or closes."""
    turn: list[Record] = []
    said: dict[str, object] = {}
    for record in records:
        says = record["email_hash"], record["status"] in OPEN
        if said.setdefault(record["lead_id"], says) != says:
            yield turn
            turn, said = [], {record["lead_id"]: says}
        turn.append(record)
    yield turn


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
        UPDATE lead_emails l SET account_id = told.account, version = told.newest
        FROM unnest(CAST(:leads AS uuid[]), CAST(:accounts AS uuid[]), CAST(:versions AS bigint[]))
            AS told(lead, account, newest)
        WHERE l.tenant_id = :tenant AND l.lead_id = told.lead AND l.version < told.newest
        """
    )
