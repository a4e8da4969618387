"""Creating a lead, and looking for leads, where there are 100,000 of them already."""

import http.client
import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from threading import local
from types import SimpleNamespace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pydantic import SecretStr
from sqlalchemy import Engine, event

from bench import imports
from bench.apis import api_of
from bench.measure import Figure, Shares, shares, timed
from chassis.catalogue import Catalogue
from chassis.clock import SystemClock
from chassis.colleagues.table import keep_colleague
from chassis.db import Database, UnitOfWork
from chassis.ids import user_id
from chassis.outbox import Publisher
from chassis.pii import Vault
from chassis.settings import LOCAL_PII_KEY
from chassis.testing import packaged_codec
from deploy.local import keys
from deploy.local.infra import Infra
from services.leads import commands

LEADS, RATE, SECONDS, WARM_UP, LOOKS = 100_000, 50, 20, 100, 40
THERE, NEW = 7, 11
"""Seeds: of the file that everybody came from, of those who come."""
LATER = 5
"""Pages further on in a list."""
PATH = "/api/leads"
FIELDS = ("first_name", "last_name", "company", "email", "phone", "industry")
BARE = "INSERT INTO bare (id, draft) VALUES (%s, %s)"
PAGES = {
    "the newest": "",
    "the hottest": "&sort=-score",
    "of a status": "&status=contacted",
    "of an address": "&email={email}",
    "with a text in a name": "&q={last_name}",
    "with a text that nothing has": "&q=nothing-has-this",
}
"""What is looked for."""


def create(infra: Infra) -> list[Figure]:
    """Leads come at a steady rate through the API; bare rows at the same rate through the same driver."""
    with crowded(infra) as (house, port):
        drafts = people(NEW, LEADS)
        door = Door(port, token(infra))
        steadily(lambda: door.post(next(drafts)), WARM_UP)
        ours = steadily(lambda: door.post(next(drafts)), RATE * SECONDS)
        bare = bare_inserts(infra, drafts)
        sent = statements(house, next(drafts))
    title = f"lead create at {LEADS:,} leads and {RATE} requests/s"
    return [
        beside(f"{title}, p50", "p50_ms", ours, {"bare INSERT": bare}, "<= 10 ms"),
        beside(f"{title}, p99", "p99_ms", ours, {"bare INSERT": bare}, "<= 40 ms"),
        Figure("lead create, SQL statements", "statements", {"SalesCompass": sent}, "<= 6"),
    ]


def search(infra: Infra) -> list[Figure]:
    """Pages of 50 leads one after the other through the API, beside the bare SELECT of the first of them."""
    with crowded(infra) as (_, port):
        door, drafts = Door(port, token(infra)), people(THERE, 0)
        bare = bare_selects(infra)
        found = {name: pages(door, query, drafts) for name, query in PAGES.items()}
        found["the newest, further on"] = shares([door.get_later() for _ in range(LOOKS)])
    return [
        beside(f"page of leads at {LEADS:,}: {name}, {share}", f"{share}_ms", ours, {"bare SELECT": bare})
        for name, ours in found.items()
        for share in ("p50", "p99")
    ]


def beside(name: str, share: str, ours: Shares, peers: dict[str, Shares], aim: str = "") -> Figure:
    """A share of the times beside the same of its peers."""
    values = {"SalesCompass": ours[share], **{peer: theirs[share] for peer, theirs in peers.items()}}
    return Figure(name, "ms", values, aim)


@contextmanager
def crowded(infra: Infra) -> Iterator[tuple[Any, int]]:
    """The leads API over a database with many leads and two reps; what opens the database, and the port."""
    with api_of(infra, "leads") as (_, port):
        catalogue = Catalogue.load()
        publisher = Publisher(packaged_codec(catalogue), catalogue, "leads")
        clock = SystemClock()
        database = Database(infra.databases["leads"]["app"], clock=clock, publisher=publisher)
        vault = Vault(SecretStr(LOCAL_PII_KEY), "leads.subject-key")
        house = SimpleNamespace(database=database, vault=vault, clock=clock)
        imports.run(house, hire)
        imports.by_import(house, imports.file(LEADS))
        with psycopg.connect(superuser(infra), autocommit=True) as connection:
            connection.execute("TRUNCATE outbox")  # as after the relay
            connection.execute("VACUUM ANALYZE")
        yield house, port
        database.close()


def hire(uow: UnitOfWork) -> None:
    """Two reps, who get the leads in turn."""
    nothing = dict.fromkeys(("team", "manager_id", "capacity", "absent_from", "absent_until", "visibility"))
    for login in ("ana", "ben"):
        known = {"user_id": str(user_id(uow.tenant, login)), "version": 1, "login": login, "roles": ["rep"]}
        keep_colleague(
            uow, {**nothing, **known, "active": True, "territories": [], "pii": None, "key_id": None}
        )


class Door:
    """Calls of the API, a kept connection for each thread; raises when one is refused."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._own = port, local()
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def post(self, draft: dict[str, Any]) -> None:
        """A new lead."""
        self.call("POST", PATH, json.dumps(draft).encode())

    def get(self, query: str) -> Any:
        """A page of leads."""
        return json.loads(self.call("GET", f"{PATH}?limit=50{query}", None))

    def get_later(self) -> float:
        """Seconds that a page further on takes."""
        page = self.get("")
        for _ in range(LATER - 1):
            page = self.get(f"&cursor={page['next']}")
        return timed(lambda: self.get(f"&cursor={page['next']}"))

    def call(self, method: str, path: str, body: bytes | None) -> bytes:
        """The body of the answer."""
        if not hasattr(self._own, "client"):
            self._own.client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        self._own.client.request(method, path, body, self._headers)
        answer = self._own.client.getresponse()
        said: bytes = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {said[:300]!r}")
        return said


def people(seed: int, start: int) -> Iterator[dict[str, Any]]:
    """What is said of people, one after the other: of those who are there with the seed of their file."""
    chance = Random(seed)
    for number in itertools.count(start):
        yield dict(zip(FIELDS, imports.person(chance, number), strict=False))


def steadily(work: Callable[[], None], count: int) -> Shares:
    """Does the work at the rate; how long each took from the moment at which it was due."""
    began = time.perf_counter()

    def one(number: int) -> float:
        due = began + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        work()
        return time.perf_counter() - due

    with ThreadPoolExecutor(8) as pool:
        return shares(list(pool.map(one, range(count))))


def bare_inserts(infra: Infra, drafts: Iterator[dict[str, Any]]) -> Shares:
    """The same drafts as rows of a table without anything, a transaction each, one connection a thread."""
    own = local()
    with psycopg.connect(superuser(infra)) as connection:
        connection.execute("CREATE TABLE bare (id uuid PRIMARY KEY, draft jsonb)")

    def insert() -> None:
        if not hasattr(own, "connection"):
            own.connection = psycopg.connect(superuser(infra), autocommit=True)
        own.connection.execute(BARE, (uuid.uuid4(), Jsonb(next(drafts))))

    steadily(insert, WARM_UP)
    return steadily(insert, RATE * SECONDS)


def bare_selects(infra: Infra) -> Shares:
    """The newest 50 rows of the table, read by the driver alone."""
    newest = "SELECT * FROM leads ORDER BY created_at DESC, id DESC LIMIT 50"
    with psycopg.connect(superuser(infra), autocommit=True) as connection:
        return shares([timed(lambda: connection.execute(newest).fetchall()) for _ in range(LOOKS)])


def pages(door: Door, query: str, drafts: Iterator[dict[str, Any]]) -> Shares:
    """How long first pages take, each for another person where the query names one."""
    return shares([timed(lambda: door.get(query.format(**next(drafts)))) for _ in range(LOOKS)])


def statements(house: Any, draft: dict[str, Any]) -> int:
    """SQL statements of one create, without the frame of its transaction."""
    sent: list[str] = []

    def note(*call: Any) -> None:
        sent.extend([] if "set_config" in call[2] else [call[2]])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        entry = commands.Entry({"lead_source": "manual", "utm": {}, **draft})
        imports.run(house, lambda uow: commands.create_lead(uow, house.vault, entry, "api"))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(sent)


def token(infra: Infra) -> str:
    """Somebody who enters leads for others, so that they are assigned by rule."""
    return keys.token(infra.home, "acme", "ada")


def superuser(infra: Infra) -> str:
    """Address of the leads database past row security."""
    assert infra.postgres is not None
    return infra.postgres.url("postgres", "leads")
