"""`salescompass watch`: score changes and alerts as they come, over the live stream of the console."""

import json
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import httpx_sse
import typer
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table

from cli.api import Api
from cli.local import system, token

STREAM = "/api/notifications/stream"
STYLES = {"urgent": "bold red", "warning": "yellow", "info": "cyan"}


class Board:
    """A live table of the last events; newest first."""

    def __init__(self, size: int = 16) -> None:
        self.title = "Live"
        self.rows: deque[tuple[tuple[str, ...], str | None]] = deque(maxlen=size)

    def add(self, tenant: str, kind: str, data: dict[str, Any]) -> None:
        """Shows one event of the stream."""
        if kind == "score":
            style = None if data["shown"] >= data["previous_shown"] else "dim"
            change = f"{data['previous_shown']} → {data['shown']}  {data['grade']}"
            self.rows.appendleft(((tenant, "score", data["lead_id"][-8:], change), style))
        elif kind == "alert":
            what = f"{data['kind']} {data.get('score') or ''} {data['state']}"
            self.rows.appendleft(
                ((tenant, "alert", data["subject_id"][-8:], what), STYLES.get(data["severity"]))
            )

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table("tenant", "what", "lead", "", title=self.title, title_justify="left", expand=True)
        for cells, style in list(self.rows):
            table.add_row(*cells, style=style)
        yield table


def events(api: Api) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of each event of a user's live stream; goes on after a broken connection where it was."""
    last: str | None = None
    while True:
        headers = {"last-event-id": last} if last else {}
        try:
            with httpx_sse.connect_sse(
                api.http, "GET", STREAM, headers=headers, timeout=httpx.Timeout(10, read=60)
            ) as source:
                source.response.raise_for_status()
                for event in source.iter_sse():
                    last = event.id or last
                    if event.data:
                        yield event.event, json.loads(event.data)
        except (httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ConnectError):
            continue


@contextmanager
def follow(api: Api, tenant: str, board: Board) -> Iterator[None]:
    """Feeds a board from the live stream in the background while the block runs."""
    stopped = threading.Event()

    def feed() -> None:
        for kind, data in events(api):
            if stopped.is_set():
                return
            board.add(tenant, kind, data)

    threading.Thread(target=feed, name=f"watch-{tenant}", daemon=True).start()
    try:
        yield
    finally:
        stopped.set()


def watch(
    tenant: Annotated[str, typer.Option(help="Tenant to watch.")] = "acme",
    user: Annotated[str, typer.Option(help="Whose view.")] = "max",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show score changes and alerts live; ends with Ctrl-C."""
    with Api(system()["gateway"], token(tenant, user)) as api:
        if as_json or not sys.stdout.isatty():
            for kind, data in events(api):
                sys.stdout.write(json.dumps({"type": kind, **data}) + "\n")
                sys.stdout.flush()
            return
        board = Board(30)
        with Live(board, refresh_per_second=8):
            for kind, data in events(api):
                board.add(tenant, kind, data)
