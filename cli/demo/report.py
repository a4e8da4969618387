"""What the demo shows at its end: figures from the APIs, as tables for people and as JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.api import Api, Json

WORTH = (
    "account_name",
    "lead_source",
    "kind",
    "rule",
    "previous",
    "status",
    "stage",
    "path",
    "score",
    "tier",
)
"""What of a timeline's entry people read in a table."""
BANDS = ((85, "bold red"), (70, "green"), (40, "yellow"), (0, "dim"))


def leads_by_status(apis: dict[str, Api]) -> dict[str, dict[str, int]]:
    """Tenant to status to number of leads."""
    return {
        t: dict(Counter(str(lead["status"]) for lead in api.items("/api/leads", limit=200)))
        for t, api in apis.items()
    }


def alerts_by_kind(apis: dict[str, Api]) -> dict[str, dict[str, int]]:
    """Tenant to kind to number of alerts."""
    path = "/api/notifications/alerts"
    return {
        t: dict(Counter(str(alert["kind"]) for alert in api.items(path, limit=200)))
        for t, api in apis.items()
    }


def percentile(values: list[float], share: float) -> float | None:
    """Nearest-rank percentile; None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def seconds_between(start: str, end: str) -> float:
    """Seconds from one RFC 3339 time to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def spread(values: list[float]) -> dict[str, Any]:
    """Count, p50 and p99 of latencies, milliseconds."""
    return {
        "count": len(values),
        "p50_ms": round(1000 * (percentile(values, 0.5) or 0)),
        "p99_ms": round(1000 * (percentile(values, 0.99) or 0)),
    }


def counts(title: str, per_tenant: dict[str, dict[str, int]]) -> Table:
    """A table of counts, one column per tenant."""
    table = Table("", *per_tenant, title=title, title_justify="left")
    for name in sorted({name for counted in per_tenant.values() for name in counted}):
        table.add_row(name, *(str(counted.get(name, 0)) for counted in per_tenant.values()))
    return table


def latencies(figures: dict[str, dict[str, Any]]) -> Table:
    """A table of latencies."""
    table = Table("from accepted event to", "count", "p50", "p99", title="Latency", title_justify="left")
    for name, spread_ in figures.items():
        table.add_row(name, str(spread_["count"]), f"{spread_['p50_ms']} ms", f"{spread_['p99_ms']} ms")
    return table


def receipt(lead: Json, score: Json) -> Table:
    """A lead's score, line by line, as it adds up."""
    name = f"{lead['first_name']} {lead['last_name']}, {lead['company']}"
    title = f"Why {score['shown']}: {name} ({lead['status']}, {score['grade']})"
    table = Table("when", "rule", "why", "points", title=title, title_justify="left", show_footer=True)
    for line in sorted(
        [*score["contributions"], *score["not_counted"]], key=lambda line: line["occurred_at"]
    ):
        points = f"{line['points']:+}" if line["points"] else "-"
        style = None if line["points"] else "dim"
        table.add_row(line["occurred_at"][:16], line["rule"], line.get("reason") or "", points, style=style)
    table.columns[2].footer = f"sum of {len(score['contributions'])} contributions, shown {score['shown']}"
    table.columns[3].footer = str(sum(line["points"] for line in score["contributions"]))
    return table


def sale(figures: Json) -> Iterator[Table]:
    """What came of the fair's list: rows, duplicates, owners, customers, deals, health, one timeline."""
    job, accounts = figures["import"], figures["health"]
    counted = [(name, job[name]) for name in ("rows", "created", "duplicate", "invalid")]
    yield listing("The fair's list", ("rows", "count"), [*counted, *job["reasons"].items()])
    yield shown(
        "May be there already", figures["duplicates"], lead="lead", object="as", score="score", reasons="why"
    )
    yield shown("Who got them, of some", figures["assigned"], rule="by rule", person="person", leads="leads")
    made = figures["conversions"]
    yield shown("Converted", made, lead="lead", path="path", state="state", ms="ms")
    deals = [
        {**deal, **{name: euros(deal[name]) for name in ("amount", "weighted")}} for deal in figures["deals"]
    ]
    yield shown("Deals", deals, title="deal", stage="stage", amount="amount", weighted="weighted")
    yield shown("Health", accounts, account="account", tier="tier", before="before", after="after", why="why")
    lines = [
        {**line, "at": line["at"][5:16].replace("T", " "), "what": told(line["what"])}
        for line in figures["timeline"]
    ]
    title = f"Timeline of {accounts[0]['account'] if accounts else 'nobody'}"
    yield shown(title, lines, at="when", type="what", actor="who", what="more")


def shown(heading: str, things: Iterable[Json], **columns: str) -> Table:
    """A table of some fields of things, each under its heading; a list as words."""
    rows = ([thing[name] for name in columns] for thing in things)
    plain = ([", ".join(cell) if isinstance(cell, list) else cell for cell in row] for row in rows)
    return listing(heading, list(columns.values()), plain)


def told(what: Json) -> str:
    """What happened, in a few words."""
    return ", ".join(f"{name} {what[name]}" for name in WORTH if name in what)


def euros(amount: Json | None) -> str:
    """Money as people read it."""
    return "" if amount is None else f"{amount['minor'] / 100:,.2f} {amount['currency']}"


def listing(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table of rows."""
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(str, row))
    return table


def show(console: Console, tables: Iterable[Table]) -> None:
    """Prints tables with a blank line between."""
    for table in tables:
        console.print(table)
        console.print()
