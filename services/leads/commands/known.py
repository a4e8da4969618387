"""Accounts and contacts as the accounts service tells of them, kept where likely duplicates are found.

A contact comes sealed; until its key has come it is kept as it is and found by nobody. However many are told
of at once, the statements are as many.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.pii import KeyEvent, Vault, store_subject_keys
from services.leads import matching
from services.leads.commands.duplicates import Rows, drop, index_rows, put
from services.leads.contact import normal_email, normal_phone
from services.leads.matching import Kind, Profile
from services.leads.models import MatchRecord

Record = Mapping[str, Any]


def know_accounts(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Keeps accounts as the newest events say; a closed one is nobody's duplicate."""
    fresh = _fresh(uow, "account", records)
    put(uow, [_account_rows(uow, id, said) for id, said in fresh.items() if not said["closed"]])


def know_contacts(uow: UnitOfWork, vault: Vault, records: Sequence[Record]) -> None:
    """Keeps contacts as the newest events say, with their accounts' companies."""
    _put_contacts(uow, vault, _fresh(uow, "contact", records))


def open_contacts(uow: UnitOfWork, vault: Vault, keys: Sequence[KeyEvent]) -> None:
    """Lets contacts be found whose keys have come; forgets those that were erased."""
    store_subject_keys(uow, keys)
    came = {UUID(key.key.partition(":")[2]): bool(key.record) for key in keys}
    forget_contacts(uow, [id for id, there in came.items() if not there])
    names = (MatchRecord.id, MatchRecord.account_id, MatchRecord.version,
             MatchRecord.sealed.label("pii"), MatchRecord.key_id)  # fmt: skip
    mine = _are(uow, "contact", [id for id, there in came.items() if there])
    waiting = uow.session.execute(select(*names).where(*mine, MatchRecord.sealed.is_not(None)))
    found = {row.id: row._asdict() for row in waiting}
    drop(uow, "contact", list(found))
    _put_contacts(uow, vault, found)


def forget_contacts(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
    """Contacts that are no longer there are nobody's duplicates."""
    drop(uow, "contact", ids)


def _fresh(uow: UnitOfWork, object: Kind, records: Iterable[Record]) -> dict[UUID, Record]:
    """What is newer than what is known, which goes; by id, under the locks of what is known."""
    told: dict[UUID, Record] = {}
    for record in records:
        id = UUID(record[f"{object}_id"])
        if id not in told or told[id]["version"] < record["version"]:
            told[id] = record
    names = select(MatchRecord.id, MatchRecord.version).where(*_are(uow, object, told))
    locked = names.order_by(MatchRecord.id).with_for_update()
    known = {row.id: row.version for row in uow.session.execute(locked)}
    fresh = {id: record for id, record in told.items() if id not in known or known[id] < record["version"]}
    drop(uow, object, [id for id in fresh if id in known])
    return fresh


def _account_rows(uow: UnitOfWork, id: UUID, said: Record) -> Rows:
    profile = matching.account(said["account_name"], said["domain"])
    return index_rows(uow.tenant, id, profile, id, said["version"])


def _put_contacts(uow: UnitOfWork, vault: Vault, contacts: Mapping[UUID, Record]) -> None:
    """`contacts`: id to account_id, version and the sealed person."""
    accounts = {id: UUID(str(said["account_id"])) for id, said in contacts.items()}
    companies = _companies(uow, set(accounts.values()))
    people = vault.open_all(uow, [(said["pii"], said["key_id"]) for said in contacts.values()])
    rows = []
    for (id, said), person in zip(contacts.items(), people, strict=True):
        profile = _contact(companies.get(accounts[id]), person or {})
        found = index_rows(uow.tenant, id, profile, accounts[id], said["version"])
        if person is None and said["pii"]:
            waiting = {"sealed": said["pii"], "key_id": said["key_id"]}
            found = {**found, MatchRecord: [{**record, **waiting} for record in found[MatchRecord]]}
        rows.append(found)
    put(uow, rows)


def _companies(uow: UnitOfWork, accounts: Collection[UUID]) -> dict[UUID, str | None]:
    if not accounts:
        return {}
    found = select(MatchRecord.id, MatchRecord.company).where(*_are(uow, "account", accounts))
    return {row.id: row.company for row in uow.session.execute(found)}


def _contact(company: str | None, person: Record) -> Profile:
    email, phone = person.get("email"), person.get("phone")
    return matching.person(
        "contact",
        person.get("first_name"),
        person.get("last_name"),
        company,
        normal_email(email) if email else None,
        normal_phone(phone, None) if phone else None,
    )


def _are(uow: UnitOfWork, object: Kind, ids: Iterable[UUID]) -> tuple[Any, ...]:
    return MatchRecord.tenant_id == uow.tenant, MatchRecord.object == object, MatchRecord.id.in_(list(ids))
