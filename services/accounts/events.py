"""What this service's own writes say: domain event to topic, key and record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import millis
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.outbox import Outgoing
from chassis.pii import Vault
from services.accounts.models import Account, Contact, HealthChange

ACCOUNT = "accounts.account"
PERSONAL = ("first_name", "last_name", "job_title", "email", "phone")


def bump(uow: UnitOfWork, account: Account) -> None:
    """The next version of the account: each of its events has its own."""
    account.version += 1
    account.updated_at = uow.now


def account_opened(uow: UnitOfWork, account: Account) -> Outgoing:
    """An account exists."""
    return _event(uow, "AccountOpened", account, _state(account))


def account_changed(uow: UnitOfWork, account: Account, changed: Sequence[str]) -> Outgoing:
    """Fields of an account changed."""
    return _event(uow, "AccountChanged", account, {**_state(account), "changed": list(changed)})


def contact_added(uow: UnitOfWork, vault: Vault, account: Account, contact: Contact) -> Outgoing:
    """A contact of an account exists."""
    return _event(uow, "ContactAdded", account, _contact(uow, vault, contact))


def contact_changed(
    uow: UnitOfWork, vault: Vault, account: Account, contact: Contact, changed: Sequence[str]
) -> Outgoing:
    """Fields of a contact changed."""
    record = {**_contact(uow, vault, contact), "changed": list(changed)}
    return _event(uow, "ContactChanged", account, record)


def contact_removed(uow: UnitOfWork, account: Account, contact_id: UUID, reason: str) -> Outgoing:
    """A contact is no longer there."""
    return _event(uow, "ContactRemoved", account, {"contact_id": str(contact_id), "reason": reason})


def contact_erased(uow: UnitOfWork, account: Account, contact: Contact) -> Outgoing:
    """The person who is a contact was erased; by the hash others know whom they know of the same address."""
    fields = {
        "contact_id": str(contact.id),
        "origin_lead_id": text(contact.origin_lead_id),
        "email_hash": contact.email_hash,
    }
    return _event(uow, "ContactErased", account, fields)


def account_health_changed(uow: UnitOfWork, account: Account, change: HealthChange) -> Outgoing:
    """The health of an account changed."""
    fields = {
        "health": change.health,
        "previous": change.previous,
        "rule": change.rule,
        "points": change.health - change.previous,
        "cause_id": change.cause,
        "owner_id": text(account.owner_id),
    }
    return _event(uow, "AccountHealthChanged", account, fields)


def account_risk_changed(uow: UnitOfWork, account: Account, reason: str, since: datetime) -> Outgoing:
    """An account came to be at risk, or is so no longer."""
    fields = {
        "at_risk": account.at_risk,
        "reason": reason,
        "since": millis(since),
        "cause_id": str(account.risk_cause),
        "health": account.health,
        "owner_id": text(account.owner_id),
    }
    return _event(uow, "AccountRiskChanged", account, fields)


def answer(uow: UnitOfWork, type: str, record: Mapping[str, Any]) -> Outgoing:
    """What is said to a conversion, as it was kept."""
    return Outgoing(ACCOUNT, type, f"{uow.tenant}:{record['account_id']}", record)


def about(uow: UnitOfWork, account_id: UUID, version: int, event_id: UUID) -> dict[str, Any]:
    """The fields that every event of an account begins with."""
    return {
        "event_id": str(event_id),
        "tenant_id": str(uow.tenant),
        "account_id": str(account_id),
        "version": version,
        "occurred_at": millis(uow.now),
        "actor": uow.actor,
    }


def _event(uow: UnitOfWork, type: str, account: Account, fields: Mapping[str, Any]) -> Outgoing:
    record = {**about(uow, account.id, account.version, new_id()), **fields}
    return Outgoing(ACCOUNT, type, f"{uow.tenant}:{account.id}", record)


def _state(account: Account) -> dict[str, Any]:
    return {
        "created_at": millis(account.created_at),
        "account_name": account.name,
        "domain": account.domain,
        "industry": account.industry,
        "country": account.country,
        "territory": account.territory,
        "owner_id": text(account.owner_id),
        "parent_id": text(account.parent_id),
        "tier": account.tier,
        "company_size": account.company_size,
        "esg_engagement": account.esg_engagement,
        "esg_score": account.esg_score,
        "origin_lead_id": text(account.origin_lead_id),
        "conversion_id": text(account.conversion_id),
        "closed": account.closed_at is not None,
    }


def _contact(uow: UnitOfWork, vault: Vault, contact: Contact) -> dict[str, Any]:
    person = {name: value for name in PERSONAL if (value := getattr(contact, name)) is not None}
    pii, key_id = vault.seal(uow, contact.id, person)
    return {
        "contact_id": str(contact.id),
        "primary": contact.primary,
        "origin_lead_id": text(contact.origin_lead_id),
        "conversion_id": text(contact.conversion_id),
        "email_hash": contact.email_hash,
        "pii": pii,
        "key_id": key_id,
    }


def text(value: UUID | None) -> str | None:
    """An id as records have it."""
    return None if value is None else str(value)
