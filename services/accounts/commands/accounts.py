"""An account by hand: opened, changed, closed, opened again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from chassis.companies import company_key
from chassis.db import UnitOfWork, insert_plain, values_of, whole
from chassis.ids import new_id
from services.accounts import events
from services.accounts.commands.health import end_risk, first_health, refresh, risk_told
from services.accounts.commands.settings import settings_of
from services.accounts.commands.timeline import tell, tell_all
from services.accounts.domain import (
    AccountClosed,
    AccountNotFound,
    ExternalIdTaken,
    HierarchyLoop,
    ParentNotFound,
)
from services.accounts.domain.health import START_HEALTH, fold
from services.accounts.events import bump
from services.accounts.models import Account, domain_key

FIELDS = (
    "external_id",
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
    """A new account, with the health that every account begins with.

    Raises ParentNotFound, ExternalIdTaken.
    """
    if parent := fields.get("parent_id"):
        _check_parent(uow, parent)
    _check_external_id(uow, fields)
    account = Account(**_beginning(uow, id or new_id(), {**fields, "name": name}))
    health = first_health(uow, account)
    uow.session.add(account)
    tell_all(uow, [events.account_opened(uow, account), *risk_told(uow, account, health)])
    return account


def open_accounts(uow: UnitOfWork, entries: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Many new accounts under ids of their own, of which nobody can know yet, by one statement.

    Parents and external ids are the caller's to check.
    """
    due = fold(uow.now, (), uow.now, settings_of(uow).limits).next_change_at
    accounts = [
        whole(Account, {**_beginning(uow, *entry), **_keys(entry[1]), "due_at": due}) for entry in entries
    ]
    insert_plain(uow.session, {Account: [values_of(account) for account in accounts]})
    tell_all(uow, [events.account_opened(uow, account) for account in accounts])


def _keys(fields: Mapping[str, Any]) -> dict[str, str | None]:
    """What the object itself keeps where it is watched."""
    return {"name_key": company_key(fields["name"]), "domain_key": domain_key(fields.get("domain"))}


def _beginning(uow: UnitOfWork, id: UUID, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tenant_id": uow.tenant,
        "id": id,
        "version": 1,
        "created_at": uow.now,
        "updated_at": uow.now,
        "name": fields["name"],
        "tier": fields.get("tier") or "standard",
        "custom": fields.get("custom") or {},
        "closed_at": None,
        "health": START_HEALTH,
        "health_at": uow.now,
        "score": 0,
        "at_risk": False,
        **{field: fields.get(field) for field in FIELDS},
    }


def change_account(
    uow: UnitOfWork, account_id: UUID, fields: Mapping[str, Any], seen: Callable[[int], None]
) -> Account:
    """Changes the named fields; what is as it was changes nothing. `seen(version)` refuses a stale view.

    Raises AccountNotFound, AccountClosed, ParentNotFound, HierarchyLoop, ExternalIdTaken.
    """
    _check_external_id(uow, fields, account_id)
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


def change_accounts(uow: UnitOfWork, changes: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Changes the named fields of many accounts, one after the other; what is as it was changes nothing.

    That they are open, and their external ids free, is the caller's to check.
    """
    ids = {id for id, _ in changes}
    found = select(Account).where(Account.tenant_id == uow.tenant, Account.id.in_(ids)).order_by(Account.id)
    accounts = {account.id: account for account in uow.session.scalars(found.with_for_update())}
    told = []
    for id, fields in changes:
        account = accounts[id]
        if changed := [name for name, value in fields.items() if getattr(account, name) != value]:
            for name in changed:
                setattr(account, name, fields[name])
            bump(uow, account)
            told.append(events.account_changed(uow, account, changed))
    tell_all(uow, told)


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
        refresh(uow, [account])
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


def one_at_a_time(uow: UnitOfWork) -> None:
    """Until its end this transaction is the only one of the tenant that looks who is there already.

    Taken before any account is locked: who has this never waits for who waits for it.
    """
    lock = text("SELECT pg_advisory_xact_lock(hashtext('accounts.entry'), hashtext(:tenant))")
    uow.session.execute(lock, {"tenant": str(uow.tenant)})


def _check_external_id(uow: UnitOfWork, fields: Mapping[str, Any], own: UUID | None = None) -> None:
    """Raises ExternalIdTaken where another account has it."""
    if (external_id := fields.get("external_id")) is None:
        return
    one_at_a_time(uow)
    mine = (Account.tenant_id == uow.tenant, Account.external_id == external_id)
    holder = uow.session.scalar(select(Account.id).where(*mine))
    if holder not in (None, own):
        raise ExternalIdTaken(str(holder))


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
