"""Contacts of an account: added, changed, removed; one of them is the primary (F52)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chassis.contact import normal_phone
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.pii import Vault, normal_email
from services.accounts import events
from services.accounts.commands.accounts import changeable
from services.accounts.commands.timeline import tell
from services.accounts.domain import ContactNotFound, EmailTaken, PrimaryNeeded
from services.accounts.events import bump
from services.accounts.models import Account, Contact


def new_contact(
    uow: UnitOfWork, vault: Vault, account_id: UUID, fields: Mapping[str, Any], primary: bool
) -> Contact:
    """A contact by hand; the first one is primary in any case. Raises AccountClosed, EmailTaken."""
    account = changeable(uow, account_id)
    email = fields.get("email")
    with one_per_email(uow, normal_email(email) if email else None):
        contact = add_contact(uow, vault, account, new_id(), fields)
    if primary:
        _make_primary(uow, vault, account, contact)
    return contact


def change_contact(
    uow: UnitOfWork,
    vault: Vault,
    account_id: UUID,
    contact_id: UUID,
    fields: Mapping[str, Any],
    seen: Callable[[int], None],
) -> Contact:
    """Changes the named fields of a contact; `primary` takes the place of the contact that had it.

    Raises ContactNotFound, AccountClosed, EmailTaken; PrimaryNeeded where the primary one is to be none.
    """
    account = changeable(uow, account_id)
    contact = contact_of(uow, account_id, contact_id)
    seen(contact.version)
    plain = {name: value for name, value in fields.items() if name != "primary"}
    reached = reached_by(uow, vault, {**_person(contact), **plain}, account.country)
    changed = [name for name, value in plain.items() if getattr(contact, name) != value]
    with one_per_email(uow, reached["email_normal"]):
        for name in changed:
            setattr(contact, name, plain[name])
        for name, value in reached.items():
            setattr(contact, name, value)
    if changed:
        _tell_change(uow, vault, account, contact, changed)
    if fields.get("primary", contact.primary) != contact.primary:
        if contact.primary:
            raise PrimaryNeeded("Make another contact the primary one; then this one is it no longer.")
        _make_primary(uow, vault, account, contact)
    return contact


def drop_contact(uow: UnitOfWork, vault: Vault, account_id: UUID, contact_id: UUID) -> None:
    """Removes a contact by hand. Raises ContactNotFound, AccountClosed."""
    account = changeable(uow, account_id)
    remove_contact(uow, vault, account, contact_of(uow, account_id, contact_id), "Removed by hand.")


def contact_of(uow: UnitOfWork, account_id: UUID, contact_id: UUID) -> Contact:
    """A contact of an account. Raises ContactNotFound."""
    contact = uow.session.get(Contact, (uow.tenant, contact_id))
    if contact is None or contact.account_id != account_id:
        raise ContactNotFound
    return contact


def add_contact(
    uow: UnitOfWork, vault: Vault, account: Account, id: UUID, fields: Mapping[str, Any]
) -> Contact:
    """A new contact of a locked account; the first one is its primary. Who has its address is not asked."""
    first = account.version == 1 or primary_of(uow, account.id) is None  # each contact makes a version
    bump(uow, account)
    contact = Contact(
        tenant_id=uow.tenant,
        id=id,
        account_id=account.id,
        version=account.version,
        created_at=uow.now,
        updated_at=uow.now,
        primary=first,
        origin_lead_id=fields.get("origin_lead_id"),
        conversion_id=fields.get("conversion_id"),
        attributes=fields.get("attributes"),
        **{name: fields.get(name) for name in events.PERSONAL},
        **reached_by(uow, vault, fields, account.country),
    )
    uow.session.flush()  # an account that is opened with it comes first
    uow.session.add(contact)
    tell(uow, events.contact_added(uow, vault, account, contact))
    return contact


def remove_contact(uow: UnitOfWork, vault: Vault, account: Account, contact: Contact, reason: str) -> None:
    """Takes a contact from its locked account; the longest-standing other becomes primary after a primary.

    Nobody shows it again, so its key goes with it (F109).
    """
    uow.session.delete(contact)
    uow.session.flush()
    bump(uow, account)
    tell(uow, events.contact_removed(uow, account, contact.id, reason))
    vault.erase(uow, contact.id)
    if contact.primary and (heir := _oldest(uow, account.id)):
        heir.primary = True
        _tell_change(uow, vault, account, heir, ["primary"])


def primary_of(uow: UnitOfWork, account_id: UUID) -> Contact | None:
    """The primary contact of an account; None while it has no contact."""
    mine = select(Contact).where(Contact.tenant_id == uow.tenant, Contact.account_id == account_id)
    return uow.session.scalars(mine.where(Contact.primary)).one_or_none()


def holder_of(uow: UnitOfWork, email_normal: str | None) -> tuple[Contact, Account] | None:
    """The contact of the tenant that has this address, with its account."""
    if email_normal is None:
        return None
    found = (
        select(Contact, Account)
        .join(Account, (Account.tenant_id == Contact.tenant_id) & (Account.id == Contact.account_id))
        .where(Contact.tenant_id == uow.tenant, Contact.email_normal == email_normal)
    )
    row = uow.session.execute(found).one_or_none()
    return None if row is None else (row.Contact, row.Account)


def reached_by(
    uow: UnitOfWork, vault: Vault, fields: Mapping[str, Any], country: str | None
) -> dict[str, str | None]:
    """Normal forms of e-mail and phone, and the hash that others match the e-mail by."""
    email, phone = fields.get("email"), fields.get("phone")
    return {
        "email_normal": normal_email(email) if email else None,
        "email_hash": vault.email_hash(uow.tenant, email) if email else None,
        "phone_e164": normal_phone(phone, country) if phone else None,
    }


@contextmanager
def one_per_email(uow: UnitOfWork, email_normal: str | None) -> Iterator[None]:
    """What is written in the block is refused where another contact has the address. Raises EmailTaken.

    The database decides, so that of two at the same time one is refused.
    """
    try:
        with uow.session.begin_nested():
            yield
            uow.session.flush()
    except IntegrityError as error:
        held = holder_of(uow, email_normal) if isinstance(error.orig, UniqueViolation) else None
        if held is None:
            raise
        raise EmailTaken(str(held[1].id), held[1].name) from None


def _make_primary(uow: UnitOfWork, vault: Vault, account: Account, contact: Contact) -> None:
    before = primary_of(uow, account.id)
    if before is None or before is contact:
        return
    before.primary = False
    uow.session.flush()  # the database knows one primary contact at a time
    contact.primary = True
    for one in (before, contact):
        _tell_change(uow, vault, account, one, ["primary"])


def _tell_change(
    uow: UnitOfWork, vault: Vault, account: Account, contact: Contact, changed: list[str]
) -> None:
    bump(uow, account)
    contact.version, contact.updated_at = account.version, uow.now
    tell(uow, events.contact_changed(uow, vault, account, contact, changed))


def _person(contact: Contact) -> dict[str, str | None]:
    return {name: getattr(contact, name) for name in events.PERSONAL}


def _oldest(uow: UnitOfWork, account_id: UUID) -> Contact | None:
    mine = select(Contact).where(Contact.tenant_id == uow.tenant, Contact.account_id == account_id)
    return uow.session.scalars(mine.order_by(Contact.created_at, Contact.id).limit(1)).one_or_none()
