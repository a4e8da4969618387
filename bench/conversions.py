"""Conversions through three services, end to end, against one bare transaction that writes the same rows."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg

from bench.latency import TENANT, running, warm_up
from bench.measure import Figure, shares, timed
from bench.processes import cores
from cli.api import Api, Json
from cli.local import token
from deploy.local.system import System

ALONE, TOGETHER, THREADS, WARM_UP = 60, 200, 8, 10
AMOUNT = {"minor": 1_000_000, "currency": "EUR"}
ROWS = ("account", "contact", "opportunity", "lead")
BARE = "INSERT INTO bare VALUES (%s, %s, %s)"


def measure(home: Path) -> list[Figure]:
    """Converts leads one after the other and several at once in a whole system of its own."""
    with (
        running(home) as system,
        Api(system.gateway_url, token(TENANT, "ana")) as rep,
        Api(system.gateway_url, token(TENANT, "max")) as manager,
    ):
        warm_up(system, rep, manager)
        leads = [qualified(rep, number) for number in range(WARM_UP + ALONE + TOGETHER)]
        for lead in leads[:WARM_UP]:
            convert(rep, lead)
        single = shares([timed(partial(convert, rep, lead)) for lead in leads[WARM_UP:-TOGETHER]])
        bare = bare_transactions(system, ALONE)
        taken: list[Figure] = []
        with cores(system, "at conversions", taken):
            rate = together(rep, leads[-TOGETHER:])
    title = "conversion through three services"
    speeds = {"SalesCompass": rate, "bare transaction": 1000 / bare["p50_ms"]}
    return [
        Figure(
            f"{title}, p50", "ms", {"SalesCompass": single["p50_ms"], "bare": bare["p50_ms"]}, "<= 150 ms"
        ),
        Figure(f"{title}, p99", "ms", {"SalesCompass": single["p99_ms"], "bare": bare["p99_ms"]}),
        Figure(f"conversions end to end, {THREADS} callers", "conversions/s", speeds),
        *taken,
    ]


def qualified(rep: Api, number: int) -> Json:
    """A lead of a company of its own, ready to be converted."""
    mark = uuid.uuid4().hex
    about = {
        "first_name": "Lea",
        "last_name": mark,
        "company": f"{mark[:12]} GmbH",
        "email": f"lea@{mark[:12]}.example",
    }
    lead = rep.post("/api/leads", about, key=mark)
    return rep.post(f"/api/leads/{lead['id']}/status", {"status": "qualified"}, key=f"{mark}-{number}")


def convert(rep: Api, lead: Json) -> None:
    """One conversion to its end, also where that comes after the call has answered; raises when refused."""
    answer = rep.post(f"/api/leads/{lead['id']}/convert", {"amount": AMOUNT}, key=str(uuid.uuid4()))
    while answer["state"] not in ("done", "failed"):
        time.sleep(0.01)
        answer = rep.get(f"/api/leads/conversions/{answer['conversion_id']}")
    if answer["state"] == "failed":
        raise RuntimeError(f"The conversion was refused: {answer}")


def together(rep: Api, leads: list[Json]) -> float:
    """Conversions a second of several callers."""
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda lead: convert(rep, lead), leads))
    return len(leads) / (time.perf_counter() - began)


def bare_transactions(system: System, count: int) -> Json:
    """Account, contact, opportunity and lead as rows of one database, in one transaction of the driver."""
    with psycopg.connect(system.postgres.url("postgres", "postgres")) as connection:
        connection.execute("CREATE TABLE bare (kind text, id uuid PRIMARY KEY, about text)")
        connection.commit()

        def write() -> None:
            for kind in ROWS:
                connection.execute(BARE, (kind, uuid.uuid4(), "x" * 200))
            connection.commit()

        return shares([timed(write) for _ in range(count)])
