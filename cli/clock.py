"""`salescompass tick`: moves the business clock, so that timers need no waiting. Never in production."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.api import Api
from cli.local import system, token

AHEAD = re.compile(r"\+(\d+)([dhm])")
UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def tick(
    to: Annotated[
        str, typer.Option("--to", help="RFC 3339 time with zone, or a step ahead: +15d, +3h, +10m.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Travel ahead in business time; every service's clock follows and due timers fire."""
    there = travel(target(to))
    sys.stdout.write((json.dumps({"now": there}) if as_json else f"It is now {there}.") + "\n")


def target(text: str) -> datetime | timedelta:
    """What a person wrote, as a time or a step; raises `typer.BadParameter`."""
    if found := AHEAD.fullmatch(text):
        return timedelta(**{UNITS[found[2]]: int(found[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is neither a time like 2026-12-24T08:00:00Z nor a step like +15d"
        ) from None
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no time zone; write 2026-12-24T08:00:00Z")
    return moment.astimezone(UTC)


def travel(to: datetime | timedelta) -> str:
    """Moves the business clock; returns where it stands, RFC 3339. Blocks until the ticks are written."""
    with Api(system()["gateway"], token("acme", "ada")) as api:
        if isinstance(to, timedelta):
            to = datetime.fromisoformat(api.get("/api/notifications/clock")["time"]) + to
        return str(api.post("/api/notifications/clock", {"to": to.isoformat()})["time"])
