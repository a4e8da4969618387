"""Leads find their owners: by the tenant's rules, by a claim, by a manager's word (F40-F43)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text

from chassis.colleagues import ColleagueRow, Scope
from chassis.db import UnitOfWork
from chassis.pii import Vault
from services.leads import events
from services.leads.assignment import (
    BY_HAND,
    CLAIMED,
    DEFAULT_RULES,
    FULL,
    REROUTED,
    Assignment,
    Candidate,
    Condition,
    Person,
    Rule,
    Territory,
    assign_all,
    territory_of,
)
from services.leads.commands.settings import RESPONSE, read_setting
from services.leads.commands.statuses import bump, locked
from services.leads.domain import OPEN, ColleagueNotFound, LeadNotFound, OwnedAlready, Response, facts_of
from services.leads.models import AssignmentRow, Lead
from services.leads.queries import visible

ASSIGNMENT: Final = "assignment"
TERRITORIES: Final = "territories"
"""Settings that hold a tenant's rules and its table of territories."""
AT_ONCE: Final = 200
"""Leads that one command or tick gives to others; what is left waits for the next."""

_CREW = text("SELECT * FROM crew(:tenant, :named, :teams, :linked, :most)")
Settings = Mapping[str, Mapping[str, Any]]


def rules_of(setting: Mapping[str, Any]) -> Sequence[Rule]:
    """The rules of a tenant's setting; the default ones where it says nothing."""
    return [_rule(record) for record in setting["rules"]] if "rules" in setting else DEFAULT_RULES


def territories_of(setting: Mapping[str, Any]) -> list[Territory]:
    """The table of a tenant's setting; empty where it says nothing."""
    return [
        Territory(one["key"], tuple(one["countries"]), tuple(one["regions"]), one["label"])
        for one in setting.get("territories", ())
    ]


def territory_in(setting: Mapping[str, Any], lead: Mapping[str, Any]) -> str | None:
    """The territory that a lead lies in by its country and region."""
    return territory_of(territories_of(setting), lead.get("country"), lead.get("region"))


def give_owners(
    uow: UnitOfWork, settings: Settings, leads: Sequence[tuple[Lead, UUID | None]]
) -> list[Assignment]:
    """Gives new leads their owners, each with the rep who entered it by hand; at most one statement.

    What was chosen holds from then on for whoever asks next: they wait until this transaction ends.
    """
    candidates = [Candidate(facts_of(vars(lead)), lead.account_id, rep) for lead, rep in leads]
    given = _assigned(uow, rules_of(settings.get(ASSIGNMENT, {})), candidates)
    for (lead, _), assignment in zip(leads, given, strict=True):
        lead.owner_id = assignment.owner
    return given


def first_assignment(uow: UnitOfWork, lead: Lead, given: Assignment) -> dict[str, Any]:
    """Tells who owns a new lead; the row that keeps it. What a rep entered says so itself."""
    if given.rule != BY_HAND:
        _tell(uow, lead, given, None)
    return _row(uow, lead, given, None)


def claim_lead(uow: UnitOfWork, vault: Vault, scope: Scope, user: UUID, lead_id: UUID) -> Lead:
    """Somebody takes a lead from the queue; again is a no-op. Of two who claim it one wins.

    Raises LeadNotFound for one that was never in the caller's queue, OwnedAlready.
    """
    lead = locked(uow, lead_id)
    if not (scope.shows(None, lead.territory) or scope.shows(lead.owner_id, lead.territory)):
        raise LeadNotFound("No such lead.")
    if lead.owner_id not in (None, user):
        raise OwnedAlready("Somebody else owns this lead already.")
    _hand_over(uow, vault, lead, Assignment(user, CLAIMED, "Claimed from the queue."))
    return lead


def assign_lead(uow: UnitOfWork, vault: Vault, lead_id: UUID, owner: UUID | None, reason: str) -> Lead:
    """A manager gives a lead to somebody, or back to the queue; to who has it already is a no-op.

    Raises LeadNotFound, ColleagueNotFound.
    """
    lead = locked(uow, lead_id)
    if owner is not None:
        colleague = uow.session.get(ColleagueRow, (uow.tenant, owner))
        if colleague is None or not colleague.active:
            raise ColleagueNotFound("Nobody of this tenant who could own a lead has this id.")
    _hand_over(uow, vault, lead, Assignment(owner, BY_HAND, reason))
    return lead


def reroute_lead(uow: UnitOfWork, vault: Vault, lead_id: UUID, reason: str) -> Lead:
    """Gives a lead to the next one by the rules, never to who has it. Raises LeadNotFound."""
    mine = (Lead.tenant_id == uow.tenant, Lead.id == lead_id, Lead.erased_at.is_(None))
    found = _reroute(uow, vault, select(Lead).where(*mine), reason)
    if not found:
        raise LeadNotFound("No such lead.")
    return found[0]


def reroute_owner(uow: UnitOfWork, vault: Vault, scope: Scope, owner: UUID, reason: str) -> list[Lead]:
    """Gives the open leads of somebody who has left or is away to the next ones; at most AT_ONCE.

    Only those that the caller may see.
    """
    theirs = select(Lead).where(visible(uow, scope), Lead.owner_id == owner, *_open())
    return _reroute(uow, vault, theirs.order_by(Lead.id).limit(AT_ONCE), reason)


def reroute_untouched(uow: UnitOfWork, vault: Vault) -> list[Lead]:
    """Gives leads that no human has touched within the time to answer to the next ones (F43).

    A no-op unless the tenant wants it.
    """
    if not read_setting(uow, ASSIGNMENT)[0].get("reroute_untouched"):
        return []
    late = (Lead.respond_by <= uow.now, Lead.first_contacted_at.is_(None), Lead.owner_id.is_not(None))
    due = select(Lead).where(Lead.tenant_id == uow.tenant, *late, *_open()).order_by(Lead.id).limit(AT_ONCE)
    return _reroute(uow, vault, due, "Not touched in time.")


def tenants_with_untouched_leads(uow: UnitOfWork) -> list[UUID]:
    """Tenants that want untouched leads to move on and have some; no row security stands before this."""
    return list(uow.session.scalars(text("SELECT tenants_with_untouched_leads(:at)"), {"at": uow.now}))


def _open() -> tuple[Any, ...]:
    return Lead.status.in_(OPEN), Lead.archived_at.is_(None)


def _reroute(uow: UnitOfWork, vault: Vault, wanted: Any, reason: str) -> list[Lead]:
    """Gives leads to others, who have the whole time to answer again.

    Locks whoever takes turns before the leads, as creating does, so that nobody waits in a circle.
    """
    response = Response(**read_setting(uow, RESPONSE)[0])
    rules = rules_of(read_setting(uow, ASSIGNMENT)[0])
    linked = {lead.account_id for lead in uow.session.scalars(wanted)}
    people, newest = _crew(uow, rules, linked)
    again = wanted.with_for_update().execution_options(populate_existing=True)
    leads = list(uow.session.scalars(again))
    candidates = [
        Candidate(facts_of(vars(lead)), lead.account_id, avoid=frozenset({lead.owner_id} - {None}))
        for lead in leads
    ]
    for lead, given in zip(leads, assign_all(rules, people, candidates, uow.now, newest), strict=True):
        if lead.first_contacted_at is None:
            lead.respond_by = response.due(uow.now)
        why = f"{reason} {given.reason}"
        _hand_over(uow, vault, lead, Assignment(given.owner, REROUTED, why, given.turn))
    return leads


def _hand_over(uow: UnitOfWork, vault: Vault, lead: Lead, given: Assignment) -> None:
    """Changes a lead's owner and tells of it twice: as a change of the lead, and as what it means."""
    if (previous := lead.owner_id) == given.owner:
        return
    lead.owner_id = given.owner
    bump(uow, lead)
    uow.publish(events.lead_changed(uow, vault, lead, ["owner_id"]))
    _tell(uow, lead, given, previous)
    uow.session.add(AssignmentRow(**_row(uow, lead, given, previous)))


def _tell(uow: UnitOfWork, lead: Lead, given: Assignment, previous: UUID | None) -> None:
    bump(uow, lead)
    uow.publish(events.lead_assigned(uow, lead, given.rule, given.reason, previous))


def _row(uow: UnitOfWork, lead: Lead, given: Assignment, previous: UUID | None) -> dict[str, Any]:
    return {
        "tenant_id": uow.tenant,
        "lead_id": lead.id,
        "version": lead.version,
        "at": uow.now,
        "actor": uow.actor,
        "previous_owner_id": previous,
        "owner_id": given.owner,
        "rule": given.rule,
        "reason": given.reason,
        "turn": given.turn,
    }


def _assigned(uow: UnitOfWork, rules: Sequence[Rule], candidates: Sequence[Candidate]) -> list[Assignment]:
    """Asks for people only where the rules have a say in it."""
    people: list[Person] = []
    newest = 0
    if any(one.account or not one.entered_by for one in candidates):
        people, newest = _crew(uow, rules, {one.account for one in candidates})
    return assign_all(rules, people, candidates, uow.now, newest)


def _crew(uow: UnitOfWork, rules: Iterable[Rule], linked: Iterable[UUID | None]) -> tuple[list[Person], int]:
    """Everybody whom a rule may name, with their open work, and the newest turn; others wait from here on."""
    wanted = {
        "tenant": uow.tenant,
        "named": [user for rule in rules for user in rule.users],
        "teams": [rule.team for rule in rules if rule.team],
        "linked": [account for account in linked if account],
        "most": FULL,
    }
    rows = uow.session.execute(_CREW, wanted).all()
    return [_person(row) for row in rows], max((row.newest_turn for row in rows), default=0)


def _person(row: Any) -> Person:
    said: dict[str, Any] = row._asdict()
    said |= {name: frozenset(said[name]) for name in ("roles", "territories", "accounts")}
    del said["newest_turn"]
    return Person(**said)


def _rule(record: Mapping[str, Any]) -> Rule:
    conditions = (Condition(c["field"], c["operator"], tuple(c["values"])) for c in record["conditions"])
    users = tuple(UUID(user) for user in record["users"])
    return Rule(record["rule"], record["pool"], tuple(conditions), record["team"], users, record["label"])
