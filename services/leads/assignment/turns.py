"""Whose turn it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.leads.assignment.people import Person
from services.leads.assignment.rules import BY_HAND, NOBODY_MATCHES, Rule
from services.leads.scoring import Fact

Crew = dict[UUID, Person]


@dataclass(frozen=True)
class Candidate:
    """A lead that somebody is to own."""

    facts: Mapping[str, Fact] = field(default_factory=dict)
    account: UUID | None = None
    entered_by: UUID | None = None
    """The rep who entered it by hand, and owns it unless the linked account's manager does."""
    avoid: frozenset[UUID] = frozenset()
    """Who must not get it: they had it and did nothing."""

    @property
    def territory(self) -> str | None:
        """Where it lies."""
        return None if (found := self.facts.get("territory")) is None else str(found)


@dataclass(frozen=True)
class Assignment:
    """Who owns a lead, by which rule, and why."""

    owner: UUID | None
    rule: str
    reason: str
    turn: int | None = None
    """Number of the turn that it used up, where people took turns."""


def assign(rules: Sequence[Rule], people: Sequence[Person], lead: Candidate, at: datetime) -> Assignment:
    """Who gets one lead."""
    return assign_all(rules, people, [lead], at)[0]


def assign_all(
    rules: Sequence[Rule], people: Sequence[Person], leads: Sequence[Candidate], at: datetime, turn: int = 0
) -> list[Assignment]:
    """Who gets each of these leads, in their order: each counts as open work for the next.

    `turn` is the newest turn that anybody had.
    """
    crew = {person.id: person for person in people}
    turn = max([turn, *(person.last_turn for person in people)])
    given = []
    for lead in leads:
        found = _assign(rules, crew, lead, at, turn + 1)
        turn = found.turn or turn
        if found.owner in crew:
            person = crew[found.owner]
            crew[person.id] = replace(person, open=person.open + 1, last_turn=found.turn or person.last_turn)
        given.append(found)
    return given


def _assign(rules: Sequence[Rule], crew: Crew, lead: Candidate, at: datetime, turn: int) -> Assignment:
    for rule in rules:
        if lead.entered_by and rule.pool != "account_owner":
            continue
        if rule.fits(lead.facts) and (found := _of_pool(rule, crew, lead, at, turn)):
            return found
    if lead.entered_by:
        return Assignment(lead.entered_by, BY_HAND, "Entered by hand.")
    return Assignment(None, NOBODY_MATCHES, "No rule found anybody who is there and has room.")


def _of_pool(rule: Rule, crew: Crew, lead: Candidate, at: datetime, turn: int) -> Assignment | None:
    """Of the pool the one with the least work, then the longest without a turn; None where nobody can.

    An account's manager owns its leads whatever else there is to do.
    """
    manager = rule.pool == "account_owner"
    pool = [p for p in crew.values() if p.there(at) and rule.takes(p, lead.territory, lead.account)]
    able = [p for p in pool if p.id not in lead.avoid and (manager or p.has_room)]
    if not able:
        return None
    chosen = min(able, key=lambda p: (p.load, p.last_turn, p.id))
    if manager:
        return Assignment(chosen.id, rule.key, f"{rule.name}.")
    where = f" {lead.territory}" if rule.pool == "territory" else ""
    return Assignment(chosen.id, rule.key, f"{rule.name}{where}: first of {len(able)} by open work.", turn)
