"""Dead letters over HTTP: an admin looks, repairs, replays in order, gives up; nobody else does."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.auth import OPERATOR
from chassis.dead_letters import Letter, keep, park
from chassis.ids import NOBODY
from tests.chassis.http import notes
from tests.chassis.http.conftest import Client, Runtime
from tests.chassis.http.test_problems import problem

PATH = "/api/notes/dead-letters"


@pytest.fixture
def acme() -> UUID:
    """A tenant of this test alone."""
    return uuid4()


@pytest.fixture
def admin(client: Client, acme: UUID) -> httpx.Client:
    """Its admin."""
    return client("max", acme, ("admin",))


@pytest.fixture(autouse=True)
def broken() -> Iterator[None]:
    """The handler does not know the odd status, until it is repaired."""
    notes.repaired.clear()
    yield
    notes.repaired.clear()


def put_aside(runtime: Runtime, tenant: UUID, *statuses: str) -> None:
    """One lead's moves, none of which could be applied."""
    lead = str(uuid4())
    key = f"{tenant}:{lead}".encode()
    letters = []
    for version, status in enumerate(statuses):
        event = {"event_id": str(uuid4()), "tenant_id": str(tenant), "lead_id": lead, "version": version,
                 "occurred_at": 0, "actor": "user:x", "status": status, "previous": "new", "pinned": False,
                 "seconds_in_previous": 0, "score": 1}  # fmt: skip
        value = runtime.codec.encode("leads.lead", "LeadStatusChanged", event)
        headers = [("ce_id", event["event_id"])]
        place = ("notes", "leads.lead", 0, version)
        letters.append(Letter(*place, key, value, headers, "failed", "ValueError: no such status"))  # type: ignore[arg-type]
    with runtime.database.unit_of_work(tenant, "system:test") as uow:
        keep(uow, letters)
        park(uow, "notes", [("leads.lead", key)])


def test_letters_are_listed_in_pages_and_shown_with_their_bytes(
    runtime: Runtime, admin: httpx.Client, acme: UUID
) -> None:
    put_aside(runtime, acme, "odd", "won", "lost")
    first = admin.get(f"{PATH}?limit=2").json()
    second = admin.get(f"{PATH}?limit=2&cursor={first['next']}").json()
    assert [letter["position"] for letter in first["items"] + second["items"]] == [2, 1, 0]
    assert second["next"] is None
    whole = admin.get(f"{PATH}/{second['items'][0]['id']}").json()
    assert (whole["cause"], whole["parked"], whole["state"]) == ("failed", True, "waiting")
    assert whole["raw"]
    assert whole["header_list"][0][0] == "ce_id"


def test_a_replay_stops_at_what_is_still_broken_and_goes_on_after_the_repair(
    runtime: Runtime, admin: httpx.Client, acme: UUID
) -> None:
    put_aside(runtime, acme, "won", "odd", "lost")
    last = admin.get(PATH).json()["items"][0]["id"]
    stopped = admin.post(f"{PATH}/{last}/replay").json()
    assert stopped["replayed"] == 1
    assert stopped["detail"].startswith("ValueError")
    notes.repaired.set()
    assert admin.post(f"{PATH}/{last}/replay").json() == {"replayed": 2, "failed": None, "detail": ""}
    assert [note["text"] for note in admin.get("/api/notes").json()["items"]] == ["0 won", "1 odd", "2 lost"]
    assert admin.get(f"{PATH}?state=waiting").json()["items"] == []


def test_a_letter_can_be_given_up_once(runtime: Runtime, admin: httpx.Client, acme: UUID) -> None:
    put_aside(runtime, acme, "odd")
    letter = admin.get(PATH).json()["items"][0]["id"]
    for _ in range(2):
        assert admin.post(f"{PATH}/{letter}/discard").json()["state"] == "discarded"
    assert admin.get(f"{PATH}/{letter}").json()["parked"] is False


def test_only_the_tenants_admin_comes_near(
    runtime: Runtime, admin: httpx.Client, client: Client, acme: UUID
) -> None:
    put_aside(runtime, acme, "odd")
    letter = admin.get(PATH).json()["items"][0]["id"]
    rep, stranger = client("ana", acme), client("eve", uuid4(), ("admin",))
    for method, path in (("GET", ""), ("GET", f"/{letter}"), ("POST", f"/{letter}/replay")):
        problem(rep.request(method, PATH + path), 403)
    assert stranger.get(PATH).json()["items"] == []
    for method, path in (("GET", ""), ("POST", "/replay"), ("POST", "/discard")):
        problem(stranger.request(method, f"{PATH}/{letter}{path}"), 404)


def test_what_belongs_to_no_tenant_is_the_operators_and_nothing_else_is(
    runtime: Runtime, admin: httpx.Client, client: Client, acme: UUID
) -> None:
    put_aside(runtime, NOBODY, "odd")
    put_aside(runtime, acme, "odd")
    operator = client("operator", NOBODY, (OPERATOR,))
    for caller, tenant in ((operator, NOBODY), (admin, acme)):
        [letter] = caller.get(PATH).json()["items"]
        assert letter["key"].startswith(f"{tenant}:")
        assert caller.get(f"{PATH}/{letter['id']}").json()["key"] == letter["key"]
    problem(operator.get("/api/notes"), 403)
    assert operator.post(f"{PATH}/{letter['id']}/discard").json()["state"] == "discarded"
    assert [one["state"] for one in admin.get(PATH).json()["items"]] == ["waiting"]
