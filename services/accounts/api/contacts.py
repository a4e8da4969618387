"""Routes of an account's people: its contacts and its team."""

from collections.abc import Sequence
from typing import Any

from fastapi import Response

from chassis.http import (
    Confirmed,
    Id,
    Page,
    PagingDep,
    RequiredIfMatch,
    Router,
    RuntimeDep,
    Transaction,
    accepts,
    etag,
    require,
)
from services.accounts import commands, queries
from services.accounts.api.access import GUARDS, WRITERS
from services.accounts.api.bodies import ContactChange, Membership, NewContact
from services.accounts.api.views import ContactView, MemberView
from services.accounts.models import Contact

router = Router(prefix="/api/accounts/{account}", tags=["contacts"], guards=GUARDS)
ADMIN = require("admin")


@router.post("/contacts", status_code=201, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def add_contact(
    account: Id,
    body: NewContact,
    uow: Transaction,
    runtime: RuntimeDep,
    response: Response,
) -> ContactView:
    """A new contact; the first one is the primary contact."""
    fields = body.model_dump(exclude={"primary"})
    row = commands.new_contact(uow, runtime.vault, account, fields, body.primary)
    response.headers["Location"] = f"/api/accounts/{account}/contacts/{row.id}"
    return _tagged(row, response)


@router.get("/contacts")
def list_contacts(account: Id, uow: Transaction, paging: PagingDep) -> Page[ContactView]:
    """The contacts of an account, the longest-standing first."""
    rows = queries.list_contacts(uow, account, _position(paging.after), paging.fetch)
    return paging.page(rows, position=lambda row: (row.created_at, row.id), view=ContactView.model_validate)


@router.get("/contacts/{contact}")
def get_contact(account: Id, contact: Id, uow: Transaction, response: Response) -> ContactView:
    """One contact."""
    return _tagged(commands.contact_of(uow, account, contact), response)


@router.patch("/contacts/{contact}", dependencies=[WRITERS])
def change_contact(
    account: Id,
    contact: Id,
    body: ContactChange,
    uow: Transaction,
    runtime: RuntimeDep,
    seen: RequiredIfMatch,
    response: Response,
) -> ContactView:
    """Changes the named fields; `primary` takes the place of the contact that has it."""
    fields = body.model_dump(exclude_unset=True)
    row = commands.change_contact(uow, runtime.vault, account, contact, fields, seen.check)
    return _tagged(row, response)


@router.delete("/contacts/{contact}", status_code=204, dependencies=[WRITERS])
def remove_contact(account: Id, contact: Id, uow: Transaction, runtime: RuntimeDep) -> None:
    """Removes a contact; after the primary one the longest-standing other is primary."""
    commands.drop_contact(uow, runtime.vault, account, contact)


@router.post("/contacts/{contact}/erase", status_code=204, dependencies=[ADMIN])
def erase_contact(account: Id, contact: Id, _: Confirmed, uow: Transaction, runtime: RuntimeDep) -> None:
    """Erases the person who is a contact: the contact goes, and with it what is known of them as leads.

    It cannot be undone.
    """
    commands.erase_contact(uow, runtime.vault, account, contact)


@router.get("/team")
def list_team(account: Id, uow: Transaction) -> list[MemberView]:
    """Who works with the account besides its owner."""
    return [MemberView.model_validate(row) for row in queries.list_team(uow, account)]


@router.put("/team/{user}", dependencies=[WRITERS])
def set_member(account: Id, user: Id, body: Membership, uow: Transaction) -> MemberView:
    """Gives a colleague a role in the team."""
    return MemberView.model_validate(commands.set_member(uow, account, user, body.role))


@router.delete("/team/{user}", status_code=204, dependencies=[WRITERS])
def remove_member(account: Id, user: Id, uow: Transaction) -> None:
    """Takes a colleague from the team."""
    commands.remove_member(uow, account, user)


def _tagged(row: Contact, response: Response) -> ContactView:
    response.headers["ETag"] = etag(row.version)
    return ContactView.model_validate(row)


def _position(after: Sequence[Any] | None) -> queries.Position:
    """The cursor as what it was made of: it is signed, so it holds what this list put in."""
    return None if after is None else (after[0], after[1])
