"""This service's part of a conversion: account and contact opened or linked, or taken back (F44-F48).

Every step is known by the conversion's id: the same step again gives the same answer and no second effect.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select

from chassis.db import UnitOfWork
from chassis.ids import derived_id, id_of
from chassis.pii import Vault, normal_email
from services.accounts import domain, events
from services.accounts.commands.accounts import locked, open_account, withdraw_account
from services.accounts.commands.contacts import add_contact, holder_of, remove_contact
from services.accounts.commands.settings import settings_of
from services.accounts.domain import Found, Refusal
from services.accounts.models import Account, Contact, Conversion, Deal, Lead

Record = Mapping[str, Any]
Person = Mapping[str, Any]
READY, REFUSED = "ConversionAccountReady", "ConversionAccountRefused"
MAPPED = ("industry", "country", "territory", "website", "phone", "description")
"""Fields of an account that a tenant's mapping may fill; what else it names becomes a custom field (F47)."""


def start_conversion(uow: UnitOfWork, vault: Vault, record: Record) -> None:
    """Opens or links account and contact and answers; a step that was answered is answered the same.

    While the key of the lead's personal fields is on its way, the step waits for it.
    """
    known = uow.session.get(Conversion, (uow.tenant, UUID(record["conversion_id"])))
    if known is not None:
        if known.answer is not None:
            uow.publish(events.answer(uow, known.answer, known.record))
        return
    row = Conversion(
        tenant_id=uow.tenant,
        id=UUID(record["conversion_id"]),
        lead_id=UUID(record["lead_id"]),
        account_id=UUID(record["account_id"]),
        contact_id=UUID(record["contact_id"]),
        answer=None,
        record=_packed(record),
        withdrawn=False,
    )
    person = _person(uow, vault, record)
    if person is not None or not vault.awaits_key(uow, record["lead_id"]):
        _step(uow, vault, row, record, person)
    uow.session.add(row)  # once, with its answer


def leads_with_waiting_conversions(uow: UnitOfWork, lead_ids: Iterable[UUID]) -> list[UUID]:
    """Those of these leads with a step that waits for their key."""
    waiting = select(Conversion.lead_id).where(
        Conversion.tenant_id == uow.tenant,
        Conversion.lead_id.in_(list(lead_ids)),
        Conversion.answer.is_(None),
    )
    return list(uow.session.scalars(waiting.distinct().order_by(Conversion.lead_id)))


def resume_conversions(uow: UnitOfWork, vault: Vault, lead_id: UUID) -> None:
    """Goes on with what waited for the key of a lead."""
    waiting = select(Conversion).where(
        Conversion.tenant_id == uow.tenant, Conversion.lead_id == lead_id, Conversion.answer.is_(None)
    )
    for row in uow.session.scalars(waiting.with_for_update()).all():
        if not row.withdrawn:
            record = _unpacked(row.record)
            _step(uow, vault, row, record, _person(uow, vault, record))


def give_up_conversion(uow: UnitOfWork, vault: Vault, conversion_id: UUID) -> None:
    """Takes back what the conversion opened and added, unless somebody else uses it by now."""
    row = uow.session.get(Conversion, (uow.tenant, conversion_id), with_for_update=True)
    if row is None or row.withdrawn:
        return
    row.withdrawn = True
    if row.answer == READY:
        _withdraw(uow, vault, row)


class _Scene(NamedTuple):
    """What a step finds."""

    person: Person
    account: Account | None
    """Under its lock."""
    holder: tuple[Contact, Account] | None
    """The contact that has the person's e-mail address, with its account."""


def _person(uow: UnitOfWork, vault: Vault, record: Record) -> Person | None:
    """Who is converted; None where the key is gone, or is still to come."""
    return vault.open(uow, record["pii"], record["key_id"]) if record["pii"] else {}


def _step(uow: UnitOfWork, vault: Vault, row: Conversion, record: Record, person: Person | None) -> None:
    """Does the step, or refuses it, and keeps what is answered."""
    account = uow.session.get(Account, (uow.tenant, row.account_id), with_for_update=True)
    if person is None:
        said = _refused(account, Refusal("not_possible", "The person was erased."))
    else:
        scene = _Scene(person, account, holder_of(uow, _email(person)))
        no = _refusal(uow, record, scene)
        said = _refused(account, no) if no else _done(uow, vault, row, record, scene)
    row.answer, fields, version = said
    known = {"conversion_id": str(row.id), "lead_id": str(row.lead_id)}
    about = events.about(uow, row.account_id, version, derived_id(row.id, "account", "answer"))
    row.record = {**about, **known, **fields}
    uow.publish(events.answer(uow, row.answer, row.record))


def _refusal(uow: UnitOfWork, record: Record, scene: _Scene) -> Refusal | None:
    _, account, holder = scene
    here, chosen = UUID(record["account_id"]), None
    if record["contact_exists"]:
        chosen = uow.session.get(Contact, (uow.tenant, UUID(record["contact_id"])))
    found = Found(
        account="none" if account is None else "open" if account.closed_at is None else "closed",
        contact_in_account=chosen is not None and chosen.account_id == here,
        email_elsewhere=holder[1].name if holder and holder[1].id != here else None,
    )
    return domain.refusal(record["path"], record["contact_exists"], found)


def _done(
    uow: UnitOfWork, vault: Vault, row: Conversion, record: Record, scene: _Scene
) -> tuple[str, dict[str, Any], int]:
    opened = scene.account is None
    account = scene.account or _opened(uow, row, record, scene.person)
    contact, added = _contact(uow, vault, row, record, account, scene)
    events.bump(uow, account)
    row.contact_id = contact.id
    fields = {
        "contact_id": str(contact.id),
        "account_created": opened,
        "contact_created": added,
        "account_name": account.name,
        "owner_id": events.text(account.owner_id),
    }
    return READY, fields, account.version


def _refused(account: Account | None, no: Refusal) -> tuple[str, dict[str, Any], int]:
    """An account that does not exist has no version: 0."""
    return REFUSED, {"code": no.code, "reason": no.reason}, 0 if account is None else account.version


def _opened(uow: UnitOfWork, row: Conversion, record: Record, person: Person) -> Account:
    """The account of path A: named by the lead's company, its tier by the lead's score (F44, F56)."""
    # beside the person, where it is sealed with them; events of before have it in the clear
    attributes: Mapping[str, str] = {**record["mapped"], **person.get("attributes", {})}
    mapped = {name: attributes[name] for name in MAPPED if name in attributes}
    given = {name: record[name] for name in ("industry", "country", "territory") if record[name]}
    fields = {
        **mapped,
        **given,
        "domain": domain.company_domain(_email(person)),
        "owner_id": id_of(record["owner_id"]),
        "tier": domain.tier_for(record["score"], settings_of(uow).tiers),
        "esg_engagement": record["esg_interest"],
        "origin_lead_id": row.lead_id,
        "conversion_id": row.id,
        "custom": {name: value for name, value in attributes.items() if name not in MAPPED},
    }
    return open_account(uow, domain.display_name(person), fields, row.account_id)


def _contact(
    uow: UnitOfWork,
    vault: Vault,
    row: Conversion,
    record: Record,
    account: Account,
    scene: _Scene,
) -> tuple[Contact, bool]:
    """The chosen contact, else the one with the lead's e-mail address, else a new one; whether it is new."""
    if record["contact_exists"]:
        return uow.session.get_one(Contact, (uow.tenant, row.contact_id)), False
    if scene.holder:
        return scene.holder[0], False
    mapped = {"attributes": scene.person.get("contact_attributes") or None}
    fields = {**scene.person, **mapped, "origin_lead_id": row.lead_id, "conversion_id": row.id}
    return add_contact(uow, vault, account, row.contact_id, fields), True


def _withdraw(uow: UnitOfWork, vault: Vault, row: Conversion) -> None:
    account = locked(uow, row.account_id)
    contact = uow.session.get(Contact, (uow.tenant, row.contact_id))
    if contact and row.record["contact_created"] and not _shared(uow, row, Conversion.contact_id):
        remove_contact(uow, vault, account, contact, "The conversion failed.")
    if row.record["account_created"] and not _in_use(uow, row):
        withdraw_account(uow, account)


def _in_use(uow: UnitOfWork, row: Conversion) -> bool:
    """Whether somebody else has a contact, a lead or a deal there, or another conversion led to it."""
    uses = (
        exists().where(Contact.tenant_id == uow.tenant, Contact.account_id == row.account_id),
        exists().where(
            Lead.tenant_id == uow.tenant, Lead.account_id == row.account_id, Lead.id != row.lead_id
        ),
        exists().where(
            Deal.tenant_id == uow.tenant,
            Deal.account_id == row.account_id,
            Deal.withdrawn.is_(False),
            Deal.conversion_id.is_distinct_from(row.id),
        ),
    )
    return bool(uow.session.scalar(select(or_(*uses)))) or _shared(uow, row, Conversion.account_id)


def _shared(uow: UnitOfWork, row: Conversion, column: Any) -> bool:
    """Whether another conversion that stands has the same account, or contact."""
    other: list[ColumnElement[bool]] = [
        Conversion.tenant_id == uow.tenant,
        column == getattr(row, column.key),
        Conversion.id != row.id,
        Conversion.answer == READY,
        Conversion.withdrawn.is_(False),
    ]
    return bool(uow.session.scalar(select(exists().where(*other))))


def _email(person: Person) -> str | None:
    return normal_email(person["email"]) if person.get("email") else None


def _packed(record: Record) -> dict[str, Any]:
    """The step as JSON has it, while it waits."""
    return {**record, "pii": b64encode(record["pii"]).decode() if record["pii"] else None}


def _unpacked(record: Record) -> dict[str, Any]:
    return {**record, "pii": b64decode(record["pii"]) if record["pii"] else None}
