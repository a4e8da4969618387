"""A lead by hand: changed, given points."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.pii import Vault
from services.leads import events
from services.leads.commands.assignment import TERRITORIES, territory_in
from services.leads.commands.duplicates import COMPARED, reindex
from services.leads.commands.settings import Setup, tenant_setup
from services.leads.commands.statuses import bump, locked
from services.leads.contact import normal_email, normal_phone
from services.leads.domain import Labels
from services.leads.models import Adjustment, Lead

PLACE: Final = frozenset({"country", "region"})
"""Fields that say in which territory a lead lies."""


def change_lead(uow: UnitOfWork, vault: Vault, lead_id: UUID, fields: Mapping[str, Any], seen: Any) -> Lead:
    """Changes the named fields; what is as it was changes nothing. `seen(version)` refuses a stale view."""
    lead = locked(uow, lead_id)
    seen(lead.version)
    change_leads(uow, vault, tenant_setup(uow), [(lead, fields)])
    return lead


def change_leads(
    uow: UnitOfWork, vault: Vault, setup: Setup, changes: Sequence[tuple[Lead, Mapping[str, Any]]]
) -> None:
    """Changes leads that are locked, each once or more often; one event for each that is not as it was.

    The number of statements does not depend on the number of leads. Raises UnknownSource, UnfitCustom.
    """
    changed: dict[UUID, tuple[Lead, list[str], list[str]]] = {}
    for lead, said in changes:
        fields = _merged(setup, lead, said)
        wanted = {**fields, **_that_follows(uow, vault, setup, {**vars(lead), **fields}, fields)}
        names = [name for name, value in wanted.items() if getattr(lead, name) != value]
        for name in names:
            setattr(lead, name, wanted[name])
        told = changed.setdefault(lead.id, (lead, [], []))
        told[1].extend(names)
        told[2].extend(name for name in names if name in fields and name not in told[2])
    moved = [one for one in changed.values() if one[1]]
    for lead, _, _ in moved:
        bump(uow, lead)
    reindex(uow, [lead for lead, names, _ in moved if not COMPARED.isdisjoint(names)])
    sealed = vault.seal_all(uow, [(lead.id, events.person_of(lead)) for lead, _, _ in moved])
    for (lead, _, named), pii in zip(moved, sealed, strict=True):
        uow.publish(events.lead_changed(uow, vault, lead, named, pii))


def _merged(setup: Setup, lead: Lead, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Custom fields change name by name, all others whole."""
    if "custom" not in said:
        return said
    return {**said, "custom": setup.custom_fields.merged(lead.custom, said["custom"])}


def _that_follows(
    uow: UnitOfWork, vault: Vault, setup: Setup, profile: Mapping[str, Any], changed: Collection[str]
) -> dict[str, Any]:
    """What is found out anew about a lead when its fields change."""
    said = {name: value for name, value in profile.items() if name in changed}
    found = in_words(setup.labels, said) | reached_by(uow, vault, profile, setup.response.home_country)
    if not PLACE.isdisjoint(changed):
        found["territory"] = territory_in(setup.settings.get(TERRITORIES, {}), profile)
    return found


def adjust_score(uow: UnitOfWork, lead_id: UUID, points: int, reason: str) -> Lead:
    """Gives or takes points (F19); the new score comes by the stream. Raises LeadNotFound."""
    lead = locked(uow, lead_id)
    event_id = new_id()
    bump(uow, lead)
    uow.session.add(
        Adjustment(
            tenant_id=uow.tenant,
            lead_id=lead.id,
            event_id=event_id,
            at=uow.now,
            actor=uow.actor,
            points=points,
            reason=reason,
        )
    )
    uow.publish(events.lead_score_adjusted(uow, lead, event_id, points, reason))
    return lead


def reached_by(uow: UnitOfWork, vault: Vault, fields: Mapping[str, Any], home: str | None) -> dict[str, Any]:
    """Normal forms of e-mail and phone, and the hash that others match the e-mail by.

    A phone number without a country is one of the lead's country, else of the tenant's `home`.
    """
    email, phone = fields.get("email"), fields.get("phone")
    country = fields.get("country") or home
    return {
        "email_normal": normal_email(email) if email else None,
        "email_hash": vault.email_hash(uow.tenant, email) if email else None,
        "phone_e164": normal_phone(phone, country) if phone else None,
    }


def in_words(labels: Labels, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Source and industry, where they are named, as system keys, with the tenant's own words beside them.

    Raises UnknownSource.
    """
    found: dict[str, Any] = {}
    if (source := fields.get("lead_source")) is not None:
        term = labels.source(source)
        found |= {"lead_source": term.system_key, "own_source": term.own}
    if "industry" in fields:
        industry = labels.industry(fields["industry"]) if fields["industry"] else None
        found |= {
            "industry": industry and industry.system_key,
            "own_industry": industry and industry.own,
        }
    return found
