"""A lead finds its owner, and people see what they may: over the API and a real database (F40-F43, F107)."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.clock import millis
from chassis.colleagues.table import keep_colleague
from chassis.ids import user_id
from services.leads import commands
from tests.colleagues import user_record
from tests.services.leads.conftest import ACME, GLOBEX, Door, House

LEADS = "/api/leads"
PEOPLE: dict[str, dict[str, Any]] = {
    "ana": {"roles": ["rep"], "team": "north", "territories": ["dach"]},
    "cid": {"roles": ["rep"], "team": "north"},
    "ben": {"roles": ["rep"], "team": "south", "territories": ["iberia"]},
    "max": {"roles": ["manager"], "team": "north"},
    "mia": {"roles": ["manager"], "team": "south"},
    "eva": {"roles": ["account_manager"]},
    "ada": {"roles": ["admin"]},
}
USERS = {login: str(user_id(ACME, login)) for login in PEOPLE}
TABLE = {
    "territories": [
        {"key": "dach", "countries": ["DE", "AT", "CH"]},
        {"key": "iberia", "countries": ["ES", "PT"]},
    ]
}


class Office:
    """ACME at work: its people, signed in."""

    def __init__(self, house: House, door: Door, stack: ExitStack) -> None:
        self.house, self.door = house, door
        for login in PEOPLE:
            self.tell(login)
        self.people = {
            login: stack.enter_context(door.client(login, *given["roles"])) for login, given in PEOPLE.items()
        }

    def __getitem__(self, login: str) -> httpx.Client:
        return self.people[login]

    def tell(self, login: str, **more: Any) -> None:
        """Identity says how a person is."""
        record = user_record(ACME, login, **{**PEOPLE[login], **more})
        self.house.run(lambda uow: keep_colleague(uow, record))

    def account(self, owner: str | None, version: int = 1, id: UUID | None = None) -> str:
        """An account that somebody manages."""
        account = str(id or uuid4())
        record = {"account_id": account, "version": version, "closed": False}
        record |= {"owner_id": owner and USERS[owner]}
        self.house.run(lambda uow: commands.store_accounts(uow, [record]))
        return account

    def lead(self, by: str = "ada", **fields: Any) -> dict[str, Any]:
        """A new lead."""
        answer = self[by].post(LEADS, json={"company": uuid4().hex, **fields})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def put(self, what: str, body: Any) -> None:
        """An admin decides something."""
        tag = self["ada"].get(f"{LEADS}/{what}").headers["etag"]
        answer = self["ada"].put(f"{LEADS}/{what}", json=body, headers={"if-match": tag})
        assert answer.status_code == 200, answer.text

    def events(self, type: str, lead: str) -> list[dict[str, Any]]:
        """What was told of a lead."""
        return [
            record for kind, record, _ in self.house.published() if kind == type and record["lead_id"] == lead
        ]

    def why(self, lead: str) -> list[tuple[str | None, str]]:
        """To whom a lead came by which rule, the newest first."""
        found = self["ada"].get(f"{LEADS}/{lead}/assignments").json()
        names = {id: login for login, id in USERS.items()}
        return [(names.get(one["owner_id"]), one["rule"]) for one in found]


@pytest.fixture
def office(house: House, door: Door) -> Iterator[Office]:
    """Everybody is there."""
    with ExitStack() as stack:
        yield Office(house, door, stack)


def test_a_lead_that_nobody_entered_by_hand_goes_round_among_the_reps(office: Office) -> None:
    leads = [office.lead() for _ in range(7)]
    got = Counter(lead["owner_id"] for lead in leads)
    assert sorted(got.values()) == [2, 2, 3]
    assert set(got) == {USERS[login] for login in ("ana", "ben", "cid")}
    (told,) = office.events("LeadAssigned", leads[0]["id"])
    assert (told["rule"], told["version"], told["owner_id"]) == ("round_robin", 2, leads[0]["owner_id"])
    assert told["reason"] == "All reps in turn: first of 3 by open work."
    (created,) = office.events("LeadCreated", leads[0]["id"])
    assert (created["version"], created["owner_id"], leads[0]["version"]) == (1, leads[0]["owner_id"], 2)


def test_a_rep_owns_what_they_enter_and_is_not_told_of_it(office: Office) -> None:
    lead = office.lead("ben")
    assert (lead["owner_id"], lead["version"]) == (USERS["ben"], 1)
    assert office.events("LeadAssigned", lead["id"]) == []
    assert office.why(lead["id"]) == [("ben", "by_hand")]


def test_the_manager_of_the_linked_account_owns_its_leads(office: Office) -> None:
    account = office.account("eva")
    assert office.why(office.lead("ana", account_id=account)["id"]) == [("eva", "linked_account")]
    office.tell("eva", version=2, active=False)
    assert office.why(office.lead("ana", account_id=account)["id"]) == [("ana", "by_hand")]
    assert office.why(office.lead(account_id=office.account(None))["id"])[0][1] == "round_robin"


def test_who_is_away_full_or_gone_is_passed_over_and_nobody_is_the_queue(office: Office) -> None:
    now = millis(office.house.clock.now())
    office.tell("ana", version=2, absent_from=now - 1, absent_until=now + 3_600_000)
    office.tell("ben", version=2, capacity=1)
    office.tell("cid", version=2, active=False)
    leads = [office.lead() for _ in range(2)]
    assert [lead["owner_id"] for lead in leads] == [USERS["ben"], None]
    (told,) = office.events("LeadAssigned", leads[1]["id"])
    assert (told["rule"], told["owner_id"]) == ("nobody_matches", None)
    office.door.later(hours=1)
    assert office.lead()["owner_id"] == USERS["ana"], "she is back"


def test_a_territory_is_found_by_the_table_and_its_reps_come_first(office: Office) -> None:
    office.put("territories", TABLE)
    lead = office.lead(country="PT")
    assert (lead["territory"], lead["owner_id"]) == ("iberia", USERS["ben"])
    assert office.lead(country="FR")["territory"] is None
    path = f"{LEADS}/{lead['id']}"
    changed = office["ada"].patch(path, json={"country": "AT"}, headers={"if-match": '"2"'}).json()
    assert (changed["territory"], changed["owner_id"]) == ("dach", USERS["ben"])


def test_rules_of_the_tenants_own_are_asked_in_their_order(office: Office) -> None:
    tech = {"field": "industry", "operator": "eq", "values": ["technology"]}
    rules = [
        {"rule": "experts", "pool": "users", "users": [USERS["max"]], "conditions": [tech]},
        {"rule": "south", "pool": "team", "team": "south"},
    ]
    office.put("assignment-rules", {"rules": rules})
    assert office.why(office.lead(industry="technology")["id"]) == [("max", "experts")]
    assert office.why(office.lead(industry="retail")["id"]) == [("ben", "south")]
    shown = office["ana"].get(f"{LEADS}/assignment-rules").json()
    assert [rule["rule"] for rule in shown["rules"]] == ["experts", "south"]
    stale = office["ada"].put(f"{LEADS}/assignment-rules", json={"rules": []}, headers={"if-match": '"0"'})
    assert stale.status_code == 412
    assert office["max"].put(f"{LEADS}/assignment-rules", json={"rules": []}).status_code == 403


def test_parallel_creates_skip_nobody(office: Office) -> None:
    """Real transactions that meet: the turn is taken under a lock that holds until the commit."""
    barrier = threading.Barrier(6)
    entry = commands.Entry({"lead_source": "api", "utm": {}, "email": None})

    def create(number: int) -> UUID | None:
        if number < 6:
            barrier.wait(30)
        made = office.house.run(lambda uow: commands.create_lead(uow, office.house.vault, entry, "api"))
        owner: UUID | None = made.lead.owner_id
        return owner

    with ThreadPoolExecutor(6) as pool:
        got = Counter(pool.map(create, range(60)))
    assert sorted(got.values()) == [20, 20, 20]
    turns = office.house.run(lambda uow: [row.turn for row in uow.session.scalars(all_assignments())])
    assert sorted(turns) == list(range(1, 61)), "every turn once"


def all_assignments() -> Any:
    """Every assignment there is."""
    from sqlalchemy import select

    from services.leads.models import AssignmentRow

    return select(AssignmentRow)


def test_of_two_who_claim_a_lead_one_wins(office: Office) -> None:
    for login in ("ana", "ben", "cid"):
        office.tell(login, version=2, capacity=0)
    lead = office.lead()
    assert [one["id"] for one in office["ana"].get(LEADS, params={"unassigned": True}).json()["items"]] == [
        lead["id"]
    ]
    path = f"{LEADS}/{lead['id']}/claim"
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda login: office[login].post(path).status_code, ("ana", "ben")))
    assert sorted(answers) == [200, 409]
    winner, loser = ("ana", "ben") if answers[0] == 200 else ("ben", "ana")
    assert office[winner].post(path).json()["owner_id"] == USERS[winner], "again is a no-op"
    assert office[loser].get(f"{LEADS}/{lead['id']}").status_code == 404
    assert office["ada"].get(LEADS, params={"unassigned": True}).json()["items"] == []
    assert [kind for _, kind in office.why(lead["id"])] == ["claimed", "nobody_matches"]
    (changed,) = office.events("LeadChanged", lead["id"])
    assert (changed["changed"], changed["owner_id"]) == (["owner_id"], USERS[winner])
    assert office["eva"].post(path).status_code == 403


def test_a_lead_of_another_territory_is_in_nobody_elses_queue(office: Office) -> None:
    office.put("territories", TABLE)
    for login in ("ana", "ben", "cid"):
        office.tell(login, version=2, capacity=0)
    lead = office.lead(country="ES")
    path = f"{LEADS}/{lead['id']}"
    assert office["ana"].post(f"{path}/claim").status_code == office["ana"].get(path).status_code == 404
    assert office["ben"].post(f"{path}/claim").status_code == 200


def test_a_manager_gives_a_lead_to_somebody_or_back_to_the_queue(office: Office) -> None:
    lead = office.lead("ana")
    path = f"{LEADS}/{lead['id']}/assign"
    assert office["ana"].post(path, json={"owner_id": USERS["ben"]}).status_code == 403
    assert office["mia"].post(path, json={"owner_id": USERS["ben"]}).status_code == 404
    for _ in range(2):
        given = office["max"].post(path, json={"owner_id": USERS["cid"], "reason": "Knows them."}).json()
        assert (given["owner_id"], given["version"]) == (USERS["cid"], 3)
    told = office.events("LeadAssigned", lead["id"])
    assert [(one["previous_owner_id"], one["reason"]) for one in told] == [(USERS["ana"], "Knows them.")]
    assert office["max"].post(path, json={"owner_id": str(uuid4())}).status_code == 422
    office.tell("ben", version=2, active=False)
    assert office["max"].post(path, json={"owner_id": USERS["ben"]}).status_code == 422
    assert office["max"].post(path, json={"owner_id": None}).json()["owner_id"] is None
    for body in ({}, {"owner_id": "me"}, {"owner_id": None, "rule": "x"}):
        assert office["max"].post(path, json=body).status_code == 422


def test_the_leads_of_who_has_left_go_to_the_next_ones(office: Office) -> None:
    leads = [office.lead("ana")["id"] for _ in range(4)]
    office.tell("ana", version=2, active=False)
    moved = office["ada"].post(f"{LEADS}/reroute", json={"owner_id": USERS["ana"]}).json()["leads"]
    assert sorted(moved) == sorted(leads)
    got = Counter(office["ada"].get(f"{LEADS}/{lead}").json()["owner_id"] for lead in leads)
    assert got == {USERS["ben"]: 2, USERS["cid"]: 2}
    assert {office.why(lead)[0][1] for lead in leads} == {"rerouted"}
    before = office["ada"].get(f"{LEADS}/{leads[0]}").json()["owner_id"]
    after = office["ada"].post(f"{LEADS}/{leads[0]}/reroute", json={"reason": "No time."}).json()["owner_id"]
    assert {before, after} == {USERS["ben"], USERS["cid"]}


def test_what_no_human_touches_in_time_goes_to_the_next_one_where_the_tenant_wants_it(office: Office) -> None:
    lead, touched = office.lead("ana"), office.lead("ana")
    office.door.later(days=2)

    def tick() -> list[UUID]:
        tenants: list[UUID] = office.house.run(commands.tenants_with_untouched_leads, GLOBEX)
        for tenant in tenants:
            office.house.run(lambda uow: commands.reroute_untouched(uow, office.house.vault), tenant)
        return tenants

    assert tick() == [], "off by default"
    shown = office["ada"].get(f"{LEADS}/assignment-rules").json()
    office.put("assignment-rules", shown | {"reroute_untouched": True})
    office["max"].post(f"{LEADS}/{touched['id']}/assign", json={"owner_id": USERS["cid"]})
    assert tick() == [ACME]
    assert office.why(lead["id"])[0][1] == "rerouted"
    assert office.why(lead["id"])[0][0] != "ana"
    assert tick() == [], "the next one has the whole time again"


# --- who sees what


def seen(office: Office) -> dict[str, set[str]]:
    """The leads that everybody finds in their list, and can open."""
    found = {}
    for login, client in office.people.items():
        listed = {one["id"] for one in client.get(LEADS, params={"limit": 200}).json()["items"]}
        everything = {one["id"] for one in office["ada"].get(LEADS, params={"limit": 200}).json()["items"]}
        opened = {id for id in everything if client.get(f"{LEADS}/{id}").status_code == 200}
        assert listed == opened
        found[login] = listed
    return found


def test_everybody_sees_what_they_may(office: Office) -> None:
    account = office.account("eva")
    anas, bens = office.lead("ana")["id"], office.lead("ben")["id"]
    linked = office.lead(account_id=account)["id"]
    office["ada"].post(f"{LEADS}/{linked}/assign", json={"owner_id": USERS["ben"]})
    queued = office.lead("ana")["id"]
    office["max"].post(f"{LEADS}/{queued}/assign", json={"owner_id": None})
    assert seen(office) == {
        "ana": {anas, queued},
        "cid": {queued},
        "ben": {bens, linked, queued},
        "max": {anas, queued},
        "mia": {bens, linked, queued},
        "eva": {linked},
        "ada": {anas, bens, linked, queued},
    }
    office.tell("cid", version=2, visibility="team")
    office.tell("eva", version=2, visibility="all")
    office.tell("max", version=2, visibility="own")
    again = seen(office)
    assert (again["cid"], again["eva"], again["max"]) == (
        {anas, queued},
        {anas, bens, linked, queued},
        {queued},
    )


PATHS = {
    "": "GET",
    "/score": "GET",
    "/history": "GET",
    "/assignments": "GET",
    "/status": "POST",
    "/adjustments": "POST",
}


def test_what_somebody_may_not_see_is_answered_like_what_is_not_there(office: Office) -> None:
    lead = office.lead("ana")["id"]
    bodies = {"/status": {"status": "qualified"}, "/adjustments": {"points": 1, "reason": "Met"}}
    for path, method in PATHS.items():
        answers = [
            office["ben"].request(method, f"{LEADS}/{id}{path}", json=bodies.get(path))
            for id in (lead, uuid4())
        ]
        assert [answer.status_code for answer in answers] == [404, 404], path
        assert answers[0].json() == answers[1].json()
    patch = office["ben"].patch(f"{LEADS}/{lead}", json={"company": "Mine"}, headers={"if-match": '"1"'})
    assert patch.status_code == 404
    assert office["ada"].get(f"{LEADS}/{lead}").json()["version"] == 1


WRONG_RULES: dict[str, Any] = {
    "#/rules/0/rule": {"rule": "by_hand", "pool": "reps"},
    "#/rules/0/pool": {"rule": "r", "pool": "everybody"},
    "#/rules/0/team": {"rule": "r", "pool": "team"},
    "#/rules/0/users": {"rule": "r", "pool": "users"},
    "#/rules/0/users/0": {"rule": "r", "pool": "users", "users": ["me"]},
    "#/rules/0/conditions/0/values": {
        "rule": "r",
        "pool": "reps",
        "conditions": [{"field": "country", "operator": "eq"}],
    },
    "#/rules/0/owner": {"rule": "r", "pool": "reps", "owner": "me"},
}


def test_rules_and_territories_that_cannot_be_are_refused_by_field(office: Office) -> None:
    def pointers(what: str, body: Any) -> tuple[int, list[str]]:
        answer = office["ada"].put(f"{LEADS}/{what}", json=body, headers={"if-match": '"0"'})
        return answer.status_code, [error["pointer"] for error in answer.json()["errors"]]

    for pointer, rule in WRONG_RULES.items():
        assert pointers("assignment-rules", {"rules": [rule]}) == (422, [pointer])
    twice = {"territories": [TABLE["territories"][0]] * 2}
    assert pointers("territories", twice) == (422, ["#/territories/1/key"])
    empty = {"territories": [{"key": "x", "countries": []}]}
    assert pointers("territories", empty) == (422, ["#/territories/0/countries"])
    nowhere = {"territories": [{"key": "x", "countries": ["XX"]}]}
    assert pointers("territories", nowhere) == (422, ["#/territories/0/countries/0"])
