"""How leads come to be (F1, F5): normal forms, duplicates, first score, rows, events; one or many at once.

Every way in comes through here: API, forms, bulk, imports, accounts. The number of statements does not
depend on the number of entries.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from chassis.clock import from_millis, millis
from chassis.db import Model, UnitOfWork, insert_plain, values_of, whole
from chassis.ids import new_id
from chassis.pii import Vault
from services.leads import domain, events
from services.leads.commands.assignment import TERRITORIES, first_assignment, give_owners, territory_in
from services.leads.commands.consents import consent_rows
from services.leads.commands.duplicates import (
    POLICIES,
    Draft,
    find_duplicates,
    index_rows,
    judge_drafts,
    policy_for,
    profile_of,
    verdict_rows,
)
from services.leads.commands.leads import change_leads, in_words, reached_by
from services.leads.commands.scores import line_row
from services.leads.commands.settings import Setup, tenant_setup
from services.leads.commands.statuses import first_status, locked_all
from services.leads.domain import UnknownAccount, UnknownSource, facts_of
from services.leads.matching import Candidate, Mode, Verdict, judge
from services.leads.models import AssignmentRow, Contribution, Lead, LogEntry, ScoreChange, StatusChange
from services.leads.scoring import Facts, Outcome, RuleSet, empty, step

COMPLETED: Final = (
    "first_name",
    "last_name",
    "company",
    "job_title",
    "email",
    "phone",
    "industry",
    "company_size",
    "country",
    "region",
    "description",
    "esg_interest",
)
"""What a lead that was entered again may still learn; it is never told otherwise than it knows."""


@dataclass(frozen=True)
class Entry:
    """A lead as somebody enters it."""

    fields: Mapping[str, Any]
    rep: UUID | None = None
    """Who entered it by hand, if it was a rep: then it is the rep's own."""
    mode: Mode = "by_policy"
    """What whoever enters it wants done about duplicates."""
    id: UUID | None = None
    """Of the lead to be, where it is known beforehand."""


@dataclass(frozen=True)
class Entered:
    """What came of an entry: a new lead, one that was completed, or none (blocked)."""

    verdict: Verdict
    lead: Lead | None
    lines: Sequence[Mapping[str, Any]] = ()
    """What its first score is made of."""


class Fault(NamedTuple):
    """A field of an entry, and what is wrong with it."""

    field: str
    detail: str


Gathered = dict[type[Model], list[Mapping[str, Any]]]


class _Opening(NamedTuple):
    """A new lead before it is stored, with what is stored beside it."""

    lead: Lead
    entry: Entry
    lines: Sequence[dict[str, Any]]
    status: dict[str, Any]
    event_id: UUID


def create_lead(uow: UnitOfWork, vault: Vault, entry: Entry, way: str) -> Entered:
    """A new lead with its first score, unless the tenant's policy makes something else of it (F1, F36)."""
    return create_leads(uow, vault, [entry], way)[0]


def create_leads(uow: UnitOfWork, vault: Vault, entries: Sequence[Entry], way: str) -> list[Entered]:
    """New leads, scored by the same pure function that scores the stream; `way` says how they came in.

    The score is stored as (epoch 0, sequence 0); a lead starts in the band of its score.
    Raises UnknownSource, UnknownAccount.
    """
    setup = tenant_setup(uow, _accounts_of(entries))
    _check_accounts(entries, setup)
    profiles = [_profile(uow, vault, setup, entry) for entry in entries]
    drafts = [_draft(setup, *pair) for pair in zip(entries, profiles, strict=True)]
    verdicts = judge_drafts(uow, drafts)
    openings = [
        _opened(uow, setup, entry, profile, draft.id, verdict) if verdict.opens else None
        for entry, profile, draft, verdict in zip(entries, profiles, drafts, verdicts, strict=True)
    ]
    rows: Gathered = defaultdict(list)
    _tell(uow, vault, setup, [one for one in openings if one], rows)
    for entry, draft, verdict, one in zip(entries, drafts, verdicts, openings, strict=True):
        if one:
            _keep(uow, rows, draft, one)
        for table, some in verdict_rows(uow, verdict, draft.id, way, entry.fields["lead_source"]).items():
            rows[table] += some
    insert_plain(uow.session, rows)
    targets = _completed(uow, vault, setup, list(zip(profiles, verdicts, strict=True)))
    return [
        Entered(verdict, one.lead, one.lines) if one else Entered(verdict, targets.get(verdict.target))
        for verdict, one in zip(verdicts, openings, strict=True)
    ]


def foresee(uow: UnitOfWork, vault: Vault, entries: Sequence[Entry]) -> list[Verdict]:
    """What would come of entries; nothing is made of them."""
    setup = tenant_setup(uow)
    profiles = (_profile(uow, vault, setup, entry) for entry in entries)
    return judge_drafts(uow, [_draft(setup, *pair) for pair in zip(entries, profiles, strict=True)])


def look_up(
    uow: UnitOfWork, vault: Vault, fields: Mapping[str, Any], apart_from: UUID | None
) -> tuple[list[Candidate], Verdict]:
    """Who may be the same as a draft, whatever the score, and what the policy would make of it (F34)."""
    setup = tenant_setup(uow)
    entry = Entry(fields)
    draft = _draft(setup, entry, _profile(uow, vault, setup, entry))
    found = find_duplicates(uow, draft.profile, apart_from)
    return found, judge(draft.policy, found)


def unfit(uow: UnitOfWork, entries: Sequence[Entry]) -> list[Fault | None]:
    """For every entry which field names what is not there, if any: one must not keep the others out."""
    setup = tenant_setup(uow, _accounts_of(entries))
    return [_fault(setup, entry) for entry in entries]


def _fault(setup: Setup, entry: Entry) -> Fault | None:
    try:
        in_words(setup.labels, entry.fields)
        _check_accounts([entry], setup)
    except (UnknownSource, UnknownAccount) as error:
        return Fault(error.field, str(error))
    return None


def _accounts_of(entries: Sequence[Entry]) -> set[UUID]:
    return {id for entry in entries if (id := entry.fields.get("account_id"))}


def _check_accounts(entries: Sequence[Entry], setup: Setup) -> None:
    if not _accounts_of(entries) <= setup.accounts:
        raise UnknownAccount


def _profile(uow: UnitOfWork, vault: Vault, setup: Setup, entry: Entry) -> dict[str, Any]:
    fields = {name: value for name, value in entry.fields.items() if name != "consents"}
    came = fields | domain.ways(fields) | in_words(setup.labels, fields)
    touch = domain.touch(came, uow.now)
    profile = {**came, **reached_by(uow, vault, fields, setup.response.home_country)}
    territory = territory_in(setup.settings.get(TERRITORIES, {}), profile)
    return {**profile, "territory": territory, "first_touch": touch, "last_touch": touch}


def _draft(setup: Setup, entry: Entry, profile: Mapping[str, Any]) -> Draft:
    policy = policy_for(setup.settings.get(POLICIES, {}), profile["lead_source"])
    return Draft(entry.id or new_id(), profile_of(profile), policy, entry.mode)


def _opened(
    uow: UnitOfWork, setup: Setup, entry: Entry, profile: Mapping[str, Any], id: UUID, verdict: Verdict
) -> _Opening:
    event_id = new_id()
    facts = Facts(str(event_id), millis(uow.now), 1, facts_of(profile))
    outcome = first_outcome(facts, setup.rules)
    linked = {"account_id": verdict.account_id} if verdict.account_id else {}
    row = {
        "tenant_id": uow.tenant,
        "id": id,
        "version": 1,
        "created_at": uow.now,
        "updated_at": uow.now,
        "status": domain.band(outcome.shown),
        "status_since": uow.now,
        "pinned": False,
        "respond_by": setup.response.due(uow.now),
        "score_epoch": 0,
        "score_sequence": 0,
        **totals(outcome),
        **profile,
        **linked,
    }
    lines = [line_row(uow.tenant, id, line._asdict()) for line in outcome.added]
    lead = whole(Lead, row)
    return _Opening(lead, entry, lines, first_status(uow, lead), event_id)


def _keep(uow: UnitOfWork, rows: Gathered, draft: Draft, one: _Opening) -> None:
    """Adds the rows of a new lead."""
    rows[Lead].append(values_of(one.lead))
    rows[Contribution] += one.lines
    rows[ScoreChange].append(first_score(one.lead))
    rows[StatusChange].append(one.status)
    for table, some in index_rows(uow.tenant, draft.id, draft.profile).items():
        rows[table] += some


def _tell(uow: UnitOfWork, vault: Vault, setup: Setup, openings: Sequence[_Opening], rows: Gathered) -> None:
    """Gives new leads their owners, and tells of both."""
    if not openings:
        return
    given = give_owners(uow, setup.settings, [(one.lead, one.entry.rep) for one in openings])
    people = [(one.lead.id, events.person_of(one.lead)) for one in openings]
    # a lead whose id is known beforehand may have a key: it was written to before it came to be
    known = any(one.entry.id for one in openings)
    sealed = vault.seal_all(uow, people) if known else vault.seal_new(uow, people)
    for one, pii, assignment in zip(openings, sealed, given, strict=True):
        uow.publish(events.lead_created(uow, one.lead, one.event_id, pii))
        rows[AssignmentRow].append(values_of(first_assignment(uow, one.lead, assignment)))
        said = consent_rows(uow, one.lead, one.entry.fields.get("consents", ()))
        rows[LogEntry] += [values_of(line) for line in said]


def _completed(
    uow: UnitOfWork, vault: Vault, setup: Setup, judged: Sequence[tuple[Mapping[str, Any], Verdict]]
) -> dict[Candidate | None, Lead]:
    """The leads that entries turned out to be, with what they did not know yet or what is newer."""
    found = [(profile, verdict, verdict.target) for profile, verdict in judged if not verdict.opens]
    leads = locked_all(uow, {target.id for _, _, target in found if target})
    changes = [
        (leads[target.id], _news(leads[target.id], profile, verdict.overwrites))
        for profile, verdict, target in found
        if target
    ]
    change_leads(uow, vault, setup, changes)
    return {target: leads[target.id] for _, _, target in found if target}


def _news(lead: Lead, profile: Mapping[str, Any], overwrites: bool) -> dict[str, Any]:
    """What an entry says that the lead does not know, or knows otherwise where the entry's word holds."""
    said = {name: profile[name] for name in COMPLETED if profile.get(name)}
    return {name: value for name, value in said.items() if overwrites or not getattr(lead, name)}


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


def first_score(lead: Lead) -> dict[str, Any]:
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
