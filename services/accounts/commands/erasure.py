"""A person is erased (F109): their contacts with the keys, and what is said of them at their accounts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, or_, select

from chassis.db import UnitOfWork
from chassis.dead_letters import forget_letters
from chassis.imports import forget_rows
from chassis.pii import Vault
from chassis.traces import Traces, address_of, forget_answers
from services.accounts import events
from services.accounts.commands.accounts import locked, tell_change
from services.accounts.commands.contacts import contact_of, remove_contact
from services.accounts.commands.conversions import READY
from services.accounts.domain import UNNAMED
from services.accounts.events import bump
from services.accounts.models import Account, Contact, Conversion, TimelineEntry

WHY: Final = "The person was erased."
TELLING: Final = ("name", "website", "phone")
"""Fields of an account that are the person's own where they speak of the person at all."""


def erase_contact(uow: UnitOfWork, vault: Vault, account_id: UUID, contact_id: UUID) -> None:
    """Erases the person who is a contact. Raises ContactNotFound, also the second time: it is gone."""
    _erase(uow, vault, [contact_of(uow, account_id, contact_id)])


def erase_lead(uow: UnitOfWork, vault: Vault, record: Mapping[str, Any]) -> None:
    """Leads erased a person: whoever the lead became here, and who has the same address, is that person."""
    lead, hash = UUID(record["lead_id"]), record["email_hash"]
    became = select(Conversion.contact_id).where(
        Conversion.tenant_id == uow.tenant,
        Conversion.lead_id == lead,
        Conversion.answer == READY,
        Conversion.withdrawn.is_(False),
    )
    theirs: list[ColumnElement[bool]] = [Contact.origin_lead_id == lead, Contact.id.in_(became)]
    if hash:
        theirs.append(Contact.email_hash == hash)
    found = select(Contact).where(Contact.tenant_id == uow.tenant, or_(*theirs))
    _erase(uow, vault, uow.session.scalars(found.order_by(Contact.account_id, Contact.id)).all())
    forget_letters(uow, address_of(vault, uow.tenant, hash))


def _erase(uow: UnitOfWork, vault: Vault, contacts: Sequence[Contact]) -> None:
    if not contacts:
        return
    traces = Traces.of([(contact.id, vars(contact)) for contact in contacts])
    forget_rows(uow, traces)
    for contact in contacts:
        account = locked(uow, contact.account_id)
        bump(uow, account)
        uow.publish(events.contact_erased(uow, account, contact))
        remove_contact(uow, vault, account, contact, WHY)
        _redact(uow, account, traces)
    forget_answers(uow, traces)
    forget_letters(uow, traces.mentioned_in)


def _redact(uow: UnitOfWork, account: Account, traces: Traces) -> None:
    """What people wrote of a contact at the account, and what a conversion brought there of the lead."""
    said = {name: getattr(account, name) for name in TELLING}
    left: dict[str, Any] = {name: None for name, text in said.items() if text and traces.mentioned_in(text)}
    if "name" in left:
        left["name"] = UNNAMED
    left["description"] = traces.redacted(account.description) if account.description else None
    left["custom"] = {name: traces.redacted(text) for name, text in account.custom.items()}
    changed = [name for name, value in left.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, left[name])
    if changed:
        tell_change(uow, account, changed)
    _redact_timeline(uow, account, traces)


def _redact_timeline(uow: UnitOfWork, account: Account, traces: Traces) -> None:
    entry = TimelineEntry
    mine = (entry.tenant_id == uow.tenant, entry.account_id == account.id)
    found = select(entry).where(*mine, traces.found_in(cast(entry.what, Text)))
    uow.flush()
    for row in uow.session.scalars(found).all():
        row.what = {name: _plain(traces, value) for name, value in row.what.items()}


def _plain(traces: Traces, value: Any) -> Any:
    return traces.redacted(value) if isinstance(value, str) else value
