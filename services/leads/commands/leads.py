"""A lead by hand: created with its first score, changed, given points."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from chassis.clock import from_millis, millis
from chassis.db import UnitOfWork, insert_rows
from chassis.ids import new_id
from chassis.pii import Vault
from services.leads import domain, events
from services.leads.commands.assignment import TERRITORIES, first_assignment, give_owners, territory_in
from services.leads.commands.consents import consent_rows
from services.leads.commands.scores import contribution_row
from services.leads.commands.settings import tenant_setup
from services.leads.commands.statuses import bump, first_status, locked
from services.leads.contact import normal_email, normal_phone
from services.leads.domain import Labels, facts_of
from services.leads.models import Adjustment, Contribution, Lead, ScoreChange
from services.leads.scoring import Facts, Outcome, RuleSet, empty, step

PLACE: Final = frozenset({"country", "region"})
"""Fields that say in which territory a lead lies."""


def create_lead(
    uow: UnitOfWork,
    vault: Vault,
    draft: Mapping[str, Any],
    rep: UUID | None,
    lead_id: UUID | None = None,
) -> tuple[Lead, list[Contribution]]:
    """A new lead with its first score, by the same pure function that scores the stream (F1).

    Every way in comes through here: API, forms, imports, accounts. The score is stored as (epoch 0,
    sequence 0); the lead starts in the band of that score. `rep`: who entered it by hand, if it was a rep.
    Raises UnknownSource.
    """
    setup = tenant_setup(uow)
    fields = {name: value for name, value in draft.items() if name != "consents"}
    came = fields | domain.ways(fields) | in_words(setup.labels, fields)
    profile = {**came, **reached_by(uow, vault, fields, setup.response.home_country)}
    profile["territory"] = territory_in(setup.settings.get(TERRITORIES, {}), profile)
    event_id = new_id()
    facts = Facts(str(event_id), millis(uow.now), 1, facts_of(profile))
    outcome = first_outcome(facts, setup.rules)
    lead = Lead(
        tenant_id=uow.tenant,
        id=lead_id or new_id(),
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
        status=domain.band(outcome.shown),
        status_since=uow.now,
        pinned=False,
        respond_by=setup.response.due(uow.now),
        first_touch=domain.touch(came, uow.now),
        last_touch=domain.touch(came, uow.now),
        score_epoch=0,
        score_sequence=0,
        **totals(outcome),
        **profile,
    )
    lines = [contribution_row(uow.tenant, lead.id, line) for line in outcome.added]
    rows = [lead, *lines, first_score(lead), first_status(uow, lead)]
    (given,) = give_owners(uow, setup.settings, [(lead, rep)])
    uow.publish(events.lead_created(uow, vault, lead, event_id))
    rows += [first_assignment(uow, lead, given)]
    insert_rows(uow.session, [*rows, *consent_rows(uow, lead, draft.get("consents", ()))])
    return lead, lines


def change_lead(uow: UnitOfWork, vault: Vault, lead_id: UUID, fields: Mapping[str, Any], seen: Any) -> Lead:
    """Changes the named fields; what is as it was changes nothing. `seen(version)` refuses a stale view."""
    lead = locked(uow, lead_id)
    seen(lead.version)
    setup = tenant_setup(uow)
    wanted = {
        **fields,
        **in_words(setup.labels, fields),
        **reached_by(uow, vault, {**vars(lead), **fields}, setup.response.home_country),
    }
    if not PLACE.isdisjoint(fields):
        table = setup.settings.get(TERRITORIES, {})
        wanted["territory"] = territory_in(table, {**vars(lead), **fields})
    changed = [name for name, value in wanted.items() if getattr(lead, name) != value]
    if not changed:
        return lead
    for name in changed:
        setattr(lead, name, wanted[name])
    bump(uow, lead)
    uow.publish(events.lead_changed(uow, vault, lead, [name for name in changed if name in fields]))
    return lead


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


def first_outcome(facts: Facts, rules: RuleSet) -> Outcome:
    """The score of a lead of which only the facts are known."""
    outcome = step(empty(), facts, rules)[1]
    assert outcome is not None  # facts always have an outcome
    return outcome


def totals(outcome: Outcome) -> dict[str, Any]:
    """The columns of a lead that a score fills."""
    change = outcome.next_change_at
    return {
        "score": outcome.shown,
        "raw": outcome.raw,
        "fit": outcome.fit,
        "engagement": outcome.engagement,
        "grade": outcome.grade,
        "rules_version": outcome.rules_version,
        "next_change_at": None if change is None else from_millis(change),
    }


def first_score(lead: Lead) -> ScoreChange:
    """The first line of the score history."""
    return ScoreChange(
        tenant_id=lead.tenant_id,
        lead_id=lead.id,
        epoch=0,
        sequence=0,
        occurred_at=lead.created_at,
        recorded_at=lead.created_at,
        stored_at=lead.created_at,
        cause="facts",
        cause_id="",
        previous=0,
        shown=lead.score,
        raw=lead.raw,
        fit=lead.fit,
        engagement=lead.engagement,
        grade=lead.grade,
        rules_version=lead.rules_version,
    )
