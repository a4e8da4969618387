"""Who may do what with whose things (F107): everybody calls every route, for own things and for others'.

What somebody does not see is answered like what is not there (404); what they see and may not do with 403. A
route without an entry in the table fails the test.
"""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx
import pytest

from chassis.auth import Caller, mint_token
from chassis.ids import tenant_id, user_id
from cli.api import Api, Json
from deploy.local.keys import Issuer, signing_key
from tests.colleagues import user_record
from tests.journeys.twins import SERVICES, Called, routes
from tests.world import World, eventually, made

ACME = tenant_id("acme")
MISSING = str(uuid.UUID(int=2**127))
CLOSED = [called for called in routes() if not called.route.rules.public]


class Who(NamedTuple):
    """A caller: a person with the one role that the token says."""

    login: str
    role: str


WHO = {
    "rep": Who("ana", "rep"),
    "manager": Who("max", "manager"),
    "account_manager": Who("eva", "account_manager"),
    "marketing": Who("mark", "marketing"),
    "admin": Who("adam", "admin"),
    "service": Who("robot", "service"),
    "rep of a team": Who("kim", "rep"),
    "rep of a territory": Who("tom", "rep"),
    "rep who sees all": Who("una", "rep"),
}
"""Who calls: of the team north a rep, their manager and Kim; the others are in no team."""
NEWCOMERS: Mapping[str, Json] = {
    "kim": {"team": "north", "visibility": "team"},
    "tom": {"territories": ["south"], "visibility": "territory"},
    "una": {"visibility": "all"},
}
"""Callers with a visibility of their own. They are absent, so that nobody else's leads are given to them."""
AWAY: Json = {"absent_from": 0, "absent_until": 4_000_000_000_000}
OWNERS = ("ana", "max", "eva", "ben")
"""Whose things are called for; Ben is of the team south, and his account lies in that territory."""
LINKED = "linked"
"""An account of Eva's with a lead of Ana's linked to it, and a deal of Ben's."""
EVERYTHING = frozenset({*OWNERS, LINKED})
SEES: Mapping[str, frozenset[str]] = {
    "rep": frozenset({"ana"}),
    "manager": frozenset({"ana", "max"}),
    "account_manager": frozenset({"eva", LINKED}),
    "marketing": EVERYTHING,
    "admin": EVERYTHING,
    "service": EVERYTHING,
    "rep of a team": frozenset({"ana", "max"}),
    "rep of a territory": frozenset(),
    "rep who sees all": EVERYTHING,
}
"""Whose things of whatever kind a caller sees: as their owner, of the same team, or all. Eva sees of her
account the account itself, all its leads and all its deals."""
MORE: Mapping[tuple[str, str], frozenset[str]] = {
    **{(who, kind): frozenset({LINKED}) for who in ("rep", "manager", "rep of a team")
       for kind in ("lead", "alert", "account")},
    **{("rep of a territory", kind): frozenset({"ben"}) for kind in ("account", "opportunity")},
}  # fmt: skip
"""What more of a kind: who sees a lead sees its account, but not the deals of others there; what lies in
the territory."""
KINDS = frozenset({"lead", "alert", "item", "account", "opportunity"})
"""Ids in paths of what has an owner."""


class Access(NamedTuple):
    """Who may call a route, of those who see the thing."""

    roles: frozenset[str]
    hidden: bool = True
    """Whether somebody else's thing is like none; not so where it is asked for before it has an owner."""


EVERYBODY = Access(frozenset(who.role for who in WHO.values()))
ADMIN = Access(frozenset({"admin"}))
EDITORS = Access(frozenset({"marketing", "admin"}))
OPERATORS = Access(frozenset({"admin", "service"}))
MANAGERS = Access(frozenset({"manager", "admin", "service"}))
LEADERS = Access(frozenset({"manager", "admin"}))
SELLERS = Access(frozenset({"rep", "manager", "account_manager", "admin", "service"}))
TABLE: dict[str, Access] = {
    "POST /api/leads": EVERYBODY,
    "GET /api/leads": EVERYBODY,
    "GET /api/leads/{lead}": EVERYBODY,
    "PATCH /api/leads/{lead}": EVERYBODY,
    "GET /api/leads/{lead}/score": EVERYBODY,
    "GET /api/leads/{lead}/history": EVERYBODY,
    "GET /api/leads/{lead}/assignments": EVERYBODY,
    "POST /api/leads/{lead}/status": EVERYBODY,
    "POST /api/leads/{lead}/adjustments": EVERYBODY,
    "POST /api/leads/{lead}/reopen": EVERYBODY,
    "POST /api/leads/{lead}/archive": EVERYBODY,
    "POST /api/leads/{lead}/restore": EVERYBODY,
    "POST /api/leads/{lead}/activities": EVERYBODY,
    "PUT /api/leads/{lead}/consents/{channel}": EVERYBODY,
    "POST /api/leads/{lead}/erase": ADMIN,
    "POST /api/leads/bulk": EVERYBODY,
    "POST /api/leads/duplicates": EVERYBODY,
    "GET /api/leads/duplicate-policies": EVERYBODY,
    "PUT /api/leads/duplicate-policies": Access(frozenset({"manager", "marketing", "admin"})),
    "GET /api/leads/{lead}/duplicates": EVERYBODY,
    "POST /api/leads/{lead}/duplicates/{candidate}": EVERYBODY,
    "POST /api/leads/imports": EVERYBODY,
    "GET /api/leads/imports": EVERYBODY,
    "GET /api/leads/imports/{job}": EVERYBODY,
    "POST /api/leads/imports/{job}/start": EVERYBODY,
    "POST /api/leads/imports/{job}/cancel": EVERYBODY,
    "GET /api/leads/imports/{job}/errors": EVERYBODY,
    "GET /api/leads/labels": EVERYBODY,
    "PUT /api/leads/labels": ADMIN,
    "GET /api/leads/costs": EVERYBODY,
    "PUT /api/leads/costs": EDITORS,
    "GET /api/leads/forms": EVERYBODY,
    "POST /api/leads/forms": EDITORS,
    "GET /api/leads/forms/{form}": EVERYBODY,
    "PUT /api/leads/forms/{form}": EDITORS,
    "GET /api/leads/forms/{form}/submissions": EDITORS,
    "POST /api/leads/{lead}/claim": Access(frozenset({"rep", "manager", "admin"}), hidden=False),
    "POST /api/leads/{lead}/assign": MANAGERS,
    "POST /api/leads/{lead}/reroute": MANAGERS,
    "POST /api/leads/reroute": MANAGERS,
    "GET /api/leads/assignment-rules": EVERYBODY,
    "PUT /api/leads/assignment-rules": ADMIN,
    "GET /api/leads/territories": EVERYBODY,
    "PUT /api/leads/territories": ADMIN,
    "POST /api/leads/{lead}/convert": SELLERS,
    "GET /api/leads/conversions": EVERYBODY,
    "GET /api/leads/conversions/{conversion}": EVERYBODY,
    "POST /api/leads/conversions/{conversion}/cancel": LEADERS,
    "GET /api/leads/settings/conversion": EVERYBODY,
    "PUT /api/leads/settings/conversion": ADMIN,
    "GET /api/leads/settings/response": EVERYBODY,
    "PUT /api/leads/settings/response": ADMIN,
    "GET /api/leads/settings/custom-fields": EVERYBODY,
    "PUT /api/leads/settings/custom-fields": ADMIN,
    "GET /api/leads/scoring-rules": EVERYBODY,
    "POST /api/leads/scoring-rules": EDITORS,
    "POST /api/leads/scoring-rules/{version}/publish": EDITORS,
    "POST /api/accounts": SELLERS,
    "GET /api/accounts": EVERYBODY,
    "GET /api/accounts/{account}": EVERYBODY,
    "PATCH /api/accounts/{account}": SELLERS,
    "POST /api/accounts/{account}/close": SELLERS,
    "POST /api/accounts/{account}/reopen": SELLERS,
    "GET /api/accounts/settings": EVERYBODY,
    "PUT /api/accounts/settings": ADMIN,
    "GET /api/accounts/esg": EVERYBODY,
    "POST /api/accounts/imports": SELLERS,
    "GET /api/accounts/imports": EVERYBODY,
    "GET /api/accounts/imports/{job}": EVERYBODY,
    "POST /api/accounts/imports/{job}/start": SELLERS,
    "POST /api/accounts/imports/{job}/cancel": SELLERS,
    "GET /api/accounts/imports/{job}/errors": EVERYBODY,
    "POST /api/accounts/{account}/contacts": SELLERS,
    "GET /api/accounts/{account}/contacts": EVERYBODY,
    "GET /api/accounts/{account}/contacts/{contact}": EVERYBODY,
    "PATCH /api/accounts/{account}/contacts/{contact}": SELLERS,
    "DELETE /api/accounts/{account}/contacts/{contact}": SELLERS,
    "POST /api/accounts/{account}/contacts/{contact}/erase": ADMIN,
    "GET /api/accounts/{account}/team": EVERYBODY,
    "PUT /api/accounts/{account}/team/{user}": SELLERS,
    "DELETE /api/accounts/{account}/team/{user}": SELLERS,
    "GET /api/accounts/{account}/health": EVERYBODY,
    "GET /api/accounts/{account}/score": EVERYBODY,
    "GET /api/accounts/{account}/timeline": EVERYBODY,
    "GET /api/accounts/{account}/growth": EVERYBODY,
    "GET /api/accounts/{account}/lead-draft": EVERYBODY,
    "GET /api/opportunities": EVERYBODY,
    "POST /api/opportunities": SELLERS,
    "GET /api/opportunities/board": EVERYBODY,
    "GET /api/opportunities/forecast": EVERYBODY,
    "GET /api/opportunities/forecast/accuracy": EVERYBODY,
    "GET /api/opportunities/performance": EVERYBODY,
    "GET /api/opportunities/currencies": EVERYBODY,
    "GET /api/opportunities/pipelines": EVERYBODY,
    "POST /api/opportunities/pipelines": LEADERS,
    "PUT /api/opportunities/pipelines/{pipeline}": LEADERS,
    "DELETE /api/opportunities/pipelines/{pipeline}": LEADERS,
    "PATCH /api/opportunities/{opportunity}": SELLERS,
    "GET /api/opportunities/{opportunity}/history": EVERYBODY,
    "POST /api/opportunities/{opportunity}/owner": SELLERS,
    "GET /api/opportunities/{opportunity}": EVERYBODY,
    "POST /api/opportunities/{opportunity}/stage": SELLERS,
    "POST /api/opportunities/{opportunity}/reopen": SELLERS,
    "GET /api/notifications/alerts": EVERYBODY,
    "GET /api/notifications/alerts/{alert}": EVERYBODY,
    "POST /api/notifications/alerts/{alert}/acknowledge": EVERYBODY,
    "GET /api/notifications/inbox": EVERYBODY,
    "POST /api/notifications/inbox/{item}/read": EVERYBODY,
    "POST /api/notifications/inbox/{item}/unread": EVERYBODY,
    "POST /api/notifications/inbox/{item}/archive": EVERYBODY,
    "GET /api/notifications/clock": EVERYBODY,
    "POST /api/notifications/clock": OPERATORS,
    "GET /api/engagement/events": EVERYBODY,
}
LISTS = {
    "lead": "/api/leads",
    "account": "/api/accounts",
    "opportunity": "/api/opportunities",
    "alert": "/api/notifications/alerts",
}
"""Where things with an owner are listed."""
UNTRIED = {
    "GET /api/notifications/stream": "does not end; tests of its own say who is told what",
    "DELETE /api/leads/{lead}": "would take the lead from the calls that follow",
}


def entry(called: Called) -> Access:
    """Who may call a route; the dead letters and the sources of events are alike in every service."""
    if "/dead-letters" in called.path:
        return ADMIN
    if called.path.startswith(("/api/engagement/sources", "/api/engagement/rejected")):
        return EDITORS
    return TABLE[called.name]


class Office:
    """ACME's people with a token each, and what each of the owners owns."""

    def __init__(self, world: World) -> None:
        self.world = world
        key = signing_key(world.system.home)
        self.tokens = {
            name: mint_token(key, Issuer(), Caller(ACME, user_id(ACME, login), login, frozenset({role})))
            for name, (login, role) in WHO.items()
        }
        self.urls = {s.name: f"http://127.0.0.1:{world.system.ports[s.name]}" for s in SERVICES}
        self.client = httpx.Client(timeout=30)
        world.tell_users(
            user_record(ACME, login, "rep", **AWAY, **known) for login, known in NEWCOMERS.items()
        )
        with world.user("ada") as ada:
            self.things = {login: dict(self._things(ada, login)) for login in OWNERS}
            self.things[LINKED] = dict(self._linked(ada))
        self._settle()

    def _things(self, ada: Api, login: str) -> Iterator[tuple[str, str]]:
        account = self._account(ada, login, territory="south" if login == "ben" else None)
        yield "account", account
        yield "opportunity", self._deal(login, account)
        yield from self._lead(ada, login)

    def _linked(self, ada: Api) -> Iterator[tuple[str, str]]:
        account = self._account(ada, "eva")
        yield "account", account
        yield "opportunity", self._deal("ben", account)
        yield from self._lead(ada, "ana", account_id=account)

    def _account(self, ada: Api, owner: str, **fields: Any) -> str:
        body = {"name": f"Account of {owner}", "owner_id": str(user_id(ACME, owner)), **fields}
        return str(eventually(lambda: made(ada, "/api/accounts", body), bool)["id"])

    def _deal(self, seller: str, account: str) -> str:
        body = {"title": f"Deal of {seller}", "account_id": account}
        with self.world.user(seller) as own:
            return str(eventually(lambda: made(own, "/api/opportunities", body), bool)["id"])

    def _lead(self, ada: Api, login: str, **fields: str) -> Iterator[tuple[str, str]]:
        """A hot lead of somebody, who is told of it."""
        full = {"phone": "+4930901820", "industry": "technology", "company_size": "enterprise"}
        email = f"hana.{uuid.uuid4().hex}@initech.example"
        new = {"first_name": "Hana", "company": "Initech", "email": email, **fields}
        lead = str(eventually(lambda: made(ada, "/api/leads", new), bool)["id"])
        owner = {"owner_id": str(user_id(ACME, login))}
        eventually(lambda: made(ada, f"/api/leads/{lead}/assign", owner), bool)
        seen = {"if-match": f'"{ada.get(f"/api/leads/{lead}")["version"]}"'}
        ada.http.patch(f"/api/leads/{lead}", json=full, headers=seen).raise_for_status()
        ada.post(f"/api/leads/{lead}/adjustments", {"points": 40, "reason": "Met"}, key=uuid.uuid4().hex)
        with self.world.user(login) as own:
            item = eventually(lambda: self._items(own, lead), bool)[0]
        yield from (("lead", lead), ("item", item["id"]), ("alert", item["alert"]["id"]))

    def _settle(self) -> None:
        """Waits until every service has heard who everybody is, and whose everything is."""
        for who in WHO:
            for kind, url in LISTS.items():
                for whose in seen_of(who, kind):
                    self._shown(who, f"{url}/{self.things[whose][kind]}")

    def _shown(self, who: str, path: str) -> None:
        eventually(lambda: self.get(who, path).status_code, lambda status: status == 200)

    def get(self, who: str, path: str, **params: str) -> httpx.Response:
        """What a caller is shown."""
        headers = {"authorization": f"Bearer {self.tokens[who]}"}
        return self.client.get(self.urls[path.split("/")[2]] + path, params=params, headers=headers)

    def listed(self, who: str, path: str) -> set[str]:
        """The ids of all that a list shows a caller."""
        ids: set[str] = set()
        cursor: dict[str, str] = {}
        while True:
            page = self.get(who, path, limit="200", **cursor).json()
            ids |= {one["id"] for one in page["items"]}
            if page["next"] is None:
                return ids
            cursor = {"cursor": page["next"]}

    def _items(self, own: Api, lead: str) -> list[Json]:
        items = own.items("/api/notifications/inbox")
        return [item for item in items if item["alert"]["subject_id"] == lead]

    def call(self, who: str, called: Called, ids: Mapping[str, str]) -> httpx.Response:
        """A call that changes nothing that others of these calls look at: no body is a good one."""
        headers = {"authorization": f"Bearer {self.tokens[who]}", "if-match": '"999999"'}
        headers["idempotency-key"] = uuid.uuid4().hex
        body: dict[str, Any] = {"json": {"nonsense": True}} if called.route.body_field else {}
        url = self.urls[called.service] + called.path.format(**ids)
        return self.client.request(called.method, url, headers=headers, **body)


@pytest.fixture(scope="module")
def office(world: World) -> Iterator[Office]:
    """Everybody, once for all routes."""
    made = Office(world)
    yield made
    made.client.close()


def test_no_route_is_without_an_entry() -> None:
    entries = {called.name for called in CLOSED if called.name in UNTRIED or entry(called)}
    assert entries == {called.name for called in CLOSED}
    assert TABLE.keys() | UNTRIED.keys() <= entries


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("who", WHO)
def test_a_list_leaves_out_what_a_caller_does_not_see(office: Office, who: str, kind: str) -> None:
    listed = office.listed(who, LISTS[kind])
    assert {whose for whose, things in office.things.items() if things[kind] in listed} == seen_of(who, kind)


@pytest.mark.parametrize("called", CLOSED, ids=[called.name for called in CLOSED])
@pytest.mark.parametrize("who", WHO)
def test_a_caller_reaches_what_they_may_and_nothing_else(office: Office, called: Called, who: str) -> None:
    if called.name in UNTRIED:
        pytest.skip(UNTRIED[called.name])
    access = entry(called)
    for whose in office.things if KINDS & set(called.ids) else OWNERS[:1]:
        things = office.things[whose]
        ids = {name: things[name] if name in KINDS else absent(name) for name in called.ids}
        answer = office.call(who, called, ids)
        assert answer.status_code < 500, answer.text
        if not sees(who, whose, called, access):
            assert answer.status_code == 404, (whose, answer.text)
        elif WHO[who].role not in access.roles:
            assert answer.status_code == 403, (whose, answer.text)
        elif ids.keys() <= KINDS:
            assert answer.status_code not in (401, 403, 404), (whose, answer.text)
        else:
            assert answer.status_code not in (401, 403), (whose, answer.text)


def sees(who: str, whose: str, called: Called, access: Access) -> bool:
    """Whether a caller sees things by a route: an inbox is its owner's, conversions are none."""
    if "conversion" in called.ids:
        return False
    if "item" in called.ids:
        return WHO[who].login == ("ana" if whose == LINKED else whose)
    return not access.hidden or all(whose in seen_of(who, kind) for kind in KINDS & set(called.ids))


def seen_of(who: str, kind: str) -> frozenset[str]:
    """Whose things of a kind a caller sees."""
    return SEES[who] | MORE.get((who, kind), frozenset())


def absent(name: str) -> str:
    """An id that nothing has."""
    return str(2**31 - 1) if name == "version" else MISSING
