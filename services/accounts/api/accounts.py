"""Routes of accounts: open, list, read, change, close."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from chassis.http import (
    CallerDep,
    Id,
    Page,
    PagingDep,
    RequiredIfMatch,
    Router,
    ScopeDep,
    Transaction,
    accepts,
    etag,
)
from services.accounts import commands, queries
from services.accounts.api.access import GUARDS, WRITERS, AccountDep, check_owner
from services.accounts.api.bodies import AccountChange, NewAccount
from services.accounts.api.views import AccountView, account_view
from services.accounts.domain import AccountNotFound, ParentNotFound, Tier
from services.accounts.queries import Order, Wanted

router = Router(prefix="/api/accounts", tags=["accounts"], guards=GUARDS)


@router.post("", status_code=201, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def open_account(
    body: NewAccount, uow: Transaction, scope: ScopeDep, caller: CallerDep, response: Response
) -> AccountView:
    """A new account; who opens it owns it, where nothing else is said."""
    fields = body.model_dump(exclude={"name"})
    if "owner_id" in body.model_fields_set:
        check_owner(uow, caller, body.owner_id)
    else:
        fields["owner_id"] = caller.user
    _check_parent(uow, scope, body.parent_id)
    row = commands.open_account(uow, body.name, fields)
    response.headers["Location"] = f"/api/accounts/{row.id}"
    return _tagged(row, response)


@router.get("")
def list_accounts(
    uow: Transaction,
    scope: ScopeDep,
    paging: PagingDep,
    owner_id: Annotated[Id | None, Query()] = None,
    tier: Annotated[Tier | None, Query()] = None,
    at_risk: Annotated[bool | None, Query()] = None,
    parent_id: Annotated[Id | None, Query()] = None,
    closed: Annotated[bool, Query()] = False,
    q: Annotated[str | None, Query(max_length=200)] = None,
    sort: Annotated[Order, Query()] = "-created_at",
) -> Page[AccountView]:
    """The tenant's accounts, filtered: the newest first, by name, the least healthy or the hottest first."""
    wanted = Wanted(owner_id, tier, at_risk, parent_id, closed, q, sort)
    rows = queries.list_accounts(uow, scope, wanted, _position(paging.after), paging.fetch)
    return paging.page(rows, position=lambda row: (queries.sort_value(row, sort), row.id), view=account_view)


@router.get("/{account}")
def get_account(account: AccountDep, response: Response) -> AccountView:
    """One account, with its health, tier and score."""
    return _tagged(account, response)


@router.patch("/{account}", dependencies=[WRITERS])
def change_account(
    account: Id,
    body: AccountChange,
    uow: Transaction,
    scope: ScopeDep,
    caller: CallerDep,
    seen: RequiredIfMatch,
    response: Response,
) -> AccountView:
    """Changes the named fields."""
    if "owner_id" in body.model_fields_set:
        check_owner(uow, caller, body.owner_id)
    _check_parent(uow, scope, body.parent_id)
    fields = body.model_dump(exclude_unset=True)
    return _tagged(commands.change_account(uow, account, fields, seen.check), response)


@router.post("/{account}/close", dependencies=[WRITERS])
def close_account(account: Id, uow: Transaction, response: Response) -> AccountView:
    """Closes an account; it keeps its history and takes no changes."""
    return _tagged(commands.close_account(uow, account), response)


@router.post("/{account}/reopen", dependencies=[WRITERS])
def reopen_account(account: Id, uow: Transaction, response: Response) -> AccountView:
    """Opens a closed account again."""
    return _tagged(commands.reopen_account(uow, account), response)


def _check_parent(uow: UnitOfWork, scope: Scope, parent: UUID | None) -> None:
    """An account stands only under one that the caller sees. Raises ParentNotFound."""
    try:
        if parent is not None:
            queries.get_account(uow, scope, parent)
    except AccountNotFound:
        raise ParentNotFound("There is no such account to stand above.") from None


def _tagged(row: Any, response: Response) -> AccountView:
    response.headers["ETag"] = etag(row.version)
    return account_view(row)


def _position(after: Sequence[Any] | None) -> queries.After:
    """The cursor as what it was made of: it is signed, so it holds what this list put in."""
    return None if after is None else (after[0], after[1])
