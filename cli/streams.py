"""topics, lag: what flows, who writes and reads it, how far the readers are."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chassis.catalogue import Catalogue
from chassis.lag import lags
from cli.local import system

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


def topics(as_json: Json = False) -> None:
    """Every topic of the contract: writer, readers, retention, records."""
    rows = [
        {
            "topic": topic.name,
            "owner": topic.owner,
            "readers": list(topic.readers),
            "retention": topic.retention,
            "partitions": topic.partitions,
            "records": [record.name for record in topic.records],
        }
        for topic in Catalogue.load().topics.values()
    ]
    show(rows, as_json)


def lag(as_json: Json = False) -> None:
    """How many records each reader has not told to have read."""
    show([asdict(one) for one in lags(system()["kafka"])], as_json)


def show(rows: list[dict[str, object]], as_json: bool) -> None:
    """A table on a terminal, a JSON object a line off it or when asked."""
    if as_json or not sys.stdout.isatty():
        for row in rows:
            sys.stdout.write(json.dumps(row) + "\n")
        return
    table = Table(*(rows[0] if rows else ["nothing"]), box=None)
    for row in rows:
        cells = [", ".join(map(str, v)) if isinstance(v, list) else str(v) for v in row.values()]
        table.add_row(*cells, style="yellow" if row.get("behind") else None)
    Console().print(table)
