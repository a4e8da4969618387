"""The demo from its first lead to its sale, told as it goes."""

import json
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import Progress

from cli.api import Api, Json
from cli.clock import travel
from cli.demo import report
from cli.demo.marketing import Mailer, Marketing, Website
from cli.demo.sale import TENANT as SELLER
from cli.demo.sale import sell
from cli.demo.stage import PATIENCE, Audit, Stage, audit, cast_and_deeds, play
from cli.local import demo_source, system, token
from cli.watch import Board, follow

TENANTS = {"acme": 2, "globex": 1}
"""Tenant to its share of the people."""


def demo(
    people: Annotated[int, typer.Option(help="Prospects in all.", min=3)] = 60,
    seconds: Annotated[float, typer.Option(help="How long the day takes.")] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    """Seed two tenants, play a day of prospects' behaviour, travel 15 days ahead and show what came of it."""
    console = Console(stderr=as_json)
    run = datetime.now(UTC).strftime("%m%d%H%M%S")
    with ExitStack() as open_:
        stages = [open_stage(open_, tenant, run, people * share // 3) for tenant, share in TENANTS.items()]
        seed(stages, run, console)
        perform(stages, run, seconds, console)
        audits = check(stages, console)
        managers = {
            s.tenant: open_.enter_context(Api(system()["gateway"], token(s.tenant, "max"), PATIENCE))
            for s in stages
        }
        figures = outcome(stages, managers, audits, console)
        figures["sale"] = sale(stages, run, console)
    console.print(
        f"Console API {system()['gateway']}  ·  `salescompass watch --tenant acme`  ·  `make down` stops it."
    )
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
    rows = figures["sale"]["import"]
    if figures["lost"] or figures["doubled"] or rows["lost"] or rows["doubled"]:
        raise typer.Exit(1)


def open_stage(open_: ExitStack, tenant: str, run: str, count: int) -> Stage:
    """Opens a tenant's doors: the rep's API, the website's SDK, the mailer's producer."""
    at = system()
    source, key = demo_source(tenant)
    cast, deeds = cast_and_deeds(run, count, tenant)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    doors = Website(at["gateway"], key, yesterday), Mailer(at["kafka"], at["registry"], key, yesterday)
    marketing = open_.enter_context(Marketing(*doors))
    return Stage(
        tenant,
        open_.enter_context(Api(at["gateway"], token(tenant, "ana"), PATIENCE)),
        UUID(source),
        marketing,
        cast,
        deeds,
    )


def seed(stages: list[Stage], run: str, console: Console) -> None:
    """Everybody who is known in the morning becomes a lead."""
    known = [(stage, person) for stage in stages for person in stage.cast if person.part != "anonymous"]
    with Progress(console=console, transient=True) as bar:
        for stage, person in bar.track(known, description="Leads come in"):
            stage.enter(person, run)
    console.print(f"{len(known)} leads created; {sum(len(s.deeds) for s in stages)} deeds to come.")


def perform(stages: list[Stage], run: str, seconds: float, console: Console) -> None:
    """Plays the day and shows scores and alerts as they come."""
    board = Board()
    with ExitStack() as following:
        for stage in stages:
            following.enter_context(follow(stage.rep, stage.tenant, board))
        with Live(board, console=console, refresh_per_second=8, transient=True):
            for minute in play(stages, run, seconds):
                board.title = f"Yesterday, {minute // 60:02}:{minute % 60:02}"
    console.print("The day is over; every event is acknowledged.")


def check(stages: list[Stage], console: Console) -> list[Audit]:
    """Holds every receipt against what was sent."""
    people = sum(len(stage.cast) for stage in stages)
    with Progress(console=console, transient=True) as bar:
        audits = (one for stage in stages for one in audit(stage))
        return list(bar.track(audits, total=people, description="Receipts are checked"))


def outcome(stages: list[Stage], managers: dict[str, Api], audits: list[Audit], console: Console) -> Json:
    """Travels 15 days, collects the figures and prints them."""
    waits = measure(stages, managers)
    travel(timedelta(days=15))
    settle(managers)
    hero = stages[0].rep.get(f"/api/leads/{stages[0].leads[0]['id']}")
    score = stages[0].rep.get(f"/api/leads/{hero['id']}/score")
    figures: dict[str, Any] = {
        "leads": report.leads_by_status(managers),
        "alerts": report.alerts_by_kind(managers),
        "latency": waits,
        "sent": sum(a.sent for a in audits),
        "lost": sum(len(a.lost) for a in audits),
        "doubled": sum(len(a.doubled) for a in audits),
        "score": score,
    }
    tables = [report.counts("Leads", figures["leads"]), report.counts("Alerts", figures["alerts"])]
    report.show(console, [*tables, report.latencies(waits), report.receipt(hero, score)])
    console.print(f"{figures['sent']} events sent, {figures['lost']} lost, {figures['doubled']} doubled.")
    return figures


def sale(stages: list[Stage], run: str, console: Console) -> Json:
    """A fair's list comes in, the best of it buy; prints what came of it."""
    stage = next(stage for stage in stages if stage.tenant == SELLER)
    figures = sell(run, stage.marketing, [person.email for person in stage.cast], console)
    report.show(console, report.sale(figures))
    rows = figures["import"]
    console.print(
        f"{rows['rows']} rows: {rows['lost']} lost, {rows['doubled']} doubled; refused ones: {rows['errors']}"
    )
    return figures


def measure(stages: list[Stage], managers: dict[str, Api]) -> dict[str, dict[str, Any]]:
    """Latencies of this run: front door to stored score, front door to alert in the inbox."""
    histories = [
        entry
        for stage in stages
        for lead in stage.leads.values()
        for entry in stage.rep.get(f"/api/leads/{lead['id']}/history")["items"]
        if entry["type"] == "score"
        and entry["cause"] == "engagement"
        and entry["recorded_at"] >= lead["created_at"]
    ]
    ours = {str(lead["id"]) for stage in stages for lead in stage.leads.values()}
    alerts = [
        alert
        for api in managers.values()
        for alert in api.items("/api/notifications/alerts", limit=200)
        if alert["subject_id"] in ours and alert["kind"] in ("score_threshold", "high_value")
    ]
    stored = [report.seconds_between(e["recorded_at"], e["stored_at"]) for e in histories]
    told = [report.seconds_between(a["recorded_at"], a["stored_at"]) for a in alerts]
    return {"stored score": report.spread(stored), "alert in the inbox": report.spread(told)}


def settle(managers: dict[str, Api]) -> None:
    """Waits until the alerts of the journey are there: two counts a second apart that agree, at most 60 s."""
    before: dict[str, dict[str, int]] = {}
    for _ in range(60):
        now = report.alerts_by_kind(managers)
        if now == before and any("conversion_overdue" in kinds for kinds in now.values()):
            return
        before = now
        time.sleep(1)
