"""A new lead: its first score, owner and status, what is stored of it, what is told of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from chassis.clock import from_millis, millis
from chassis.db import UnitOfWork, values_of, whole
from chassis.ids import new_id
from chassis.pii import Vault
from services.leads import domain, events
from services.leads.commands.assignment import first_assignment, give_owners
from services.leads.commands.consents import consent_rows
from services.leads.commands.creation.entries import Entry, Judged
from services.leads.commands.duplicates import Draft, Rows, index_rows
from services.leads.commands.scores import line_row
from services.leads.commands.settings import Setup
from services.leads.commands.statuses import first_status
from services.leads.domain import facts_of
from services.leads.models import AssignmentRow, Contribution, Lead, LogEntry, ScoreChange, StatusChange
from services.leads.scoring import Facts, Outcome, RuleSet, empty, step


class Opening(NamedTuple):
    """A new lead before it is stored, with what is stored beside it."""

    lead: Lead
    entry: Entry
    draft: Draft
    lines: Sequence[dict[str, Any]]
    status: dict[str, Any]
    event_id: UUID


def open_lead(uow: UnitOfWork, setup: Setup, judged: Judged) -> Opening:
    """The lead that an entry opens, scored by its facts and nobody's yet."""
    entry, profile, draft, verdict = judged
    event_id = new_id()
    outcome = _first_outcome(Facts(str(event_id), millis(uow.now), 1, facts_of(profile)), setup.rules)
    linked = {"account_id": verdict.account_id} if verdict.account_id else {}
    row = {
        "tenant_id": uow.tenant,
        "id": draft.id,
        "version": 1,
        "created_at": uow.now,
        "updated_at": uow.now,
        "status": domain.band(outcome.shown),
        "status_since": uow.now,
        "pinned": False,
        "respond_by": setup.response.due(uow.now),
        "score_epoch": 0,
        "score_sequence": 0,
        **_totals(outcome),
        **profile,
        **linked,
    }
    lead = whole(Lead, row)
    lines = [line_row(uow.tenant, draft.id, line._asdict()) for line in outcome.added]
    return Opening(lead, entry, draft, lines, first_status(uow, lead), event_id)


def tell_of(uow: UnitOfWork, vault: Vault, setup: Setup, openings: Sequence[Opening]) -> Rows:
    """Gives new leads their owners, and tells of both; the rows that keep what was told."""
    if not openings:
        return {}
    sealed = _sealed(uow, vault, openings)
    # as late as can be: whoever else is assigned meanwhile waits until this transaction ends
    given = give_owners(uow, setup.settings, [(one.lead, one.entry.rep) for one in openings])
    assignments, log = [], []
    for one, pii, assignment in zip(openings, sealed, given, strict=True):
        uow.publish(events.lead_created(uow, one.lead, one.event_id, pii))
        assignments.append(first_assignment(uow, one.lead, assignment))
        said = consent_rows(uow, one.lead, one.entry.fields.get("consents", ()))
        log += [values_of(line) for line in said]
    return {AssignmentRow: assignments, LogEntry: log}


def rows_of(tenant: UUID, one: Opening) -> Rows:
    """What is stored of a new lead once it has its owner."""
    return {
        Lead: [values_of(one.lead)],
        Contribution: one.lines,
        ScoreChange: [_first_score(one.lead)],
        StatusChange: [one.status],
        **index_rows(tenant, one.draft.id, one.draft.profile),
    }


def _sealed(uow: UnitOfWork, vault: Vault, openings: Sequence[Opening]) -> list[tuple[bytes, str]]:
    people = [(one.lead.id, events.person_of(one.lead)) for one in openings]
    # a lead whose id is known beforehand may have a key: it was written to before it came to be
    known = any(one.entry.id for one in openings)
    return vault.seal_all(uow, people) if known else vault.seal_new(uow, people)


def _first_outcome(facts: Facts, rules: RuleSet) -> Outcome:
    """The score of a lead of which only the facts are known."""
    outcome = step(empty(), facts, rules)[1]
    assert outcome is not None  # facts always have an outcome
    return outcome


def _totals(outcome: Outcome) -> dict[str, Any]:
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


def _first_score(lead: Lead) -> dict[str, Any]:
    """The first line of the score history."""
    names = ("tenant_id", "raw", "fit", "engagement", "grade", "rules_version")
    return {
        **{name: getattr(lead, name) for name in names},
        "lead_id": lead.id,
        "epoch": 0,
        "sequence": 0,
        "occurred_at": lead.created_at,
        "recorded_at": lead.created_at,
        "stored_at": lead.created_at,
        "cause": "facts",
        "cause_id": "",
        "previous": 0,
        "shown": lead.score,
    }
