"""An account by hand: opened, changed, closed, opened again."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from chassis.db import UnitOfWork
from chassis.ids import new_id
from services.accounts import events
from services.accounts.commands.health import end_risk, refresh
from services.accounts.commands.timeline import tell
from services.accounts.domain import (
    AccountClosed,
    AccountNotFound,
    HierarchyLoop,
    ParentNotFound,
)
from services.accounts.domain.health import START_HEALTH
from services.accounts.events import bump
from services.accounts.models import Account

FIELDS = (
    "domain",
    "industry",
    "company_size",
    "country",
    "territory",
    "website",
    "phone",
    "description",
    "owner_id",
    "parent_id",
    "esg_engagement",
    "esg_score",
    "origin_lead_id",
    "conversion_id",
)
"""What may be left open at the beginning."""


def open_account(uow: UnitOfWork, name: str, fields: Mapping[str, Any], id: UUID | None = None) -> Account:
    """A new account, with the health that every account begins with. Raises ParentNotFound."""
    if parent := fields.get("parent_id"):
        _check_parent(uow, parent)
    account = Account(
        tenant_id=uow.tenant,
        id=id or new_id(),
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
        name=name,
        tier=fields.get("tier") or "standard",
        custom=fields.get("custom") or {},
        closed_at=None,
        health=START_HEALTH,
        health_at=uow.now,
        score=0,
        at_risk=False,
        **{field: fields.get(field) for field in FIELDS},
    )
    uow.session.add(account)
    uow.session.flush()
    tell(uow, events.account_opened(uow, account))
    refresh(uow, account)
    return account


def change_account(
    uow: UnitOfWork, account_id: UUID, fields: Mapping[str, Any], seen: Callable[[int], None]
) -> Account:
    """Changes the named fields; what is as it was changes nothing. `seen(version)` refuses a stale view.

    Raises AccountNotFound, AccountClosed, ParentNotFound, HierarchyLoop.
    """
    account = locked(uow, account_id)
    seen(account.version)
    changed = [name for name, value in fields.items() if getattr(account, name) != value]
    if not changed:
        return account
    if account.closed_at is not None:
        raise AccountClosed("The account is closed; open it again to change it.")
    if "parent_id" in changed and fields["parent_id"]:
        _check_parent(uow, fields["parent_id"], below=account_id)
    for name in changed:
        setattr(account, name, fields[name])
    tell_change(uow, account, changed)
    return account


def close_account(uow: UnitOfWork, account_id: UUID) -> Account:
    """Closes an account: it stays, with all its history, and takes no changes. Again is a no-op."""
    account = locked(uow, account_id)
    if account.closed_at is None:
        _close(uow, account)
    return account


def withdraw_account(uow: UnitOfWork, account: Account) -> None:
    """Closes a locked account that a conversion opened and nobody needs."""
    if account.closed_at is None:
        _close(uow, account)


def reopen_account(uow: UnitOfWork, account_id: UUID) -> Account:
    """Opens a closed account again; an open one is left as it is."""
    account = locked(uow, account_id)
    if account.closed_at is not None:
        account.closed_at = None
        tell_change(uow, account, ["closed"])
        refresh(uow, account)
    return account


def locked(uow: UnitOfWork, account_id: UUID) -> Account:
    """The account under its row lock, which orders its events. Raises AccountNotFound."""
    account = uow.session.get(Account, (uow.tenant, account_id), with_for_update=True)
    if account is None:
        raise AccountNotFound
    return account


def changeable(uow: UnitOfWork, account_id: UUID) -> Account:
    """The account under its row lock. Raises AccountNotFound, AccountClosed."""
    account = locked(uow, account_id)
    if account.closed_at is not None:
        raise AccountClosed("The account is closed; open it again to change it.")
    return account


def tell_change(uow: UnitOfWork, account: Account, changed: list[str]) -> None:
    """Says that fields of an account changed."""
    bump(uow, account)
    tell(uow, events.account_changed(uow, account, changed))


def _close(uow: UnitOfWork, account: Account) -> None:
    account.closed_at, account.due_at = uow.now, None
    tell_change(uow, account, ["closed"])
    end_risk(uow, account, "closed")


def _check_parent(uow: UnitOfWork, parent: UUID, below: UUID | None = None) -> None:
    """Raises ParentNotFound, or HierarchyLoop where the parent stands below the account already.

    One change of the hierarchy at a time in a tenant: two that are right alone could close a loop together.
    """
    lock = text("SELECT pg_advisory_xact_lock(hashtext('accounts.hierarchy'), hashtext(:tenant))")
    uow.session.execute(lock, {"tenant": str(uow.tenant)})
    above = (
        select(Account.id, Account.parent_id)
        .where(Account.tenant_id == uow.tenant, Account.id == parent)
        .cte("above", recursive=True)
    )
    above = above.union(
        select(Account.id, Account.parent_id)
        .join(above, Account.id == above.c.parent_id)
        .where(Account.tenant_id == uow.tenant)
    )
    ancestors = set(uow.session.scalars(select(above.c.id)))
    if parent not in ancestors:
        raise ParentNotFound("There is no such account to stand above.")
    if below in ancestors:
        raise HierarchyLoop("An account cannot stand above itself.")
