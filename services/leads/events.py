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
from services.leads.conversion import Mapped, deal_type, title
from services.leads.domain import Consent, StatusChanged, facts_of
from services.leads.models import ConversionRow, Form, FormSubmission, Lead
from services.leads.scoring import RuleSet

LEAD = "leads.lead"
RULES = "leads.scoring-rules"
FORM = "leads.form"
PERSONAL = ("first_name", "last_name", "company", "job_title", "email", "phone")
Sealed = tuple[bytes, str]
"""Sealed fields of a person and the id of the key that opens them."""


def person_of(lead: Lead) -> dict[str, Any]:
    """What of a lead is sealed."""
    known = {name: value for name in PERSONAL if (value := getattr(lead, name)) is not None}
    return known | {"custom": lead.custom} if lead.custom else known


def lead_created(uow: UnitOfWork, lead: Lead, event_id: UUID, sealed: Sealed) -> Outgoing:
    """A lead exists."""
    return _lead(uow, "LeadCreated", lead, _state(uow, lead, event_id, sealed))


def lead_changed(
    uow: UnitOfWork, vault: Vault, lead: Lead, changed: Sequence[str], sealed: Sealed | None = None
) -> Outgoing:
    """Fields of a lead changed; `sealed` spares the look at its key where many were sealed at once."""
    sealed = sealed or vault.seal(uow, lead.id, person_of(lead))
    record = {**_state(uow, lead, new_id(), sealed), "changed": list(changed)}
    return _lead(uow, "LeadChanged", lead, record)


def lead_status_changed(
    uow: UnitOfWork, lead: Lead, change: StatusChanged, cause: str | None = None
) -> Outgoing:
    """A lead moved to another status."""
    record = {
        **_about(uow, lead, new_id()),
        "status": change.status,
        "previous": change.previous,
        "pinned": change.pinned,
        "seconds_in_previous": change.seconds_in_previous,
        "reason_code": change.reason_code,
        "reason": change.reason,
        "score": change.score,
        "rules_version": lead.rules_version,
        "owner_id": _text(lead.owner_id),
    }
    return _lead(uow, "LeadStatusChanged", lead, record, cause)


def lead_assigned(uow: UnitOfWork, lead: Lead, rule: str, reason: str, previous: UUID | None) -> Outgoing:
    """A lead was given to somebody, or to nobody."""
    record = {
        **_about(uow, lead, new_id()),
        "owner_id": _text(lead.owner_id),
        "previous_owner_id": _text(previous),
        "rule": rule,
        "reason": reason,
        "account_id": _text(lead.account_id),
        "lead_source": lead.lead_source,
    }
    return _lead(uow, "LeadAssigned", lead, record)


def lead_score_adjusted(uow: UnitOfWork, lead: Lead, event_id: UUID, points: int, reason: str) -> Outgoing:
    """A person gave or took points."""
    record = {**_about(uow, lead, event_id), "points": points, "reason": reason}
    return _lead(uow, "LeadScoreAdjusted", lead, record)


def conversion_started(
    uow: UnitOfWork, vault: Vault, lead: Lead, row: ConversionRow, mapped: Mapped
) -> Outgoing:
    """A conversion begins; the person, and what is mapped of them, is sealed under the lead's own key."""
    person = {name: value for name, value in person_of(lead).items() if name in PERSONAL}
    said = {"attributes": mapped.of("account"), "contact_attributes": mapped.of("contact")}
    pii, key_id = vault.seal(uow, lead.id, {**person, **said})
    record = {
        **_about(uow, lead, new_id()),
        "conversion_id": str(row.id),
        "account_id": str(row.account_id),
        "contact_id": str(row.contact_id),
        "path": row.path,
        "contact_exists": row.command["contact_id"] is not None,
        "owner_id": _text(lead.owner_id),
        "lead_source": lead.lead_source,
        "score": lead.score,
        "industry": lead.industry,
        "country": lead.country,
        "esg_interest": lead.esg_interest,
        "mapped": {},
        "email_hash": lead.email_hash,
        "pii": pii,
        "key_id": key_id,
    }
    return _lead(uow, "ConversionStarted", lead, record)


def conversion_opportunity_wanted(uow: UnitOfWork, lead: Lead, row: ConversionRow) -> Outgoing:
    """Account and contact are there; the opportunity is wanted."""
    label = lead.lead_source.replace("_", " ").capitalize()
    record = {
        **_about(uow, lead, new_id()),
        **_conversion(row),
        "path": row.path,
        "opportunity_exists": row.command["opportunity_id"] is not None,
        "title": title(row.path, row.account_name or "", label),
        "deal_type": deal_type(row.path, lead.lead_source),
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "close_date": row.close_date.isoformat(),
        "owner_id": _text(lead.owner_id),
        "lead_source": lead.lead_source,
        "score": row.score["score"],
        "pii": row.pii,
        "key_id": row.key_id,
    }
    return _lead(uow, "ConversionOpportunityWanted", lead, record)


def lead_converted(uow: UnitOfWork, lead: Lead, row: ConversionRow, follow_ons: Sequence[str]) -> Outgoing:
    """A lead was converted, wholly."""
    record = {
        **_about(uow, lead, new_id()),
        **_conversion(row),
        "path": row.path,
        "owner_id": _text(lead.owner_id),
        "account_owner_id": _text(row.account_owner_id),
        "lead_source": lead.lead_source,
        "score": row.score["score"],
        "follow_ons": list(follow_ons),
    }
    return _lead(uow, "LeadConverted", lead, record)


def conversion_failed(uow: UnitOfWork, lead: Lead, row: ConversionRow) -> Outgoing:
    """A conversion was given up."""
    record = {**_about(uow, lead, new_id()), **_conversion(row), "code": row.code, "reason": row.reason}
    return _lead(uow, "ConversionFailed", lead, record)


def lead_activity_logged(
    uow: UnitOfWork, lead: Lead, activity_id: UUID, activity: str, happened_at: datetime, first: bool
) -> Outgoing:
    """A person called, wrote, met or noted."""
    record = {
        **_about(uow, lead, new_id()),
        "activity_id": str(activity_id),
        "activity": activity,
        "happened_at": millis(happened_at),
        "first": first,
        "account_id": _text(lead.account_id),
        "owner_id": _text(lead.owner_id),
    }
    return _lead(uow, "LeadActivityLogged", lead, record)


def lead_consent_changed(uow: UnitOfWork, lead: Lead, consent: Consent) -> Outgoing:
    """A person allowed or forbade a channel. What proves it stays here."""
    record = {
        **_about(uow, lead, new_id()),
        "channel": consent.channel,
        "state": consent.state,
        "consented_at": millis(consent.at),
        "consent_source": consent.source,
        "email_hash": lead.email_hash,
    }
    return _lead(uow, "LeadConsentChanged", lead, record)


def lead_erased(uow: UnitOfWork, lead: Lead, email_hash: str | None) -> Outgoing:
    """The person behind a lead was erased; by the hash others know whom they know of the same address."""
    return _lead(uow, "LeadErased", lead, {**_about(uow, lead, new_id()), "email_hash": email_hash})


def form_confirmation_wanted(
    uow: UnitOfWork,
    vault: Vault,
    form: Form,
    row: FormSubmission,
    letter: Mapping[str, str],
    until: datetime,
) -> Outgoing:
    """Somebody is to confirm an address; it is sealed under the key of the lead that they may become."""
    pii, key_id = vault.seal(uow, str(row.lead_id), letter)
    record = {
        "event_id": str(new_id()),
        "tenant_id": str(uow.tenant),
        "form_id": str(form.id),
        "submission_id": str(row.id),
        "lead_id": str(row.lead_id),
        "occurred_at": millis(uow.now),
        "actor": uow.actor,
        "form_name": form.name,
        "expires_at": millis(until),
        "pii": pii,
        "key_id": key_id,
    }
    return Outgoing(FORM, "FormConfirmationWanted", f"{uow.tenant}:{form.id}", record)


def scoring_rules_published(
    uow: UnitOfWork, rules: RuleSet, effective_at: datetime, partition: int, event_id: UUID
) -> Outgoing:
    """A rule set, as one of the records that bring it into every partition; all have the same id."""
    record = {
        "event_id": str(event_id),
        "tenant_id": str(uow.tenant),
        "rules_version": rules.version,
        "occurred_at": millis(uow.now),
        "effective_at": millis(effective_at),
        "actor": uow.actor,
        "rules": [rule_record(rule) for rule in rules.rules],
    }
    key = f"{uow.tenant}:{rules.version}"
    return Outgoing(RULES, "ScoringRulesPublished", key, record, partition=partition)


def rule_record(rule: Any) -> dict[str, Any]:
    """A rule as record and JSON have it: `rule` for its key."""
    names = (
        "category",
        "points",
        "event_kind",
        "field",
        "operator",
        "once_per_key",
        "max_per_day",
        "max_total",
        "cool_down",
        "half_life",
        "expiry",
    )
    return {"rule": rule.key, "values": list(rule.values), **{name: getattr(rule, name) for name in names}}


def _lead(
    uow: UnitOfWork, type: str, lead: Lead, record: Mapping[str, Any], cause: str | None = None
) -> Outgoing:
    return Outgoing(LEAD, type, f"{uow.tenant}:{lead.id}", record, causation=cause)


def _about(uow: UnitOfWork, lead: Lead, event_id: UUID) -> dict[str, Any]:
    return {
        "event_id": str(event_id),
        "tenant_id": str(uow.tenant),
        "lead_id": str(lead.id),
        "version": lead.version,
        "occurred_at": millis(uow.now),
        "actor": uow.actor,
    }


def _state(uow: UnitOfWork, lead: Lead, event_id: UUID, sealed: Sealed) -> dict[str, Any]:
    pii, key_id = sealed
    return {
        **_about(uow, lead, event_id),
        "created_at": millis(lead.created_at),
        "status": lead.status,
        "owner_id": _text(lead.owner_id),
        "account_id": _text(lead.account_id),
        "lead_source": lead.lead_source,
        "facts": facts_of(vars(lead)),
        "email_hash": lead.email_hash,
        "pii": pii,
        "key_id": key_id,
        "territory": lead.territory,
        "channel": lead.channel,
        "campaign": lead.campaign,
        "respond_by": None if lead.respond_by is None else millis(lead.respond_by),
        "first_contacted_at": None if lead.first_contacted_at is None else millis(lead.first_contacted_at),
        "archived": lead.archived_at is not None,
    }


def _conversion(row: ConversionRow) -> dict[str, Any]:
    return {
        "conversion_id": str(row.id),
        "account_id": str(row.account_id),
        "contact_id": str(row.contact_id),
        "opportunity_id": _text(row.opportunity_id),
    }


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
