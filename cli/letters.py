"""dead-letters and rejected: what could not be applied or taken, over all services; shown and tried again."""

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cli.api import Api, ApiError, Json
from cli.local import operator_token, system, token
from cli.streams import show as show_rows
from deploy.local.infra import SERVICES

Tenant = Annotated[str, typer.Option(help="Slug of the tenant.")]
Operator = Annotated[bool, typer.Option(help="Those of no tenant that could be told, as the operator.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
REJECTED = "/api/engagement/rejected"
COLUMNS = ("id", "group", "topic", "partition", "position", "key", "cause", "detail", "state", "stored_at")

dead_letters = typer.Typer(
    help="Records that could not be applied: list, show, replay.", no_args_is_help=True
)
rejected = typer.Typer(
    help="Engagement events that were not taken: list, show, replay.", no_args_is_help=True
)


@contextmanager
def admin(tenant: str, operator: bool = False) -> Iterator[Api]:
    """The tenant's admin, or the operator."""
    with Api(system()["gateway"], operator_token() if operator else token(tenant, "ada")) as api:
        yield api


@dead_letters.command("list")
def list_letters(
    tenant: Tenant = "acme",
    state: Annotated[str, typer.Option(help="waiting, replayed or discarded.")] = "waiting",
    operator: Operator = False,
    as_json: AsJson = False,
) -> None:
    """Dead letters of every service, the newest first."""
    with admin(tenant, operator) as api:
        found = [
            letter for service in SERVICES for letter in api.items(path(service), state=state, limit=200)
        ]
    show_rows([{name: letter[name] for name in COLUMNS} for letter in found], as_json)


@dead_letters.command("show")
def show_letter(letter: str, tenant: Tenant = "acme", operator: Operator = False) -> None:
    """One dead letter with its headers and bytes."""
    with admin(tenant, operator) as api:
        found = owner(api, letter)[1]
    if found["raw"]:
        found["text"] = base64.b64decode(found["raw"]).decode(errors="replace")
    write(found)


@dead_letters.command("replay")
def replay_letter(letter: str, tenant: Tenant = "acme", operator: Operator = False) -> None:
    """Apply all waiting letters of its key in their order; exit code 1 when one fails again."""
    with admin(tenant, operator) as api:
        service, _ = owner(api, letter)
        done = api.post(f"{path(service)}/{letter}/replay")
    write(done)
    if done["failed"]:
        raise typer.Exit(1)


@rejected.command("list")
def list_rejected(tenant: Tenant = "acme", as_json: AsJson = False) -> None:
    """Rejected engagement events, the newest first."""
    with admin(tenant) as api:
        show_rows(list(api.items(REJECTED, limit=200)), as_json)


@rejected.command("show")
def show_rejected(event: str, tenant: Tenant = "acme") -> None:
    """One rejected event as it came, with the reason."""
    with admin(tenant) as api:
        write(api.get(f"{REJECTED}/{event}"))


@rejected.command("replay")
def replay_rejected(
    event: str,
    tenant: Tenant = "acme",
    payload: Annotated[str | None, typer.Option(help="The event as JSON, put right.")] = None,
) -> None:
    """Take a rejected event again, as it came or put right."""
    body = {"payload": json.loads(payload)} if payload else {}
    with admin(tenant) as api:
        write(api.post(f"{REJECTED}/{event}/replay", body))


def path(service: str) -> str:
    """Where a service lists its dead letters."""
    return f"/api/{service}/dead-letters"


def owner(api: Api, letter: str) -> tuple[str, Json]:
    """The service that keeps the letter, and the letter; raises `ApiError` where none does."""
    for service in SERVICES:
        try:
            return service, api.get(f"{path(service)}/{letter}")
        except ApiError as error:
            if error.status != 404:
                raise
    raise ApiError(f"No service has a dead letter {letter}; see `salescompass dead-letters list`.", 404)


def write(found: Json) -> None:
    """One JSON object, indented."""
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
