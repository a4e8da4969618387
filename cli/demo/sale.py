"""The sale: a fair's list becomes leads, the best of them customers, their deals won and lost."""

import csv
import io
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress

from chassis.ids import tenant_id, user_id
from cli.api import Api, Json
from cli.demo.cast import Deed, Person
from cli.demo.fair import TERRITORIES, Fair, fair
from cli.demo.marketing import Marketing
from cli.local import system, token
from deploy.local.people import people

T = TypeVar("T")

TENANT = "acme"
SIZE = 5_000
PATIENCE = 60.0
"""Seconds that something may take to come through before the demo goes on without it."""
LOOKED_AT = 100
"""Imported leads of which the demo asks who got them, and why."""
OVER = ("done", "failed", "cancelled")
LOST = {"reason_code": "price", "reason": "Too dear.", "competitor": "Globex"}
DEALS: Sequence[Sequence[Json]] = (
    ({"stage": "proposal"}, {"stage": "closed_won"}),
    ({"stage": "negotiation"}, {"stage": "closed_won"}),
    ({"stage": "proposal"}, {"stage": "closed_lost", **LOST}),
    ({"stage": "negotiation"},),
    ({"stage": "qualification"},),
)
"""What becomes of the first deals, one after the other; the last star is converted without one."""


@dataclass(frozen=True)
class Team:
    """Who takes part, signed in: a rep, her manager, an account manager, and who runs imports."""

    ana: Api
    max: Api
    eva: Api
    ada: Api

    @classmethod
    def open(cls, open_: ExitStack) -> "Team":
        """Signs everybody in."""
        at = system()["gateway"]
        apis = (Api(at, token(TENANT, login), PATIENCE) for login in ("ana", "max", "eva", "ada"))
        return cls(*(open_.enter_context(api) for api in apis))


def sell(run: str, marketing: Marketing, known: Sequence[str], console: Console) -> Json:
    """Plays the sale; the figures of it. `lost` and `doubled` count rows of the list."""
    with ExitStack() as open_:
        team = Team.open(open_)
        team.ada.change("PUT", "/api/leads/territories", {"territories": TERRITORIES})
        visitors = fair(run, known, SIZE)
        job = take_in(team.ada, visitors, run, console)
        leads = came_of(team.ada, job, run)
        figures = {
            "import": job_figures(team.ada, job, leads, visitors),
            "duplicates": [s for email in visitors.alike for s in suspicions(team.ada, leads, email)],
            "assigned": assigned(team.ada, leads),
        }
        best = [leads[email][0] for email in visitors.stars if email in leads]
        return figures | customers(team, qualified(team.ana, best, marketing), run, console)


def take_in(admin: Api, visitors: Fair, run: str, console: Console) -> Json:
    """Uploads the list and follows the import to its end, or as far as it is when patience ends."""
    job = admin.call(
        "POST",
        "/api/leads/imports",
        files={"file": ("fair.csv", visitors.text.encode())},
        data={"options": json.dumps({"duplicates": "skip"})},
        headers={"idempotency-key": f"demo-fair-{run}"},
    )
    path = f"/api/leads/imports/{job['id']}"
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("The fair's list comes in", total=job["rows"])

        def look() -> Json:
            now = admin.get(path)
            bar.update(task, completed=now["position"])
            return now

        return wait(look, lambda now: now["state"] in OVER)


def came_of(admin: Api, job: Json, run: str) -> dict[str, list[Json]]:
    """Address to the leads that the import made with it."""
    found: dict[str, list[Json]] = {}
    newest = admin.items("/api/leads", limit=200)
    for lead in takewhile(lambda lead: lead["created_at"] >= job["created_at"], newest):
        if f".{run}." in (lead["email"] or ""):
            found.setdefault(lead["email"], []).append(lead)
    return found


def job_figures(admin: Api, job: Json, leads: dict[str, list[Json]], visitors: Fair) -> Json:
    """What came of the rows, and which are lost or doubled: neither a lead nor refused, or two leads."""
    table = csv.DictReader(io.StringIO(admin.answer("GET", job["errors"]).text.removeprefix("\ufeff")))
    reasons = Counter(row["error"].partition(":")[0] for row in table)
    accounted = job["created"] + job["updated"] + job["duplicate"] + job["invalid"]
    missing = len(visitors.welcome - leads.keys())
    return {
        **{name: job[name] for name in ("state", "rows", "created", "updated", "duplicate", "invalid")},
        "reasons": dict(reasons),
        "errors": system()["gateway"] + job["errors"],
        "lost": max(missing, len(visitors.rows) - accounted),
        "doubled": sum(len(those) > 1 for those in leads.values()),
    }


def suspicions(admin: Api, leads: dict[str, list[Json]], email: str) -> list[Json]:
    """Whom a lead may be, as the product suggests."""
    return [
        {"lead": name_of(lead), "object": one["object"], "score": one["score"], "reasons": one["reasons"]}
        for lead in leads.get(email, ())
        for one in admin.get(f"/api/leads/{lead['id']}/duplicates")["suspicions"]
    ]


def assigned(admin: Api, leads: dict[str, list[Json]]) -> list[Json]:
    """How many of some imported leads each rule gave to each person."""
    some = [lead["id"] for those in leads.values() for lead in those][:: max(1, len(leads) // LOOKED_AT)]
    newest = [admin.answer("GET", f"/api/leads/{id}/assignments").json()[0] for id in some]
    who = logins()
    counted = Counter((one["rule"], who.get(one["owner_id"], "nobody: the queue")) for one in newest)
    return [{"rule": rule, "person": name, "leads": n} for (rule, name), n in sorted(counted.items())]


def qualified(rep: Api, stars: Sequence[Json], marketing: Marketing) -> list[Json]:
    """The best visitors read the prices and ask for a demo: as qualified leads, those whom the rep owns."""
    for number, lead in enumerate(stars):
        for deed in interest(number, lead):
            marketing.send(deed)
    marketing.flush()
    pages = [f"/api/leads/{lead['id']}" for lead in stars]
    now = [wait(partial(rep.get, page), lambda lead: lead["status"] == "qualified") for page in pages]
    return [lead for lead in now if lead["status"] == "qualified"]


def interest(number: int, lead: Json) -> Sequence[Deed]:
    """What somebody does who wants to buy."""
    who, id = Person(number, "hot", {"email": lead["email"]}), lead["id"]
    return (
        Deed(who, 600, "identify", "", {"email": lead["email"]}, f"{id}-0"),
        Deed(who, 601, "page", "Pricing", {"path": "/pricing"}, f"{id}-1"),
        Deed(who, 602, "track", "Demo Requested", {}, f"{id}-2"),
    )


def customers(team: Team, stars: Sequence[Json], run: str, console: Console) -> Json:
    """Converts the stars, sells to one of them again, moves the deals and tells how the accounts are."""
    made = []
    with Progress(console=console, transient=True) as bar:
        for number, lead in enumerate(bar.track(stars, description="The best become customers")):
            body = {"create_opportunity": number < len(stars) - 1, "amount": money(number)}
            made.append(converted(team.ana, lead, body, f"demo-{run}-{number}"))
    sold = [one for one in made if one["state"] == "done" and one["opportunity_id"]]
    deals = [moved(team.ana, one["opportunity_id"], todo) for one, todo in zip(sold, DEALS, strict=False)]
    if sold:
        made.append(again := sold_again(team, sold[0]["account_id"], run))
        deals += [moved(team.eva, again["opportunity_id"], DEALS[0])] if again["state"] == "done" else []
    return {"conversions": made, "deals": deals, **standing(team.ada, made)}


def converted(api: Api, lead: Json, body: Json, key: str) -> Json:
    """The conversion of a lead at its end, and how long the caller waited for it."""
    began = time.monotonic()
    answer = api.call("POST", f"/api/leads/{lead['id']}/convert", json=body, headers={"idempotency-key": key})
    took = time.monotonic() - began
    address = f"/api/leads/conversions/{answer['conversion_id']}"
    end = wait(lambda: api.get(address), lambda now: now["state"] in OVER)
    names = ("path", "state", "account_id", "opportunity_id")
    return {"lead": name_of(lead), **{name: end[name] for name in names}, "ms": round(1000 * took)}


def sold_again(team: Team, account: str, run: str) -> Json:
    """Path B: the account gets a manager, who makes a new lead from it and converts that."""
    page = f"/api/accounts/{account}"
    eva = str(user_id(tenant_id(TENANT), "eva"))
    team.max.change("PATCH", page, {"owner_id": eva})
    draft = team.eva.get(f"{page}/lead-draft", source="upsell")
    lead = team.eva.post("/api/leads", draft, key=f"demo-{run}-upsell")
    points = {"points": 60, "reason": "Asked for more seats at the fair."}
    team.ada.post(f"/api/leads/{lead['id']}/adjustments", points, key=f"demo-{run}-points")
    wait(lambda: mine(team.eva, lead), lambda found: found and found["status"] == "qualified")
    return converted(team.eva, lead, {"amount": money(1)}, f"demo-{run}-path-b")


def mine(api: Api, lead: Json) -> Json | None:
    """The lead among those that the caller sees."""
    found = api.items("/api/leads", email=lead["email"])
    return next((one for one in found if one["id"] == lead["id"]), None)


def moved(api: Api, deal: str, steps: Sequence[Json]) -> Json:
    """A deal after its steps."""
    path = f"/api/opportunities/{deal}"
    for number, step in enumerate(steps):
        api.post(f"{path}/stage", step, key=f"{deal}-{number}")
    now = api.get(path)
    return {name: now[name] for name in ("title", "type", "stage", "amount", "weighted", "reason")}


def standing(admin: Api, made: Sequence[Json]) -> Json:
    """How each account is, from where it started and why; and the first one's timeline, the oldest first."""
    accounts = list(dict.fromkeys(one["account_id"] for one in made if one["state"] == "done"))
    health = [wait(partial(health_of, admin, account), settled) for account in accounts]
    lines = list(admin.items(f"/api/accounts/{accounts[0]}/timeline", limit=200)) if accounts else []
    who = {f"user:{id}": login for id, login in logins().items()}
    told = [{**line, "actor": who.get(line["actor"], line["actor"])} for line in reversed(lines)]
    return {"health": health, "timeline": told}


def health_of(admin: Api, account: str) -> Json:
    """An account's health, and how many facts about its deals the product still has to tell."""
    now, told = admin.get(f"/api/accounts/{account}"), admin.get(f"/api/accounts/{account}/health")
    deals = list(admin.items("/api/opportunities", account_id=account))
    closed = sum(deal["outcome"] != "open" for deal in deals)
    counted = Counter(line["rule"] for line in told["contributions"])
    seen = counted["opportunity_opened"] + counted["deal_won"] + counted["deal_lost"]
    return {
        "account": now["name"],
        "tier": now["tier"],
        "before": told["start"],
        "after": told["value"],
        "why": [f"{line['points']:+} {line['rule']}" for line in told["contributions"]],
        "untold": len(deals) + closed - seen,
    }


def settled(health: Json) -> bool:
    """Whether everything about the deals is told."""
    return not health["untold"]


def money(number: int) -> Json:
    """What a deal is worth."""
    return {"minor": 1_200_000 + 450_000 * number, "currency": "EUR"}


def name_of(lead: Json) -> str:
    """As people call a lead."""
    return f"{lead['first_name']} {lead['last_name']}, {lead['company']}"


def logins() -> dict[str, str]:
    """Id to login of the tenant's people."""
    tenant = tenant_id(TENANT)
    return {str(user_id(tenant, one.login)): one.login for one in people() if one.tenant == TENANT}


def wait(look: Callable[[], T], good: Callable[[T], Any]) -> T:
    """What is seen once it is good, or when nothing has changed for so long that patience ends."""
    seen, deadline = look(), time.monotonic() + PATIENCE
    while not good(seen) and time.monotonic() < deadline:
        time.sleep(0.1)
        if (now := look()) != seen:
            seen, deadline = now, time.monotonic() + PATIENCE
    return seen
