"""Import rows/s with duplicates, score and events, against COPY into one table; checks among all rows."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
from pydantic import SecretStr

from bench.measure import Figure
from chassis.catalogue import Catalogue
from chassis.clock import SystemClock
from chassis.db import Database, UnitOfWork
from chassis.ids import new_id, tenant_id
from chassis.imports import Import, Importer, Plan, read_sheet, rows_of, start_import, store_import
from chassis.migrations import migrate, versions_of
from chassis.outbox import Publisher
from chassis.pii import Vault
from chassis.settings import LOCAL_PII_KEY
from chassis.testing import packaged_codec
from cli.demo.report import spread
from deploy.local import infra as local
from deploy.local.postgres import Postgres
from services.leads import commands
from services.leads.api.rows import LEAD_ROWS
from services.leads.importing import HEADERS

ROWS, CHECKS = 100_000, 300
HEADER = "first name,last name,company,email,phone,industry,employees,country\n"
FIRST = ("Ana", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Ida", "Jan", "Kim", "Lea", "Max", "Nora")
SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za")
ACTOR = "system:bench"
TENANT = tenant_id("acme")


def measure(home: Path) -> list[Figure]:
    """Imports a large file beside a PostgreSQL of its own, then asks for likely duplicates among its rows."""
    infra = local.start(home, {"postgres"})
    assert infra.postgres is not None
    try:
        return on_postgres(infra.postgres)
    finally:
        infra.stop()


def on_postgres(postgres: Postgres) -> list[Figure]:
    """The same, in a database of that server."""
    urls = postgres.ensure("bench_imports", "leads")
    migrate(urls["owner"], "leads", versions_of("services.leads.migrations"))
    catalogue = Catalogue.load()
    publisher = Publisher(packaged_codec(catalogue), catalogue, "leads")
    database = Database(urls["app"], clock=SystemClock(), publisher=publisher)
    vault = Vault(SecretStr(LOCAL_PII_KEY), "leads.subject-key")
    house = SimpleNamespace(database=database, vault=vault, clock=SystemClock())
    text = file(ROWS)
    copied = by_copy(postgres.url("postgres", "bench_imports"), text)
    ours = by_import(house, text)
    checks = spread([seconds(house, draft) for draft in drafts(CHECKS)])
    database.close()
    speeds = {"import": ROWS / ours, "COPY into one table": ROWS / copied}
    aim = "<= 200 ms"
    return [
        Figure(f"CSV import of {ROWS:,} rows", "rows/s", speeds, ">= 3,000 rows/s"),
        Figure(f"duplicate check at {ROWS:,} leads, p50", "ms", {"SalesCompass": checks["p50_ms"]}, aim),
        Figure(f"duplicate check at {ROWS:,} leads, p99", "ms", {"SalesCompass": checks["p99_ms"]}, aim),
    ]


def file(rows: int) -> str:
    """People as lists have them: few first names, many last names, ten people a company."""
    chance = random.Random(7)
    return HEADER + "".join(",".join(person(chance, number)) + "\n" for number in range(rows))


def person(chance: random.Random, number: int) -> tuple[str, ...]:
    """Somebody of a company."""
    last = "".join(chance.choices(SYLLABLES, k=3)).title()
    company = f"{''.join(chance.choices(SYLLABLES, k=4)).title()} GmbH"
    domain = f"{company.partition(' ')[0].lower()}.example"
    first = chance.choice(FIRST)
    email, phone = f"{first}.{last}.{number}@{domain}".lower(), f"+4366{number:08}"
    return first, last, company, email, phone, "technology", str(chance.randrange(5_000)), "AT"


def drafts(count: int) -> list[dict[str, Any]]:
    """People of whom some are there already."""
    rows = list(rows_of(file(count * 50), ","))[1::50]
    names = ("first_name", "last_name", "company", "email", "phone")
    return [dict(zip(names, row.cells, strict=False)) | {"lead_source": "manual"} for row in rows]


def by_copy(url: str, text: str) -> float:
    """Seconds to bring the same cells into one bare table."""
    columns = ", ".join(f"c{n} text" for n in range(HEADER.count(",") + 1))
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE bare (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), {columns})")
        began = time.perf_counter()
        names = ", ".join(f"c{n}" for n in range(HEADER.count(",") + 1))
        with connection.cursor().copy(f"COPY bare ({names}) FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(text)
        connection.commit()
        return time.perf_counter() - began


def by_import(house: Any, text: str) -> float:
    """Seconds from the start of an import to its end; raises unless every row became a lead."""
    sheet = read_sheet(text, "utf-8")
    plan = Plan(HEADERS.propose(sheet.columns), "skip", {"lead_source": "import"})
    id = new_id()
    run(house, lambda uow: store_import(uow, id, "leads.csv", text, sheet, plan))
    began = time.perf_counter()
    run(house, lambda uow: start_import(uow, id))
    importer = Importer(house, LEAD_ROWS, threading.Event())
    while importer.import_due():
        pass
    took = time.perf_counter() - began
    if (created := run(house, lambda uow: done(uow, id))) != ROWS:
        raise RuntimeError(f"{created} of {ROWS} rows became leads.")
    return took


def done(uow: UnitOfWork, id: UUID) -> int:
    """How many rows became leads."""
    return uow.session.get_one(Import, (uow.tenant, id)).created


def seconds(house: Any, draft: dict[str, Any]) -> float:
    """How long it takes to find who may be the same."""
    began = time.perf_counter()
    run(house, lambda uow: commands.look_up(uow, house.vault, draft, None))
    return time.perf_counter() - began


def run(house: Any, work: Callable[[UnitOfWork], Any]) -> Any:
    """The result of one transaction."""
    return house.database.run(TENANT, ACTOR, work)
