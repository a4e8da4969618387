"""From the front door to the stored score and to the alert in the inbox at a steady rate, hop by hop."""

import itertools
import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.hops import hops
from bench.measure import Figure
from bench.processes import cores, memory
from cli.api import Api, Json
from cli.demo.report import seconds_between, spread
from cli.local import demo_source, token
from deploy.local import start
from deploy.local.system import System

LEADS, RATE, SECONDS, BATCH, REST = 300, 200, 40, 10, 3
FRESH, EVERY = 60, 10
"""Leads that nobody knew before, and which event is one of theirs: they rise, and alerts come of it."""
WARM_UP = 75
"""Seconds until the broker has compiled what it does: until then that takes a tenth of the machine."""
TENANT = "acme"
PAGES = ("/blog", "/pricing", "/docs", "/careers", "/", "/customers")
NAMES = ("Content Downloaded", "Demo Requested", "Email Opened", "Email Link Clicked")
ALERTS = "/api/notifications/alerts"


def measure(home: Path) -> list[Figure]:
    """Starts the whole system in `home`, drives it and asks its APIs how long everything took."""
    with running(home) as system:
        rep, manager = (Api(system.gateway_url, token(TENANT, login)) for login in ("ana", "max"))
        with rep, manager:
            leads = warm_up(system, rep, manager)
            fresh = [enter(rep, LEADS + number) for number in range(FRESH)]
            crowd = Crowd(leads, fresh)
            settle(rep, manager, leads)
            taken: list[Figure] = []
            with cores(system, "at rest", taken):
                time.sleep(REST)
            began = datetime.now(UTC).isoformat()
            with cores(system, "at work", taken):
                rate = drive(system.gateway_url, crowd, SECONDS)
            settle(rep, manager, leads)
            changes = [one for lead in (*leads, *fresh) for one in scores(rep, lead)]
            alerts = list(manager.items(ALERTS, limit=200))
            figures = [*stored(changes, began, rate), *told(alerts, began)]
            figures += hops(system, changes, alerts, began)
        return [*figures, *taken, *memory(system)]


@contextmanager
def running(home: Path) -> Iterator[System]:
    """Everything that `make up` starts, on ports of its own; ended with the block."""
    before = {name: os.environ.get(name) for name in ("PORTS", "SALESCOMPASS_HOME")}
    os.environ.update(PORTS="free", SALESCOMPASS_HOME=str(home))
    system = System(home)
    try:
        for _, work in start.steps(system):
            work()
        yield system
    finally:
        start.down(system)
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def warm_up(system: System, rep: Api, manager: Api) -> list[Json]:
    """Leads that have acted until the broker was warm, and everything that came of it is done."""
    leads = [enter(rep, number) for number in range(LEADS)]
    drive(system.gateway_url, Crowd(leads, leads), WARM_UP)
    settle(rep, manager, leads)
    return leads


def enter(rep: Api, number: int) -> Json:
    """A new lead."""
    email = f"lead-{number}@bench.example"
    about = {"first_name": "Lea", "last_name": f"Number {number}", "company": "Bench", "email": email}
    return rep.post("/api/leads", about, key=str(uuid.uuid4()))


class Crowd(NamedTuple):
    """Leads that act; one event in ten is of those who are new."""

    known: list[Json]
    fresh: list[Json]

    def actor(self, number: int) -> tuple[Json, int]:
        """Whose event this is, and how often they have acted before."""
        turn, place = divmod(number, EVERY)
        acting, number = (self.fresh, turn) if place == 0 else (self.known, turn * (EVERY - 1) + place)
        return acting[number % len(acting)], number // len(acting)


def drive(gateway: str, crowd: Crowd, seconds: int) -> float:
    """Sends small batches on time for so long; returns the events/s that were taken."""
    run, numbers = uuid.uuid4().hex[:8], itertools.count()
    key = demo_source(TENANT)[1]
    count = seconds * RATE // BATCH
    sent: list[Future[None]] = []
    with httpx.Client(base_url=gateway, auth=(key, ""), timeout=30) as client, ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, began + number * BATCH / RATE - time.monotonic()))
            events = [event(run, next(numbers), crowd) for _ in range(BATCH)]
            sent.append(pool.submit(post, client, events))
        for one in sent:
            one.result()
        return count * BATCH / (time.monotonic() - began)


def post(client: httpx.Client, events: list[Json]) -> None:
    """One batch; raises when it is refused."""
    client.post("/v1/batch", json={"batch": events}).raise_for_status()


def event(run: str, number: int, crowd: Crowd) -> Json:
    """What the next lead does: pages mostly, mails, downloads and a demo in between."""
    lead, before = crowd.actor(number)
    who, turn = lead["email"], before + number
    at = datetime.now(UTC).isoformat()
    common: Json = {"messageId": f"{run}-{number}", "userId": who, "timestamp": at}
    if turn % 2:
        return {**common, "type": "page", "properties": {"path": PAGES[turn // 2 % len(PAGES)]}}
    what = {"email_id": f"{run}-{number}", "content_id": f"{run}-{number}"}
    return {**common, "type": "track", "event": NAMES[turn // 2 % len(NAMES)], "properties": what}


def settle(rep: Api, manager: Api, leads: list[Json]) -> None:
    """Waits until nothing more comes: two looks two seconds apart that agree; raises after two minutes."""
    before: tuple[int, int] | None = None
    for _ in range(60):
        now = sum(len(scores(rep, lead)) for lead in leads[-20:]), len(list(manager.items(ALERTS, limit=200)))
        if now == before:
            return
        before = now
        time.sleep(2)
    raise TimeoutError("Scores or alerts still change two minutes after the last event.")


def scores(rep: Api, lead: Json) -> list[Json]:
    """What engagement did to the lead's score."""
    entries = rep.items(f"/api/leads/{lead['id']}/history", limit=200)
    return [one for one in entries if one["type"] == "score" and one["cause"] == "engagement"]


def stored(changes: list[Json], began: str, rate: float) -> list[Figure]:
    """Times to the stored score."""
    return times(f"accepted to score stored, {rate:.0f} events/s", changes, began, "p99 < 300 ms")


def told(alerts: list[Json], began: str) -> list[Figure]:
    """Times to the alert in the inbox."""
    crossings = [one for one in alerts if one["kind"] in ("score_threshold", "high_value")]
    return times("accepted to alert in the inbox", crossings, began, "p99 < 500 ms")


def times(name: str, things: list[Json], began: str, aim: str) -> list[Figure]:
    """Middle and tail of the waits of what was recorded since `began`; raises when there is nothing."""
    waits = [
        seconds_between(one["recorded_at"], one["stored_at"])
        for one in things
        if seconds_between(began, one["recorded_at"]) > 0
    ]
    if not waits:
        raise RuntimeError(f"Nothing to measure for {name!r}.")
    found = spread(waits)
    title = f"{name}, {len(waits)} times"
    return [
        Figure(f"{title}, p50", "ms", {"SalesCompass": found["p50_ms"]}),
        Figure(f"{title}, p99", "ms", {"SalesCompass": found["p99_ms"]}, aim),
    ]
