"""No route gives, tells of or changes what is another tenant's (G14): every route, called as a twin."""

import base64
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from typing import Any

import httpx
import httpx_sse
import psycopg
import pytest
from psycopg import sql

from cli.api import Api, ApiError, Json
from cli.watch import STREAM
from tests.journeys.twins import LOGINS, PRETENCE, SERVICES, Called, Twin, routes, send, values
from tests.world import World, eventually

ROUTES = list(routes())
PUBLIC = [called for called in ROUTES if called.route.rules.public]
CLOSED = [called for called in ROUTES if not called.route.rules.public]
WITH_IDS = [called for called in CLOSED if called.ids]
TOTALS = {f"GET /api/opportunities/{what}" for what in ("board", "performance", "forecast/accuracy")}
"""Sums over what a tenant has, in which nothing is named."""
LISTS = [
    called
    for called in CLOSED
    if called.method == "GET" and not called.ids and called.filters and called.name not in TOTALS
]
WITH_BODY = [called for called in CLOSED if called.route.body_field]
OTHERS = {
    "POST /api/leads": "makes a lead: the tenant is the token's",
    "POST /api/leads/bulk": "makes leads: the tenant is the token's",
    "POST /api/leads/imports": "makes an import: the tenant is the token's",
    "POST /api/leads/duplicates": "looks among the caller's tenant's only; tests/services/leads/matching",
    "GET /api/leads/duplicate-policies": "the caller's tenant's only",
    "PUT /api/leads/duplicate-policies": "the caller's tenant's only",
    "GET /api/leads/scoring-rules": "a list without pages",
    "GET /api/leads/settings/conversion": "the tenant's own, there is no other",
    "PUT /api/leads/settings/conversion": "the tenant's own, there is no other",
    "GET /api/leads/assignment-rules": "the caller's tenant's only",
    "PUT /api/leads/assignment-rules": "the caller's tenant's only",
    "GET /api/leads/territories": "the caller's tenant's only",
    "PUT /api/leads/territories": "the caller's tenant's only",
    "POST /api/leads/reroute": "names a colleague, who has nothing in another tenant",
    "POST /api/leads/scoring-rules": "makes a draft: the tenant is the token's",
    "POST /api/opportunities": "makes an opportunity: the tenant is the token's",
    "POST /api/opportunities/pipelines": "makes a pipeline: the tenant is the token's",
    "GET /api/opportunities/pipelines": "a list without pages, whose pipelines have a test by id",
    "GET /api/opportunities/currencies": "the same for everybody",
    "GET /api/opportunities/board": "totals, which have a test of their own",
    "GET /api/opportunities/performance": "totals, which have a test of their own",
    "GET /api/opportunities/forecast/accuracy": "totals, which have a test of their own",
    "POST /api/accounts": "opens an account: the tenant is the token's",
    "POST /api/accounts/imports": "makes an import: the tenant is the token's",
    "GET /api/leads/costs": "the caller's tenant's only",
    "PUT /api/leads/costs": "the caller's tenant's only",
    "POST /api/leads/forms": "makes a form: the tenant is the token's",
    "GET /api/leads/labels": "the caller's tenant's only",
    "PUT /api/leads/labels": "the caller's tenant's only",
    "GET /api/accounts/settings": "the caller's tenant's only",
    "PUT /api/accounts/settings": "the caller's tenant's only",
    "GET /api/accounts/esg": "numbers without names, of the accounts that the caller sees",
    "GET /api/leads/settings/response": "the caller's tenant's only",
    "PUT /api/leads/settings/response": "the caller's tenant's only",
    "GET /api/leads/settings/custom-fields": "the caller's tenant's only",
    "PUT /api/leads/settings/custom-fields": "the caller's tenant's only",
    "POST /api/engagement/sources": "makes a source: the tenant is the token's",
    "GET /api/notifications/stream": "the live stream has tests of its own",
    "GET /api/notifications/clock": "the same business time for everybody",
    "POST /api/notifications/clock": "the same business time for everybody, never in production",
}
"""Routes that neither name a thing nor list things in pages, and why that is right."""
KINDS = ("batch", "track", "identify", "page", "screen", "group", "alias")
FRONT_DOOR = {f"POST /v1/{kind}" for kind in KINDS} | {"POST /api/engagement/events"}
"""What a write key opens."""
STAGES = [
    {"key": "talks", "label": "Talks", "probability": 30, "limit_days": 5},
    {"key": "signed", "label": "Signed", "probability": 100, "outcome": "won"},
    {"key": "gone", "label": "Gone", "probability": 0, "outcome": "lost"},
]
PREFLIGHT = {"OPTIONS /v1/{call}"}
"""What a browser asks before it sends an event from another site; no key is needed and nothing is told."""
FORM_DOOR = {
    "POST /api/leads/forms/{key}/submissions",
    "OPTIONS /api/leads/forms/{key}/submissions",
    "GET /api/leads/forms/{key}/embed.js",
    "GET /api/leads/forms/confirmations/{token}",
}
"""What the pages that embed a form call: its key names it and opens nothing else."""
BODIES: dict[str, Json] = {
    "POST /api/leads": {"company": "Initech"},
    "POST /api/leads/bulk": {"items": [{"company": "Initech"}]},
    "POST /api/leads/duplicates": {"company": "Initech"},
    "PUT /api/leads/duplicate-policies": {},
    "POST /api/leads/{lead}/duplicates/{candidate}": {"decision": "link"},
    "POST /api/leads/imports/{job}/start": {},
    "POST /api/accounts/imports/{job}/start": {},
    "PATCH /api/leads/{lead}": {"company": "Taken over"},
    "POST /api/leads/{lead}/status": {"status": "qualified"},
    "POST /api/leads/{lead}/assign": {"owner_id": None},
    "POST /api/leads/{lead}/erase": {"confirm": True},
    "POST /api/accounts/{account}/contacts/{contact}/erase": {"confirm": True},
    "POST /api/leads/{lead}/reroute": {},
    "POST /api/leads/reroute": {"owner_id": str(uuid.UUID(int=2**127))},
    "PUT /api/leads/assignment-rules": {"rules": []},
    "PUT /api/leads/territories": {"territories": []},
    "POST /api/leads/{lead}/reopen": {"reason": "Sabotage"},
    "POST /api/leads/{lead}/archive": {"reason": "Sabotage"},
    "POST /api/leads/{lead}/restore": {"reason": "Sabotage"},
    "POST /api/leads/{lead}/activities": {"activity": "call"},
    "PUT /api/leads/{lead}/consents/{channel}": {"state": "withdrawn", "source": "Sabotage"},
    "POST /api/leads/{lead}/adjustments": {"points": -40, "reason": "Sabotage"},
    "POST /api/leads/scoring-rules": {"rules": []},
    "PUT /api/leads/costs": {"costs": []},
    "POST /api/leads/forms": {"name": "Mole"},
    "PUT /api/leads/forms/{form}": {"name": "Mole"},
    "PUT /api/leads/labels": {"sources": [{"key": "web_form", "label": "Website"}]},
    "PUT /api/leads/settings/response": {"home_country": "DE"},
    "PUT /api/leads/settings/custom-fields": {"custom_fields": {}},
    "POST /api/leads/scoring-rules/{version}/publish": {},
    "POST /api/opportunities": {"title": "Initial", "account_id": str(uuid.UUID(int=1))},
    "POST /api/opportunities/{opportunity}/stage": {"stage": "closed_won"},
    "POST /api/opportunities/{opportunity}/reopen": {"stage": "proposal", "reason": "Sabotage"},
    "PATCH /api/opportunities/{opportunity}": {"title": "Taken over"},
    "POST /api/opportunities/{opportunity}/owner": {"owner_id": None},
    "POST /api/opportunities/pipelines": {"key": "mole", "label": "Mole", "stages": STAGES},
    "PUT /api/opportunities/pipelines/{pipeline}": {"label": "Mole", "stages": STAGES},
    "POST /api/accounts": {"name": "Mole"},
    "PATCH /api/accounts/{account}": {"name": "Taken over"},
    "POST /api/leads/{lead}/convert": {},
    "POST /api/leads/conversions/{conversion}/cancel": {"reason": "Sabotage"},
    "PUT /api/leads/settings/conversion": {},
    "POST /api/accounts/{account}/contacts": {"first_name": "Mole"},
    "PATCH /api/accounts/{account}/contacts/{contact}": {"first_name": "Taken over"},
    "PUT /api/accounts/{account}/team/{user}": {"role": "sales"},
    "PUT /api/accounts/settings": {
        "tiers": [{"least_score": 0, "tier": "standard"}],
        "risk_below": 0,
        "quiet_after_days": 1,
        "silent_after_days": 1,
    },
    "POST /api/engagement/sources": {"name": "Mole"},
    "PATCH /api/engagement/sources/{id}": {"name": "Mole"},
    "POST /api/engagement/sources/{id}/write-keys/{key}/rotate": {"overlap_seconds": 0},
    "POST /api/engagement/rejected/{id}/replay": {"payload": {"event": "Docs", "userId": "mole"}},
    "POST /api/notifications/clock": {"to": "2100-01-01T00:00:00Z"},
}
"""A good body for every route that takes one."""
PAGING = {"cursor", "limit", "sort"}
PLAIN = (
    PAGING
    | {"state", "kind", "severity", "status", "priority", "min_score", "unassigned"}
    | {"tier", "at_risk", "closed", "archived"}
    | {"stage", "outcome", "type", "stale", "close_from", "close_to", "from_month", "to_month", "at"}
)
"""Query parameters by which nothing of a tenant's can be named."""
MISSING = str(uuid.UUID(int=2**127))


def every(cases: list[Called]) -> pytest.MarkDecorator:
    """One test for each route, by its name."""
    return pytest.mark.parametrize("called", cases, ids=[called.name for called in cases])


def test_no_route_is_without_a_case() -> None:
    open_to_all = FRONT_DOOR | FORM_DOOR | PREFLIGHT
    covered = {called.name for called in [*WITH_IDS, *LISTS]} | open_to_all | OTHERS.keys()
    assert {called.name for called in ROUTES} - covered == set()
    assert covered - {called.name for called in ROUTES} == set()
    assert {called.name for called in WITH_BODY} - BODIES.keys() == set()
    assert {called.name for called in PUBLIC} == open_to_all


def test_the_running_services_have_the_routes_that_are_tested(world: World) -> None:
    described = set()
    for service in SERVICES:
        paths = httpx.get(f"{world.system.gateway_url}/api/{service.name}/openapi.json").json()["paths"]
        described |= {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert described == {called.name for called in ROUTES}


@every(WITH_IDS)
def test_what_is_anothers_is_answered_like_what_does_not_exist(
    world: World, acme: Twin, globex: Twin, called: Called
) -> None:
    before = rows(world, acme, called)
    assert before, "the ids of this test must be good ones"
    statuses = set()
    for login in LOGINS:
        for path, nowhere in foreign_paths(acme, globex, called):
            foreign = ask(globex, login, called, path)
            assert told(foreign) == told(ask(globex, login, called, nowhere))
            statuses.add(foreign.status_code)
    assert 404 in statuses
    assert statuses <= {403, 404}
    assert rows(world, acme, called) == before
    if called.method == "GET":
        own = ask(acme, "ada", called, {name: acme.path_id(called, name) for name in called.ids})
        assert own.status_code == 200, "the ids of this test must be good ones"


@every(LISTS)
def test_a_list_holds_nothing_of_another_tenant(acme: Twin, globex: Twin, called: Called) -> None:
    filters = [name for name in called.filters if name not in PLAIN]
    queries: list[dict[str, str]] = [{}, *({name: acme.filter(name)} for name in filters)]
    assert set(marks_in(acme, called, queries)) & acme.marks(), "this list must show something of its own"
    for query in queries:
        assert not set(marks_in(globex, called, [query])) & acme.marks(), query


@every([called for called in LISTS if "cursor" in called.filters])
def test_a_cursor_is_good_for_its_own_tenant_only(acme: Twin, globex: Twin, called: Called) -> None:
    path = {"limit": "1"} | ({"lead_id": acme.lead} if "lead_id" in called.filters else {})
    cursor = next(
        (a.json()["next"] for login in LOGINS if (a := ask(acme, login, called, {}, path)).is_success), None
    )
    if cursor is None:
        assert called.name not in ("GET /api/leads", "GET /api/notifications/alerts")
        return
    for login in LOGINS:
        assert ask(globex, login, called, {}, {**path, "cursor": cursor}).status_code in (400, 403)


def test_totals_count_nothing_of_another_tenant(acme: Twin, globex: Twin) -> None:
    days = {"closed_from": "2020-01-01", "closed_to": "2100-01-01", "from_month": "2026-01"}
    for called in (called for called in ROUTES if called.name in TOTALS):
        for name in {"owner_id", "account_id"}.intersection(called.filters):
            query = {k: v for k, v in days.items() if k in called.filters} | {name: acme.filter(name)}
            foreign, missing = (
                ask(globex, "ada", called, {}, query | {name: id}).text for id in (acme.filter(name), MISSING)
            )
            assert foreign == missing
    board = one("GET /api/opportunities/board")
    own = ask(acme, "ada", board, {}, {"pipeline": acme.things["pipeline"]}).json()["columns"]
    assert sum(column["count"] for column in own) == 1
    assert ask(globex, "ada", board, {}, {"pipeline": acme.things["pipeline"]}).status_code == 404


def test_the_rules_that_a_tenant_reads_are_its_own(world: World, acme: Twin, globex: Twin) -> None:
    with world.user("ada") as mine, world.user("ada", "globex") as theirs:
        assert acme.users[2] in str(mine.get("/api/leads/scoring-rules"))
        assert acme.users[2] not in str(theirs.get("/api/leads/scoring-rules"))
        theirs.http.headers.update(PRETENCE)
        assert acme.users[2] not in str(theirs.get("/api/leads/scoring-rules"))


@every(WITH_BODY)
def test_a_tenant_in_a_body_is_refused(acme: Twin, globex: Twin, called: Called) -> None:
    own = {name: globex.path_id(called, name) for name in called.ids}
    body = BODIES[called.name] | {"tenant_id": acme.id}
    answers = [ask(globex, login, called, own, json=body) for login in LOGINS]
    assert {answer.status_code for answer in answers} <= {403, 422}
    refused = [answer.json() for answer in answers if answer.status_code == 422]
    assert [problem["errors"][0]["pointer"] for problem in refused] == ["#/tenant_id"] * len(refused)
    assert refused


def test_what_a_tenant_makes_is_its_own_whatever_its_headers_say(acme: Twin, globex: Twin) -> None:
    made = globex.call("ada", one("POST /api/leads"), f"/api/leads?tenant_id={acme.id}", json={}).json()["id"]
    assert globex.call("ada", one("GET /api/leads/{lead}"), f"/api/leads/{made}").status_code == 200
    assert acme.call("ada", one("GET /api/leads/{lead}"), f"/api/leads/{made}").status_code == 404


def test_an_idempotency_key_of_another_tenant_brings_back_nothing(
    world: World, acme: Twin, globex: Twin
) -> None:
    key, body = uuid.uuid4().hex, {"company": "Initech"}
    with world.user("ada") as mine, world.user("ada", "globex") as theirs:
        assert mine.post("/api/leads", body, key)["id"] == mine.post("/api/leads", body, key)["id"]
        other = theirs.post("/api/leads", body, key)["id"]
        with pytest.raises(ApiError, match="404"):
            mine.get(f"/api/leads/{other}")


@every(CLOSED)
def test_a_write_key_opens_nothing_but_the_front_door(acme: Twin, called: Called) -> None:
    path = called.path.format(**{name: acme.path_id(called, name) for name in called.ids})
    basic = base64.b64encode(f"{acme.write_key}:".encode()).decode()
    for authorization in (f"Bearer {acme.write_key}", f"Basic {basic}", "Bearer x", None):
        headers = {"authorization": authorization} if authorization else {}
        body = BODIES.get(called.name) if called.route.body_field else None
        answer = acme.client.request(
            called.method, acme.urls[called.service] + path, headers=headers, json=body
        )
        assert answer.status_code == 401
        assert not any(mark in answer.text for mark in acme.marks())


@every([called for called in PUBLIC if called.name in FORM_DOOR])
def test_ids_of_forms_and_made_up_keys_open_no_form(acme: Twin, globex: Twin, called: Called) -> None:
    for place in (acme.things["form"], MISSING, acme.write_key):
        path = called.path.format(key=place, token=place)
        answer = globex.call("ada", called, path, json={"email": "mole@globex.example"})
        assert answer.status_code == 404
        assert not any(mark in answer.text for mark in acme.marks())


@every([called for called in PUBLIC if called.name in FRONT_DOOR])
def test_a_user_token_does_not_open_the_front_door(globex: Twin, called: Called) -> None:
    assert globex.call("ada", called, called.path, json={"event": "Docs"}).status_code == 401


def test_an_event_that_names_anothers_lead_stays_with_its_sender(world: World, globex: Twin) -> None:
    with world.user("ada") as mine, world.user("ada", "globex") as theirs:
        lead = world.lead(mine)
        named = {"userId": lead["email"], "context": {"traits": {"email": lead["email"]}}}
        for _ in range(3):
            send(world.system.gateway_url, globex.write_key, event="Demo Requested", **named)
        eventually(lambda: events_of(theirs), lambda found: sum(lead["email"] in e for e in found) == 3)
        assert events_of(mine, lead["id"]) == []
        assert not any(lead["email"] in event for event in events_of(mine))
        assert mine.get(f"/api/leads/{lead['id']}/score")["raw"] == lead["score"]


def test_the_live_stream_tells_a_tenant_of_itself_only(world: World, acme: Twin, globex: Twin) -> None:
    with ExitStack() as stack:
        mine, theirs = (stack.enter_context(world.user("max", slug)) for slug in ("acme", "globex"))
        theirs.http.headers.update(PRETENCE)
        heard, overheard = (stack.enter_context(listening(api)) for api in (mine, theirs))
        ours = adjust(mine, acme.leads[1])
        assert until(heard, ours)
        told_of = until(overheard, adjust(theirs, globex.leads[1]))
        assert not any(mark in told_of for mark in acme.marks())


def test_what_a_stream_makes_up_for_is_the_tenants_own(world: World, acme: Twin, globex: Twin) -> None:
    alerts = "/api/notifications/alerts"
    with world.user("max") as mine, world.user("max", "globex") as theirs:
        start, stolen = theirs.get(alerts)["stream_position"], mine.get(alerts)["stream_position"]
        with listening(mine) as heard:
            assert until(heard, adjust(mine, acme.leads[1]))
        with listening(theirs) as heard:
            own = adjust(theirs, globex.leads[1])
            assert until(heard, own)
        with listening(theirs, start) as again:
            told_of = until(again, own)
            assert not any(mark in told_of for mark in acme.marks())
        with listening(theirs, stolen) as refused:
            assert next(refused.iter_sse()).event == "reset"


def one(name: str) -> Called:
    """The route of that name."""
    return next(called for called in ROUTES if called.name == name)


def ask(twin: Twin, login: str, called: Called, ids: dict[str, str], query: Any = None, **rest: Any) -> Any:
    """A call with a good body."""
    rest = rest or ({"json": BODIES[called.name]} if called.route.body_field else {})
    return twin.call(login, called, called.path.format(**ids), params=query or {}, **rest)


def absent(name: str) -> str:
    """An id that nothing has."""
    return str(2**31 - 1) if name == "version" else MISSING


def foreign_paths(
    acme: Twin, globex: Twin, called: Called
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Acme's ids for all places, then for each among globex's own; beside each what nothing has there."""
    theirs = {name: acme.path_id(called, name) for name in called.ids}
    nothing = {name: absent(name) for name in called.ids}
    yield theirs, nothing
    if len(theirs) > 1:
        own = {name: globex.path_id(called, name) for name in called.ids}
        for name in theirs:
            if theirs[name] != own[name]:
                yield {**own, name: theirs[name]}, {**own, name: nothing[name]}


def told(answer: httpx.Response) -> tuple[Any, ...]:
    """All that an answer says, but for the number and time of the call."""
    headers = {k: v for k, v in answer.headers.items() if k not in ("date", "x-request-id")}
    return answer.status_code, answer.text, headers


def marks_in(twin: Twin, called: Called, queries: list[dict[str, str]]) -> Iterator[str]:
    """Every value of every item of a list, as all of a tenant's people see it."""
    for login in LOGINS:
        for query in queries:
            part: dict[str, str] = {**query, "limit": "200"}
            while True:
                answer = ask(twin, login, called, {}, part)
                assert answer.status_code in (200, 403)
                page = answer.json()
                yield from chain.from_iterable(values(item) for item in page.get("items", []))
                if page.get("next") is None:
                    break
                part["cursor"] = page["next"]


def rows(world: World, twin: Twin, called: Called) -> list[str]:
    """Rows of a tenant in a service's database that name what a route names, as they are stored."""
    ids = {name: twin.path_id(called, name) for name in called.ids}
    wanted = [f'"version": {value}' if name == "version" else value for name, value in ids.items()]
    found = []
    with psycopg.connect(world.system.postgres.url("postgres", called.service)) as connection:
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            every_row = sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(table))
            found += [f"{table} {row}" for (row,) in connection.execute(every_row) if twin.id in row]
    return sorted(row for row in found if any(name in row for name in wanted))


def events_of(api: Api, lead: str | None = None) -> list[str]:
    """The stored events of a lead, or those that wait for one."""
    return [str(event) for event in api.items("/api/engagement/events", lead_id=lead)]


def adjust(api: Api, lead: Json) -> str:
    """Moves a lead's score; the lead's id."""
    api.post(f"/api/leads/{lead['id']}/adjustments", {"points": 1, "reason": "Met"}, key=uuid.uuid4().hex)
    return str(lead["id"])


def listening(api: Api, position: str | None = None) -> Any:
    """The live stream of a user, from now or from a position."""
    headers = {"last-event-id": position} if position else {}
    return httpx_sse.connect_sse(api.http, "GET", STREAM, headers=headers, timeout=30)


def until(source: httpx_sse.EventSource, lead: str) -> str:
    """All that a stream says up to the first event about a lead."""
    source.response.raise_for_status()
    said = ""
    for event in source.iter_sse():
        said += f"{event.event} {event.data}\n"
        if lead in event.data:
            break
    return said
