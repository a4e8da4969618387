"""What a caller may see: own things, the team's, a territory's, or all (F107)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, text, true

from chassis.auth import Caller
from chassis.db import UnitOfWork

Visibility = Literal["own", "team", "territory", "all"]
NARROW_TO_WIDE: Final[tuple[Visibility, ...]] = ("own", "team", "territory", "all")
BY_ROLE: Final[dict[str, Visibility]] = {
    "rep": "own",
    "account_manager": "own",
    "manager": "team",
    "marketing": "all",
    "admin": "all",
    "service": "all",
}
"""What a role sees where the user has no visibility of their own; of several roles the widest counts."""
QUEUE_OF: Final = frozenset({"rep", "manager"})
"""Roles that see what nobody owns yet: who may claim it and who gives it away."""


@dataclass(frozen=True)
class Scope:
    """What a caller may see of a thing that has an owner, and perhaps a territory."""

    owners: frozenset[UUID]
    """People whose things the caller sees: the caller, perhaps the team."""
    everything: bool = False
    territories: frozenset[str] = frozenset()
    """Whatever lies in these is seen, whoever owns it."""
    queue: bool = False
    """Whether what nobody owns is seen."""
    queue_territories: frozenset[str] = frozenset()
    """Of what nobody owns only what lies in these, or in none; empty: wherever it lies."""

    def sees(self, owner: Any, territory: Any = None) -> ColumnElement[bool]:
        """The condition over a table's columns; `territory` None for a table that has none."""
        if self.everything:
            return true()
        return or_(
            owner.in_(self.owners),
            territory.in_(self.territories) if territory is not None and self.territories else false(),
            and_(owner.is_(None), self._in_queue(territory)) if self.queue else false(),
        )

    def owns(self, owner: Any) -> ColumnElement[bool]:
        """The condition that a column names one of the people whose things are seen: for the cross rules."""
        return true() if self.everything else owner.in_(self.owners)

    def shows(self, owner: UUID | None, territory: str | None = None) -> bool:
        """The same as `sees`, of one thing that is at hand."""
        if self.everything or owner in self.owners or territory in self.territories:
            return True
        here = not self.queue_territories or territory is None or territory in self.queue_territories
        return owner is None and self.queue and here

    def _in_queue(self, territory: Any) -> ColumnElement[bool]:
        if territory is None or not self.queue_territories:
            return true()
        return or_(territory.is_(None), territory.in_(self.queue_territories))


EVERYTHING: Final = Scope(frozenset(), everything=True)
"""For what the system itself does."""

_STANDING = text(
    """
    WITH RECURSIVE me AS (
        SELECT id, team, territories, visibility FROM colleagues WHERE tenant_id = :tenant AND id = :me
    ), below AS (
        SELECT id FROM me
        UNION
        SELECT c.id FROM colleagues c JOIN below ON c.manager_id = below.id WHERE c.tenant_id = :tenant
    ), team AS (
        SELECT c.id, c.territories FROM colleagues c JOIN me ON c.team = me.team WHERE c.tenant_id = :tenant
    )
    SELECT visibility, territories, ARRAY(SELECT id FROM below UNION SELECT id FROM team) AS team,
           ARRAY(SELECT DISTINCT unnest(team.territories) FROM team) AS team_territories
    FROM me
    """
)


@dataclass(frozen=True)
class Standing:
    """What is known of a caller besides the token."""

    visibility: Visibility | None = None
    territories: frozenset[str] = frozenset()
    team: frozenset[UUID] = frozenset()
    """Everybody of the caller's team, and who reports to the caller, however far down."""
    team_territories: frozenset[str] = frozenset()


def scope_of(uow: UnitOfWork, caller: Caller) -> Scope:
    """What a caller may see, by the token's roles and what identity tells of the user; one statement.

    Nothing is told of a user yet: what the roles say, for somebody without team and territory.
    """
    row = uow.session.execute(_STANDING, {"tenant": uow.tenant, "me": caller.user}).one_or_none()
    if row is None:
        return scope(caller.user, caller.roles, Standing())
    sets = (frozenset(row.territories), frozenset(row.team), frozenset(row.team_territories))
    return scope(caller.user, caller.roles, Standing(row.visibility, *sets))


def scope(user: UUID, roles: Iterable[str], standing: Standing) -> Scope:
    """The rule itself: a visibility of the user's own overrides what the roles say.

    A rep sees of the queue what lies in the own territories, else in the team's, else all; a manager all.
    """
    roles = frozenset(roles)
    seen = standing.visibility or widest(roles)
    if seen == "all":
        return EVERYTHING
    local = frozenset[str]() if "manager" in roles else standing.territories or standing.team_territories
    return Scope(
        owners=frozenset({user}) | (standing.team if seen == "team" else frozenset()),
        territories=standing.territories if seen == "territory" else frozenset(),
        queue=not roles.isdisjoint(QUEUE_OF),
        queue_territories=local,
    )


def widest(roles: frozenset[str]) -> Visibility:
    """What the roles show; nothing but the own where they say nothing."""
    found = [BY_ROLE[role] for role in roles & BY_ROLE.keys()]
    return max(found, key=NARROW_TO_WIDE.index, default="own")
