"""Who sees what: own things, the team's, a territory's, all, and the queue of what nobody owns (F107)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import column, select, values
from sqlalchemy.types import Text, Uuid

from chassis.auth import Caller
from chassis.clock import SystemClock, millis
from chassis.colleagues import EVERYTHING, ColleagueRow, Scope, scope_of
from chassis.colleagues.scope import NARROW_TO_WIDE, Standing, scope, widest
from chassis.colleagues.table import forget_colleague, keep_colleague
from chassis.db import Database, UnitOfWork
from chassis.ids import tenant_id, user_id
from chassis.migrations import migrate
from tests.colleagues import user_record

ACME, GLOBEX = tenant_id("acme"), tenant_id("globex")
STEP = """
from alembic import op
from chassis.migrations import create_chassis_tables, create_colleagues
revision = "0001"
down_revision = None
def upgrade():
    create_chassis_tables(op)
    create_colleagues(op)
"""
LOGINS = ("ana", "cid", "max", "top", "ben", "eva", "ada")
USERS = {login: user_id(ACME, login) for login in LOGINS}
PEOPLE: dict[str, dict[str, Any]] = {
    "ana": {"roles": ["rep"], "team": "north", "manager": "max", "territories": ["dach"]},
    "cid": {"roles": ["rep"], "team": "north", "manager": "max", "territories": ["nordics"]},
    "max": {"roles": ["manager"], "team": "north", "manager": "top"},
    "top": {"roles": ["manager"], "team": "head", "manager": "top"},
    "ben": {"roles": ["rep"], "team": "south", "manager": "top", "territories": ["iberia"]},
    "eva": {"roles": ["account_manager"]},
    "ada": {"roles": ["admin"]},
}


class Office:
    """A database that knows ACME's people."""

    def __init__(self, database: Database) -> None:
        self.database = database
        for login in PEOPLE:
            self.tell(login)

    def run(self, work: Callable[[UnitOfWork], Any], tenant: UUID = ACME) -> Any:
        """The result of one transaction."""
        return self.database.run(tenant, "system:test", work)

    def tell(self, login: str, **more: Any) -> None:
        """Identity says how a person is."""
        record = user_record(ACME, login, **{**PEOPLE[login], **more})
        self.run(lambda uow: keep_colleague(uow, record))

    def scope(self, login: str, *roles: str, tenant: UUID = ACME) -> Scope:
        """What a person may see."""
        given = frozenset(roles or PEOPLE[login]["roles"])
        caller = Caller(tenant, USERS[login], login, given)
        found: Scope = self.run(lambda uow: scope_of(uow, caller), tenant)
        return found


@pytest.fixture
def office(database: Callable[[str], dict[str, str]], tmp_path: Path) -> Iterator[Office]:
    """Everybody of ACME."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001_colleagues.py").write_text(STEP)
    urls = database("office")
    migrate(urls["owner"], "office", tmp_path / "versions")
    made = Database(urls["app"], clock=SystemClock())
    yield Office(made)
    made.close()


def names(scope: Scope) -> set[str]:
    """Whose things are seen."""
    return {login for login, id in USERS.items() if id in scope.owners}


def test_a_rep_sees_the_own_and_the_queue_of_the_own_territory(office: Office) -> None:
    scope = office.scope("ana")
    assert (names(scope), scope.queue, set(scope.queue_territories)) == ({"ana"}, True, {"dach"})
    assert [scope.shows(None, place) for place in ("dach", None, "iberia")] == [True, True, False]
    assert not scope.shows(USERS["cid"], "dach")


def test_a_rep_without_territories_takes_from_the_queue_of_the_team(office: Office) -> None:
    office.tell("ana", version=2, territories=[])
    assert office.scope("ana").queue_territories == {"nordics"}
    office.tell("ana", version=3, territories=[], team=None)
    assert office.scope("ana").shows(None, "iberia")


def test_a_manager_sees_the_team_whoever_reports_to_them_and_the_whole_queue(office: Office) -> None:
    assert names(office.scope("max")) == {"ana", "cid", "max"}
    assert names(office.scope("top")) == {"ana", "cid", "max", "top", "ben"}
    assert office.scope("max").shows(None, "iberia")


def test_an_account_manager_sees_the_own_and_no_queue(office: Office) -> None:
    scope = office.scope("eva")
    assert (names(scope), scope.queue) == ({"eva"}, False)


@pytest.mark.parametrize("role", ["marketing", "admin", "service"])
def test_marketing_admins_and_services_see_all(office: Office, role: str) -> None:
    assert office.scope("ada", role) == EVERYTHING


def test_of_several_roles_the_widest_counts(office: Office) -> None:
    assert office.scope("ana", "rep", "marketing") == EVERYTHING
    assert names(office.scope("max", "rep", "manager")) == {"ana", "cid", "max"}


@pytest.mark.parametrize(
    ("visibility", "owners", "territories"),
    [("own", {"max"}, set()), ("team", {"ana", "cid", "max"}, set()), ("territory", {"max"}, {"dach"})],
)
def test_a_visibility_of_the_users_own_overrides_the_role(
    office: Office, visibility: str, owners: set[str], territories: set[str]
) -> None:
    office.tell("max", version=2, visibility=visibility, territories=["dach"])
    scope = office.scope("max", "manager", "admin")
    assert (names(scope), set(scope.territories)) == (owners, territories)
    office.tell("max", version=3, visibility="all")
    assert office.scope("max") == EVERYTHING


def test_of_somebody_unknown_the_roles_speak_and_no_other_tenants_people_count(office: Office) -> None:
    scope = office.scope("max", tenant=GLOBEX)
    assert (names(scope), scope.queue) == ({"max"}, True)


def test_the_newest_event_is_the_truth_and_a_tombstone_forgets(office: Office) -> None:
    office.tell("ana", version=5, absent_from=1000, absent_until=2000, capacity=7)
    office.tell("ana", version=4, capacity=9)
    row = office.run(lambda uow: uow.session.get(ColleagueRow, (ACME, USERS["ana"])))
    assert (row.version, row.capacity, millis(row.absent_from), millis(row.absent_until)) == (
        5,
        7,
        1000,
        2000,
    )
    for _ in range(2):
        office.run(lambda uow: forget_colleague(uow, USERS["ana"]))
    assert names(office.scope("max")) == {"cid", "max"}


PLACES = (None, "dach", "iberia", "nordics")
OWNERS = (None, *USERS.values())
THINGS = [(owner, place) for owner in OWNERS for place in PLACES]


def test_the_database_leaves_out_exactly_what_the_scope_does_not_show(office: Office) -> None:
    table = values(column("owner", Uuid), column("place", Text), name="things").data(THINGS)
    scopes = [office.scope(login, role) for login in LOGINS for role in ("rep", "manager", "account_manager")]
    scopes += [Scope(frozenset(), territories=frozenset({"dach"})), EVERYTHING]
    with office.database.unit_of_work(ACME, "system:test") as uow:
        for one in scopes:
            wanted = select(table.c.owner, table.c.place).where(one.sees(table.c.owner, table.c.place))
            found = {tuple(row) for row in uow.session.execute(wanted)}
            assert found == {thing for thing in THINGS if one.shows(*thing)}


ROLES = st.sets(st.sampled_from(["rep", "manager", "account_manager", "marketing", "admin", "service"]))
SETS = st.frozensets(st.sampled_from(["dach", "iberia"]))
PERSONS = st.frozensets(st.sampled_from(sorted(USERS.values())))
STANDINGS = st.builds(Standing, st.sampled_from([None, *NARROW_TO_WIDE]), SETS, PERSONS, SETS)


@given(st.sampled_from(sorted(USERS.values())), ROLES, STANDINGS)
def test_everybody_sees_what_they_own_and_the_team_shows_nothing_less(
    user: UUID, roles: set[str], standing: Standing
) -> None:
    found = scope(user, roles, standing)
    assert all(found.shows(user, place) for place in PLACES)
    team = scope(
        user, roles, Standing("team", standing.territories, standing.team, standing.team_territories)
    )
    own = scope(user, roles, Standing("own", standing.territories, standing.team, standing.team_territories))
    assert all(team.shows(*thing) for thing in THINGS if own.shows(*thing))


@given(ROLES)
def test_another_role_never_takes_sight_away(roles: set[str]) -> None:
    widths = [NARROW_TO_WIDE.index(widest(frozenset(roles - {role}))) for role in roles]
    assert all(width <= NARROW_TO_WIDE.index(widest(frozenset(roles))) for width in widths)
