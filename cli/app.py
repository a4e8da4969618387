"""Puts the commands together; the only place that knows all of them."""

import sys
from collections.abc import Callable

import httpx
import typer

from cli.api import ApiError
from deploy.local.home import SetupError


def app() -> typer.Typer:
    """The whole command."""
    from cli import clock, demo, letters, losses, runtime, streams, watch

    commands = typer.Typer(help="SalesCompass, on this machine.", no_args_is_help=True)
    words: dict[str, Callable[..., None]] = {
        "up": runtime.up,
        "down": runtime.down,
        "reset": runtime.reset,
        "info": runtime.info,
        "logs": runtime.logs,
        "token": runtime.token,
        "write-key": runtime.write_key,
        "demo": demo.demo,
        "watch": watch.watch,
        "tick": clock.tick,
        "topics": streams.topics,
        "lag": streams.lag,
        "accept-loss": losses.accept_loss,
    }
    for name, command in words.items():
        commands.command(name)(command)
    commands.add_typer(letters.dead_letters, name="dead-letters")
    commands.add_typer(letters.rejected, name="rejected")
    return commands


def run() -> int:
    """Runs it; 0 done, 1 the machine or the system refused, 2 wrongly called."""
    try:
        app()()
    except (SetupError, ApiError, httpx.TransportError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
