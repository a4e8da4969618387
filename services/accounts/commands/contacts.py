"""Contacts of an account: added, changed, removed; one of them is the primary (F52)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import phonenumbers
from psycopg.errors import UniqueViolation
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chassis.db import UnitOfWork
from chassis.pii import Vault, normal_email
from services.accounts import events
from services.accounts.commands.accounts import bump
from services.accounts.domain import EmailTaken
from services.accounts.models import Account, Contact


def add_contact(
    uow: UnitOfWork, vault: Vault, account: Account, id: UUID, fields: Mapping[str, Any]
) -> Contact:
    """A new contact of a locked account; the first one is its primary. Raises EmailTaken."""
    contact = Contact(
        tenant_id=uow.tenant,
        id=id,
        account_id=account.id,
        created_at=uow.now,
        updated_at=uow.now,
        primary=primary_of(uow, account.id) is None,
        origin_lead_id=fields.get("origin_lead_id"),
        conversion_id=fields.get("conversion_id"),
        **{name: fields.get(name) for name in events.PERSONAL},
        **reached_by(uow, vault, fields, account.country),
    )
    with one_per_email(uow, contact.email_normal):
        uow.session.add(contact)
    bump(uow, account)
    uow.publish(events.contact_added(uow, vault, account, contact))
    return contact


def remove_contact(uow: UnitOfWork, vault: Vault, account: Account, contact: Contact, reason: str) -> None:
    """Takes a contact from its locked account; the longest-standing other becomes primary after a primary."""
    uow.session.delete(contact)
    uow.session.flush()
    bump(uow, account)
    uow.publish(events.contact_removed(uow, account, contact.id, reason))
    if contact.primary and (heir := _oldest(uow, account.id)):
        heir.primary = True
        bump(uow, account)
        uow.publish(events.contact_changed(uow, vault, account, heir, ["primary"]))


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
        "phone_e164": _e164(phone, country) if phone else None,
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


def _oldest(uow: UnitOfWork, account_id: UUID) -> Contact | None:
    mine = select(Contact).where(Contact.tenant_id == uow.tenant, Contact.account_id == account_id)
    return uow.session.scalars(mine.order_by(Contact.created_at, Contact.id).limit(1)).one_or_none()


def _e164(raw: str, region: str | None) -> str | None:
    try:
        parsed = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number(parsed)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if possible else None
