"""accept-loss: goes on after records were lost, when somebody has decided that it may."""

import subprocess
import sys
from typing import Annotated

import typer

from deploy.local.home import ROOT, SetupError, folder, home
from deploy.local.infra import SERVICES
from deploy.local.system import System


def accept_loss(
    service: Annotated[str, typer.Option(help=f"Who has stopped: {', '.join(SERVICES)}.")],
    topic: Annotated[str, typer.Option(help="Topic that was cut or made again.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Accept it; without, it is only said what is lost.")
    ] = False,
) -> None:
    """Say what a service can never read any more of a topic; with --yes let it go on from what there is."""
    if service not in SERVICES:
        raise SetupError(f"There is no service {service!r}; there are {', '.join(SERVICES)}.")
    command = [sys.executable, "-m", f"services.{service}", "accept-loss", "--topic", topic]
    system = System(home())
    system.postgres.start()
    told = subprocess.run(
        [*command, *(["--yes"] if yes else [])],
        env=system.environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    sys.stdout.write(told.stdout)
    with (folder(home() / "logs") / "losses.log").open("a") as log:
        log.write(told.stdout)
    raise typer.Exit(told.returncode)
