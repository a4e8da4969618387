"""Accounts and contacts as the accounts service tells of them, kept where likely duplicates are found.

A contact comes sealed; until its key has come it is kept as it is and found by nobody.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from chassis.db import UnitOfWork, insert_plain
from chassis.pii import Vault
from services.leads import matching
from services.leads.commands.duplicates import PLAIN, drop, index_rows
from services.leads.contact import normal_email, normal_phone
from services.leads.matching import Kind, Profile
from services.leads.models import MatchRecord

Record = Mapping[str, Any]
NEVER = -1
"""In place of a version: never heard of."""


def know_account(uow: UnitOfWork, record: Record) -> None:
    """Keeps an account as the newest event says; a closed one is nobody's duplicate."""
    id = UUID(record["account_id"])
    profile = matching.account(record["account_name"], record["domain"])
    if not record["closed"]:
        _put(uow, id, profile, id, record["version"])
    elif _known(uow, "account", id) < record["version"]:
        drop(uow, "account", [id])


def know_contact(uow: UnitOfWork, vault: Vault, record: Record) -> None:
    """Keeps a contact as the newest event says, with its account's company."""
    id, account = UUID(record["contact_id"]), UUID(record["account_id"])
    person = vault.open(uow, record["pii"], record["key_id"])
    if not _put(uow, id, _contact(uow, account, person or {}), account, record["version"]):
        return
    if person is None and record["pii"]:
        waiting = {"sealed": record["pii"], "key_id": record["key_id"]}
        known = update(MatchRecord).where(*_is(uow, "contact", id)).values(**waiting)
        uow.session.execute(known, execution_options=PLAIN)


def open_contact(uow: UnitOfWork, vault: Vault, id: UUID, *, erased: bool) -> None:
    """Lets a contact be found whose key has come; forgets one that was erased."""
    if erased:
        return forget_contact(uow, id)
    names = (MatchRecord.sealed, MatchRecord.key_id, MatchRecord.account_id, MatchRecord.version)
    row = uow.session.execute(select(*names).where(*_is(uow, "contact", id))).one_or_none()
    if row is not None and row.sealed:
        person = vault.open(uow, row.sealed, row.key_id) or {}
        drop(uow, "contact", [id])
        _store(uow, id, _contact(uow, row.account_id, person), row.account_id, row.version)
    return None


def forget_contact(uow: UnitOfWork, id: UUID) -> None:
    """A contact that is no longer there is nobody's duplicate."""
    drop(uow, "contact", [id])


def _contact(uow: UnitOfWork, account: UUID, person: Record) -> Profile:
    company = uow.session.scalar(select(MatchRecord.company).where(*_is(uow, "account", account)))
    email, phone = person.get("email"), person.get("phone")
    return matching.person(
        "contact",
        person.get("first_name"),
        person.get("last_name"),
        company,
        normal_email(email) if email else None,
        normal_phone(phone, None) if phone else None,
    )


def _put(uow: UnitOfWork, id: UUID, profile: Profile, account: UUID, version: int) -> bool:
    """Keeps what is newer than what is known; whether it was."""
    known = _known(uow, profile.kind, id)
    if known >= version:
        return False
    if known > NEVER:
        drop(uow, profile.kind, [id])
    _store(uow, id, profile, account, version)
    return True


def _store(uow: UnitOfWork, id: UUID, profile: Profile, account: UUID, version: int) -> None:
    insert_plain(uow.session, index_rows(uow.tenant, id, profile, account, version))


def _known(uow: UnitOfWork, object: Kind, id: UUID) -> int:
    """The version that is known, under its lock."""
    found = select(MatchRecord.version).where(*_is(uow, object, id)).with_for_update()
    known = uow.session.scalar(found)
    return NEVER if known is None else known


def _is(uow: UnitOfWork, object: Kind, id: UUID) -> tuple[Any, ...]:
    return MatchRecord.tenant_id == uow.tenant, MatchRecord.object == object, MatchRecord.id == id
