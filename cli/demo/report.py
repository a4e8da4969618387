"""What the demo shows at its end: figures from the APIs, as tables for people and as JSON."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.api import Api, Json

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


def show(console: Console, tables: Iterable[Table]) -> None:
    """Prints tables with a blank line between."""
    for table in tables:
        console.print(table)
        console.print()
