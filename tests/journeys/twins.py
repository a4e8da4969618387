"""Two tenants with the same things in them, and every route of the services as a stranger may call it."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import httpx

from chassis.headers import cloud_event
from chassis.http import Router
from chassis.http.dead_letters import dead_letter_router
from chassis.http.routing import Route
from chassis.ids import tenant_id, user_id
from chassis.producer import Producer, Sendable
from cli.api import Api, Json
from cli.local import token
from services.accounts.__main__ import SERVICE as ACCOUNTS
from services.engagement.__main__ import SERVICE as ENGAGEMENT
from services.leads.__main__ import SERVICE as LEADS
from services.notifications.__main__ import SERVICE as NOTIFICATIONS
from services.opportunities.__main__ import SERVICE as OPPORTUNITIES
from tests.world import World, eventually, made

SERVICES = (ENGAGEMENT, LEADS, ACCOUNTS, OPPORTUNITIES, NOTIFICATIONS)
LOGINS = ("ana", "max", "ada")
PRETENCE = {
    "x-tenant": str(tenant_id("acme")),
    "x-tenant-id": str(tenant_id("acme")),
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-user": "ada@acme.example",
    "x-forwarded-host": "acme.example",
    "forwarded": "for=127.0.0.1;host=acme.example",
}
"""What a caller of globex says on every call to pass as acme."""


class Called(NamedTuple):
    """A route as it is called."""

    service: str
    method: str
    path: str
    route: Route

    @property
    def name(self) -> str:
        """`GET /api/leads/{lead}`"""
        return f"{self.method} {self.path}"

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the ids in its path."""
        return tuple(self.route.param_convertors)

    @property
    def filters(self) -> tuple[str, ...]:
        """Names of its query parameters, those of its dependencies too."""
        parts = [self.route.dependant, *self.route.dependant.dependencies]
        return tuple(param.alias for part in parts for param in part.query_params)


def routes() -> Iterator[Called]:
    """Every route of every service, as `create_app` puts them together."""
    for service in SERVICES:
        for router in (dead_letter_router(service), *service.routers):
            assert isinstance(router, Router)
            for route in router.routes:
                assert isinstance(route, Route)
                for method in sorted(route.methods or ()):
                    yield Called(service.name, method, route.path, route)


@dataclass(frozen=True)
class Twin:
    """One tenant and what it has."""

    slug: str
    email: str
    leads: tuple[Json, ...]
    """The best one, another one, and one that may be the same as the best."""
    things: Mapping[str, str]
    """What a path or a filter names, to the id of one of its own: a new kind of thing gets a line there."""
    version: str
    write_key: str
    letters: Mapping[str, str]
    """Service to a dead letter in it."""
    urls: Mapping[str, str]
    tokens: Mapping[str, str] = field(repr=False)
    client: httpx.Client = field(repr=False)

    @property
    def id(self) -> str:
        """The tenant itself."""
        return str(tenant_id(self.slug))

    @property
    def users(self) -> list[str]:
        """Ids of its people."""
        return [str(user_id(tenant_id(self.slug), login)) for login in LOGINS]

    @property
    def lead(self) -> str:
        """Its best lead."""
        return str(self.leads[0]["id"])

    def marks(self) -> set[str]:
        """Texts that nobody else must ever be told."""
        leads = [str(lead["id"]) for lead in self.leads]
        return {self.id, self.email, *leads, *self.things.values(), *self.letters.values(), *self.users}

    def path_id(self, called: Called, name: str) -> str:
        """The id of one of its own things for a place in a path; KeyError for a place that has no case."""
        own = {"letter": self.letters[called.service], "version": self.version}
        if name == "id":
            name = {"rejected": "rejected", "sources": "source"}[called.path.split("/")[3]]
        if name == "job":
            name = f"{called.service}_job"
        return {"lead": self.lead, "channel": "email", **self.things, **own}[name]

    def filter(self, name: str) -> str:
        """One of its values for a filter of a list; KeyError for a filter that has no case."""
        own = {f"{kind}_id": id for kind, id in self.things.items()}
        own |= {"parent_id": self.things["account"], "account_id": self.things["converted_to"]}
        own |= {"lead_id": self.lead, "subject_id": self.lead, "owner_id": self.users[0]}
        return {**own, "pipeline": self.things["pipeline"], "email": self.email, "q": self.email}[name]

    def call(self, login: str, called: Called, path: str, **rest: Any) -> httpx.Response:
        """A call straight to the service, past the gateway; globex pretends to be acme by its headers."""
        headers = {"authorization": f"Bearer {self.tokens[login]}", "if-match": '"1"'}
        if called.route.rules.idempotency_key == "own":
            headers["idempotency-key"] = uuid.uuid4().hex
        headers |= PRETENCE if self.slug == "globex" else {}
        return self.client.request(called.method, self.urls[called.service] + path, headers=headers, **rest)


def values(thing: Any) -> Iterator[str]:
    """The texts within an answer, and the parts of keys and actors such as `user:<id>`."""
    if isinstance(thing, dict):
        yield from chain.from_iterable(values(part) for part in thing.values())
    elif isinstance(thing, list):
        yield from chain.from_iterable(values(part) for part in thing)
    elif isinstance(thing, str):
        yield thing
        yield from thing.split(":")


def settle(world: World, slug: str, drafts: int) -> Twin:
    """Fills a tenant with one of everything; blocks until all of it has gone through the services."""
    mark = uuid.uuid4().hex[:10]
    email = f"twin.{mark}@{slug}-customer.example"
    with world.user("ana", slug) as rep, world.user("ada", slug) as admin:
        if slug == "globex":
            rep.http.headers.update(PRETENCE)
            admin.http.headers.update(PRETENCE)
        full = {"phone": "+4930901820", "industry": "technology", "company_size": "enterprise"}
        leads = (world.lead(rep, email=email, **full), world.lead(rep), world.lead(rep, email=email))
        rep.post(f"/api/leads/{leads[0]['id']}/adjustments", {"points": 40, "reason": "Met"}, key=mark)
        conversion = _conversion(world, rep, mark)
        rules = {"rules": admin.get("/api/leads/scoring-rules")["rules"]}
        version = [admin.post("/api/leads/scoring-rules", rules)["version"] for _ in range(drafts)][-1]
        source, key = _source(admin, mark)
        _send(world, key, mark, email)
        letters = _poison(world, slug)
        alert, item = _alert(rep, leads[0]["id"])
        deal = _opportunity(rep, admin, mark)
        things = {
            "alert": alert,
            "item": item,
            "source": source,
            "key": str(key["id"]),
            "rejected": str(_first(admin, "/api/engagement/rejected", source_id=source)["id"]),
            "event": str(_first(admin, "/api/engagement/events", lead_id=leads[0]["id"])["id"]),
            **deal,
            "conversion": str(conversion["conversion_id"]),
            "contact": _contact(rep, deal["account"], mark),
            "user": str(user_id(tenant_id(slug), LOGINS[0])),
            "converted_to": str(conversion["account_id"]),
            "form": _form(world, admin, email),
            "candidate": str(leads[2]["id"]),
            "leads_job": _import(rep, "leads", b"email\nno address\n"),
            "accounts_job": _import(rep, "accounts", b"name,country\nTwin,Narnia\n"),
        }
        return Twin(
            slug,
            email,
            leads,
            things,
            str(version),
            key["write_key"],
            {service.name: _letter(admin, service.name, letters) for service in SERVICES},
            {service.name: f"http://127.0.0.1:{world.system.ports[service.name]}" for service in SERVICES},
            {login: token(slug, login) for login in LOGINS},
            httpx.Client(timeout=30),
        )


def _opportunity(rep: Api, admin: Api, mark: str) -> dict[str, str]:
    """A deal in a pipeline of its own, and the account that it is for."""
    account = str(rep.post("/api/accounts", {"name": f"Twin {mark}"})["id"])
    stages = admin.get("/api/opportunities/pipelines")["pipelines"][0]["stages"]
    own = {"key": f"twin_{mark}", "label": f"Twin {mark}", "stages": stages}
    pipeline = str(admin.post("/api/opportunities/pipelines", own)["key"])
    amount = {"minor": 2_500_000, "currency": "EUR"}
    deal = {"title": "Initial Opportunity", "account_id": account, "pipeline": pipeline, "amount": amount}

    opened = eventually(lambda: made(rep, "/api/opportunities", deal), bool)
    return {"opportunity": str(opened["id"]), "account": account, "pipeline": pipeline}


def _form(world: World, admin: Api, email: str) -> str:
    """A web form that somebody has sent."""
    form = admin.post("/api/leads/forms", {"name": "Contact"})
    url = f"{world.system.gateway_url}/api/leads/forms/{form['key']}/submissions"
    assert httpx.post(url, json={"email": f"form.{email}"}, timeout=30).status_code == 201
    return str(form["id"])


def _import(rep: Api, service: str, file: bytes) -> str:
    """A file that was tried: it is kept, and so is the row that was refused."""
    form = {"files": {"file": ("list.csv", file)}, "data": {"options": '{"dry_run": true}'}}
    job = rep.call("POST", f"/api/{service}/imports", **form)["id"]
    eventually(lambda: rep.get(f"/api/{service}/imports/{job}"), lambda found: found["invalid"] == 1)
    return str(job)


def _conversion(world: World, rep: Api, mark: str) -> Json:
    """A lead of its own on its way to an account."""
    lead = world.lead(rep)
    rep.post(f"/api/leads/{lead['id']}/status", {"status": "qualified"}, key=f"{mark}-qualify")
    return rep.post(f"/api/leads/{lead['id']}/convert", {}, key=f"{mark}-convert")


def _contact(rep: Api, account: str, mark: str) -> str:
    return str(rep.post(f"/api/accounts/{account}/contacts", {"first_name": f"Contact {mark}"})["id"])


def _source(admin: Api, name: str) -> tuple[str, Json]:
    source = admin.post("/api/engagement/sources", {"name": name})["id"]
    return source, admin.post(f"/api/engagement/sources/{source}/write-keys", {})


def send(url: str, write_key: str, **event: Any) -> None:
    """Sends one event in Segment's shape, good or bad."""
    answer = httpx.post(f"{url}/v1/track", json=event, auth=(write_key, ""), timeout=30)
    assert answer.status_code in (202, 422), answer.text


def _send(world: World, key: Json, mark: str, email: str) -> None:
    """An event of the lead, one of a stranger, and one that cannot be taken."""
    url = world.system.gateway_url
    send(url, key["write_key"], event="Docs", userId=email, context={"traits": {"email": email}})
    send(url, key["write_key"], event="Docs", anonymousId=f"stranger-{mark}")
    send(url, key["write_key"], event="Docs", userId=email, timestamp="no time at all")


def _poison(world: World, slug: str) -> str:
    """A record that every reader of leads.lead refuses, under a key of its own; the key."""
    key = f"{tenant_id(slug)}:{uuid.uuid4()}"
    headers = cloud_event(
        id=str(uuid.uuid4()),
        source="/leads",
        type="salescompass.leads.LeadCreated",
        tenant=str(tenant_id(slug)),
    )
    producer = Producer(world.system.kafka.bootstrap, "twins")
    assert producer.send([Sendable("leads.lead", key.encode(), b"poison", headers)]) == [None]
    producer.close()
    return key


def _letter(admin: Api, service: str, key: str) -> str:
    """The dead letter that the record of a key became in a service."""

    def found() -> list[str]:
        letters = admin.items(f"/api/{service}/dead-letters", state="waiting")
        return [str(letter["id"]) for letter in letters if letter["key"] == key]

    return eventually(found, bool)[0]


def _alert(rep: Api, lead: str) -> tuple[str, str]:
    """The alert about a lead, and its item in the owner's inbox."""

    def found() -> list[Json]:
        items = rep.items("/api/notifications/inbox")
        return [item for item in items if item["alert"]["subject_id"] == lead]

    item = eventually(found, bool)[0]
    return str(item["alert"]["id"]), str(item["id"])


def _first(api: Api, path: str, **filters: str) -> Json:
    return eventually(lambda: list(api.items(path, **filters)), bool)[0]
