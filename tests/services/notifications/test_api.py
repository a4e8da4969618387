"""The HTTP door: alerts, the own inbox, the live stream, the clock; nothing of another tenant."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.catalogue import ensure_topics
from chassis.ids import user_id
from services.notifications import commands
from tests.services.house import Door, opened
from tests.services.notifications.conftest import ACME, GLOBEX, House


@pytest.fixture
def door(house: House, kafka: str, tmp_path: Path) -> Iterator[Door]:
    """The API over a real database and broker."""
    ensure_topics(house.catalogue, kafka)
    yield from opened(house, tmp_path, kafka_bootstrap=kafka)


@pytest.fixture
def jane(house: House) -> UUID:
    """A lead of Ana's with an urgent alert."""
    ana = house.person("ana", "rep")
    lead = house.lead("Jane", ana)
    house.raised(lead, ana)
    return lead


def test_the_alerts_of_a_lead_are_listed_as_the_contract_says(door: Door, jane: UUID) -> None:
    with door.client("ana", "rep") as ana:
        page = ana.get("/api/notifications/alerts", params={"subject_id": str(jane)}).json()
        assert ana.get("/api/notifications/alerts", params={"kind": "stagnation"}).json()["items"] == []
    (alert,) = page["items"]
    assert page["next"] is None
    shown = {name: alert[name] for name in ("kind", "subject_id", "severity", "state", "cause", "subject")}
    assert shown == {
        "kind": "high_value",
        "subject_id": str(jane),
        "severity": "urgent",
        "state": "open",
        "cause": "85:created",
        "subject": "Jane Doe",
    }


def test_an_alert_is_seen_by_who_may_see_the_lead(door: Door, house: House, jane: UUID) -> None:
    max_ = house.person("max", "manager", team="north")
    house.person("ben", "rep", team="south")
    house.raised(house.lead("Queued", None), None)
    who = {
        "ana": ("rep",),
        "ben": ("rep",),
        "max": ("manager",),
        "eva": ("account_manager",),
        "ada": ("admin",),
    }

    def seen() -> dict[str, set[str]]:
        found = {}
        for login, roles in who.items():
            with door.client(login, *roles) as client:
                items = client.get("/api/notifications/alerts").json()["items"]
                found[login] = {item["subject"].split()[0] for item in items}
        return found

    queue = {"Queued"}
    apart = {"ana": {"Jane"} | queue, "ben": queue, "max": queue, "eva": set[str](), "ada": {"Jane"} | queue}
    assert seen() == apart
    house.person("ana", "rep", version=2, manager_id=str(max_))
    assert seen() == apart | {"max": {"Jane"} | queue}
    account = {
        "account_id": str(uuid4()),
        "version": 1,
        "owner_id": str(user_id(ACME, "eva")),
        "account_name": "Initech",
    }
    house.run(lambda uow: commands.store_accounts(uow, [account]))
    house.raised(house.lead("Linked", None, account_id=account["account_id"]), None)
    assert seen()["eva"] == {"Linked"}, "who manages an account sees what is told of its leads"
    with door.client("ana", "rep") as ana, door.client("ben", "rep") as ben:
        items = ana.get("/api/notifications/alerts", params={"subject_id": str(jane)}).json()["items"]
        path = f"/api/notifications/alerts/{items[0]['id']}"
        missing = ben.get(f"/api/notifications/alerts/{uuid4()}")
        for answer in (ben.get(path), ben.post(f"{path}/acknowledge")):
            assert (answer.status_code, answer.json()) == (404, missing.json())
        assert ana.get(path).json()["state"] == "open"


def test_an_alert_is_acknowledged_and_a_resolved_one_answers_409(
    door: Door, house: House, jane: UUID
) -> None:
    with door.client("ana", "rep") as ana:
        (alert,) = ana.get("/api/notifications/alerts").json()["items"]
        path = f"/api/notifications/alerts/{alert['id']}/acknowledge"
        assert [ana.post(path).json()["state"] for _ in range(2)] == ["acknowledged"] * 2
        over = {"alert_id": alert["id"], "reason": "score_fell", "resolved_at": 1}
        house.run(lambda uow: commands.resolve_alert(uow, over))
        assert ana.post(path).status_code == 409


@pytest.mark.usefixtures("jane")
def test_the_inbox_counts_what_is_unread_and_is_everyones_own(door: Door) -> None:
    with door.client("ana", "rep") as ana, door.client("max", "manager") as max_:
        inbox = ana.get("/api/notifications/inbox").json()
        assert inbox["unread"] == {"urgent": 1, "warning": 0, "info": 0}
        item = inbox["items"][0]
        assert item["link"].startswith("/leads/")
        read = f"/api/notifications/inbox/{item['id']}/read"
        assert max_.post(read).status_code == 404
        assert ana.post(read).json()["state"] == "read"
        assert ana.get("/api/notifications/inbox").json()["unread"]["urgent"] == 0
        assert ana.post(read.replace("/read", "/unread")).json()["state"] == "unread"
        assert ana.post(read.replace("/read", "/archive")).json()["state"] == "archived"
        assert ana.get("/api/notifications/inbox").json()["items"] == []
        assert max_.get("/api/notifications/inbox").json()["items"] == []


@pytest.mark.parametrize("path", ["alerts/{}", "alerts/{}/acknowledge", "inbox/{}/read", "inbox/{}/archive"])
def test_globex_finds_nothing_of_acme(door: Door, jane: UUID, path: str) -> None:
    with door.client("ana", "rep") as ana, door.client("ana", "rep", tenant=GLOBEX) as other:
        item = ana.get("/api/notifications/inbox").json()["items"][0]
        id = item["alert"]["id"] if path.startswith("alerts") else item["id"]
        method = "GET" if path == "alerts/{}" else "POST"
        answers = [
            other.request(method, f"/api/notifications/{path.format(found)}") for found in (id, uuid4())
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()
        assert other.get("/api/notifications/alerts").json()["items"] == []


@pytest.mark.parametrize(
    ("params", "status"), [({"subject_id": "x"}, 400), ({"state": "gone"}, 400), ({"limit": 0}, 400)]
)
def test_a_filter_that_cannot_be_is_refused(door: Door, params: dict[str, Any], status: int) -> None:
    with door.client("ana", "rep") as ana:
        answer = ana.get("/api/notifications/alerts", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_only_admins_travel_in_time_and_only_forward(door: Door, house: House) -> None:
    to = datetime.now(UTC) + timedelta(days=15)
    house.clock.advance(to - house.clock.now())
    with door.client("ana", "rep") as ana, door.client("ada", "admin") as ada:
        body = {"to": to.isoformat()}
        assert ana.post("/api/notifications/clock", json=body).status_code == 403
        answer = ada.post("/api/notifications/clock", json=body)
        assert answer.status_code == 200
        assert round(answer.json()["ahead_seconds"] / 86_400) == 15
        back = {"to": "2020-01-01T00:00:00Z"}
        assert ada.post("/api/notifications/clock", json=back).status_code == 409
        assert ada.post("/api/notifications/clock", json={"to": "tomorrow"}).status_code == 422
        door.settings.environment = "production"
        assert ada.post("/api/notifications/clock", json=body).status_code == 403


def test_the_live_stream_tells_a_score_of_what_its_listener_may_see_only(
    door: Door, house: House, kafka: str
) -> None:
    from tests.services.notifications.test_line import Line

    line, heard = Line(house, kafka), threading.Event()
    data: list[dict[str, Any]] = []

    def listen(client: httpx.Client, take: Callable[[str], None]) -> None:
        with client.stream("GET", "/api/notifications/stream") as stream:
            for text in stream.iter_lines():
                if text.startswith("data:"):
                    take(text)
                    return

    def take(text: str) -> None:
        data.append(json.loads(text.removeprefix("data:")))
        heard.set()

    with door.client("ana", "rep") as ana:
        thread = threading.Thread(target=listen, args=(ana, take))
        thread.start()
        deadline, subject = time.monotonic() + 60, house.lead("Jane", user_id(ACME, "ana"))
        others = house.lead("John", user_id(ACME, "ben"))
        sequence = 1
        while not heard.wait(0.5) and time.monotonic() < deadline:
            for lead in (others, uuid4(), subject):
                line.score(lead, 60, sequence)
            sequence += 1
        thread.join(10)
    line.end()
    assert data[0]["lead_id"] == str(subject)
    assert data[0]["shown"] == 60
