"""The rules of a tenant: whom a lead that fits may go to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from services.leads.assignment.people import Person
from services.leads.scoring import Fact, condition_faults, holds, refuse_faulty

Pool = Literal["account_owner", "territory", "team", "users", "reps"]
BY_HAND, CLAIMED, REROUTED, NOBODY_MATCHES = "by_hand", "claimed", "rerouted", "nobody_matches"
RESERVED: Final = frozenset({BY_HAND, CLAIMED, REROUTED, NOBODY_MATCHES})
"""What stands for the key of a rule where none gave the lead."""


@dataclass(frozen=True)
class Condition:
    """Something that a fact of the lead must fulfil, in the language of the scoring rules (F11)."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """Leads that fulfil all conditions go to somebody of the pool."""

    key: str
    pool: Pool
    conditions: tuple[Condition, ...] = ()
    team: str | None = None
    users: tuple[UUID, ...] = ()
    label: str | None = None

    def fits(self, facts: Mapping[str, Fact]) -> bool:
        """Whether the lead is one of those that the rule is for."""
        return all(holds(facts.get(c.field), c.operator, c.values) for c in self.conditions)

    def takes(self, person: Person, territory: str | None, account: UUID | None) -> bool:
        """Whether a person is in the pool for such a lead; only who is named need not be a rep."""
        match self.pool:
            case "account_owner":
                return account in person.accounts
            case "users":
                return person.id in self.users
            case "team":
                return "rep" in person.roles and person.team == self.team
            case "territory":
                return "rep" in person.roles and territory in person.territories
        return "rep" in person.roles

    @property
    def name(self) -> str:
        """As people read it."""
        return self.label or self.key


DEFAULT_RULES: Final = (
    Rule("linked_account", "account_owner", label="Manager of the linked account"),
    Rule("territory", "territory", label="Rep of the territory"),
    Rule("round_robin", "reps", label="All reps in turn"),
)
"""Of a tenant that has said nothing (F40-F42)."""


def check(rules: Sequence[Rule]) -> None:
    """Raises InvalidRules with every fault of the rules: keys, pools, conditions."""
    refuse_faulty((rule.key, _faults(rule)) for rule in rules)


def _faults(rule: Rule) -> Iterable[tuple[str, str]]:
    if rule.key in RESERVED:
        yield "key", f"{rule.key} says that no rule gave the lead"
    if (rule.pool == "team") != (rule.team is not None):
        yield "team", "must be given for the pool team, and for no other"
    if (rule.pool == "users") != bool(rule.users):
        yield "users", "must be given for the pool users, and for no other"
    for number, condition in enumerate(rule.conditions):
        for name, what in condition_faults(condition.operator, condition.values):
            yield f"conditions/{number}/{name}", what
