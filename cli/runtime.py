"""up, down, reset, info, logs, token, write-key: the system on this machine."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli import local
from deploy.local.home import SetupError, folder, home, locked
from deploy.local.tail import follow, tail

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Tenant = Annotated[str, typer.Option(help="Slug of the tenant.")]


def up() -> None:
    """Start everything that does not run yet, print where it is and leave it running."""
    from deploy.local import start
    from deploy.local.system import System

    console = Console()
    with locked(folder(home()) / "up.lock"):
        system = System(home())
        if start.is_up(system):
            console.print("It is up already.")
        else:
            begin(console, start.steps(system))
    sys.stdout.write(addresses())
    for name, times in restarts().items():
        if times:
            console.print(f"[yellow]{name} was started again {times} times: `salescompass logs {name}`")


def begin(console: Console, steps: Iterable[tuple[str, Callable[[], object]]]) -> None:
    """Does the steps of a start, each with the time it took."""
    since = time.monotonic()
    try:
        for name, work in steps:
            step(console, name, work)
    except SetupError as error:
        raise SetupError(f"{error}\n`salescompass down` stops what has started.") from error
    console.print(f"Up after {time.monotonic() - since:.0f} s.")


def step(console: Console, name: str, work: Callable[[], object]) -> None:
    """Does one part of the start and shows how long it took."""
    since = time.monotonic()
    with console.status(name):
        work()
    console.print(f"[green]✓[/] {name} [dim]{time.monotonic() - since:.1f} s[/]")


def down() -> None:
    """Stop everything; the data stays."""
    from deploy.local import start
    from deploy.local.system import System

    with locked(folder(home()) / "up.lock"), Console().status("Stopping"):
        start.down(System(home()))


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop everything and wipe its data; fetched packages stay."""
    from deploy.local import start
    from deploy.local.system import System

    if not yes:
        typer.confirm(f"Wipe all data in {home()}?", abort=True)
    with locked(folder(home()) / "up.lock"), Console().status("Stopping and wiping"):
        start.reset(System(home()))


def info(as_json: Json = False) -> None:
    """Addresses, and how every process is."""
    if as_json:
        sys.stdout.write(json.dumps(local.system(), indent=1) + "\n")
        return
    sys.stdout.write(addresses())
    table = processes()
    Console().print(table if table.rows else "It is down: `salescompass up` starts it.")


def addresses() -> str:
    """Where to look."""
    at = local.system()
    known = {name: at[name] for name in ("gateway", "kafka", "registry", "mail")}
    known |= {f"{service} database": url for service, url in at["databases"].items()}
    return "\n".join(f"  {name:24}{value}" for name, value in known.items()) + "\n"


def processes() -> Table:
    """Every process with its pid and how often it was started again."""
    from deploy.local.process import Process

    times = restarts()
    table = Table("process", "pid", "started again", box=None)
    for name in sorted(pid_file.stem for pid_file in (home() / "pids").glob("*.json")):
        found = Process(home(), name).running()
        table.add_row(name, str(found.pid) if found else "[red]not running", str(times.get(name, "")))
    return table


def restarts() -> dict[str, int]:
    """How often the supervisor has started each process again."""
    file = home() / "status.json"
    known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    return known


def logs(
    name: Annotated[str | None, typer.Argument(help="One process; all when left out.")] = None,
    following: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    lines: Annotated[int, typer.Option("-n", help="Lines of the past.")] = 20,
) -> None:
    """Show the end of the logs."""
    files = sorted((home() / "logs").glob(f"{name or '*'}.log"))
    if not files:
        known = ", ".join(sorted(file.stem for file in (home() / "logs").glob("*.log"))) or "none yet"
        raise SetupError(f"There is no log of {name or 'anything'}; there are: {known}.")
    for line in follow(files, lines) if following else tail(files, lines):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def token(
    tenant: Tenant = "acme", user: Annotated[str, typer.Option(help="ana, max or ada.")] = "ana"
) -> None:
    """Print a bearer token, good for an hour, and nothing else."""
    sys.stdout.write(local.token(tenant, user) + "\n")


def write_key(tenant: Tenant = "acme") -> None:
    """Print the tenant's demo write key and nothing else."""
    sys.stdout.write(local.demo_source(tenant)[1] + "\n")
