"""A service as a process: which roles it has, how several of them run in one process, how it ends."""

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from fastapi import APIRouter

from chassis import accept_loss
from chassis.catalogue import ContractError, NotFound
from chassis.consumer import ConsumerLoop, Consumers
from chassis.crew import Crew, Work
from chassis.health import Health, OpsServer, Probe, with_health
from chassis.http import create_app
from chassis.relay import Relay
from chassis.runtime import Runtime, Stopped
from chassis.serving import serve
from chassis.settings import Settings
from chassis.streams import Fold
from chassis.streams.processor import EXIT_FROZEN, run_processor
from chassis.streams.settings import StreamSettings
from chassis.streams.wire import Frozen
from chassis.telemetry import configure_logging

__all__ = ["Role", "Runtime", "Service", "main"]

log = structlog.get_logger(__name__)

Role = Callable[[Runtime, threading.Event], None]
"""Works until the event is set, then finishes what it has begun. One that raises ends the process."""

EXIT_FAILED = 1
EXIT_SETUP = 3
"""The surroundings are not as the contract says: no use in starting again before that is put right."""


@dataclass(frozen=True)
class Service:
    """What a service is made of; declared in its `__main__`, made into a process by `main`."""

    name: str
    settings: type[Settings]
    migrations: str
    """Package that holds `versions/`."""
    routers: tuple[APIRouter, ...] = ()
    errors: Mapping[type[Exception], tuple[int, str]] = field(default_factory=dict)
    """Domain error to (status, title)."""
    consumers: Consumers | None = None
    processors: tuple[Fold[Any], ...] = ()
    extra_roles: Mapping[str, Role] = field(default_factory=dict)
    subject_keys: str | None = None
    """Topic on which the service publishes the keys of the people that it owns."""
    api_probe: Callable[[Runtime], Probe] | None = None
    """What its API needs to be ready, for one that works on while the database is away (F14)."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Names of what it can run."""
        given = {"consume": self.consumers is not None, "stream": bool(self.processors)}
        return (
            "migrate",
            "api",
            "relay",
            *(name for name, there in given.items() if there),
            *self.extra_roles,
        )

    def declared(self, runtime: Runtime) -> Consumers | None:
        """Its handlers, in this process."""
        return self.consumers.within(runtime) if self.consumers else None

    def works(self, names: Sequence[str], runtime: Runtime) -> dict[str, Work]:
        """What runs for the named roles, a thread each."""
        found: dict[str, Work] = {}
        for name in names:
            if name == "consume":
                found |= self._lanes(runtime)
            elif name == "stream":
                found |= {f"stream {fold.name}": partial(_stream, fold, runtime) for fold in self.processors}
            else:
                found[name] = partial(self._role(name), runtime, runtime.stop)
        return found

    def _lanes(self, runtime: Runtime) -> dict[str, Work]:
        declared = self.declared(runtime)
        assert declared is not None, "there is no role consume without consumers"
        loops = {lane.group: ConsumerLoop(declared, runtime, lane=lane) for lane in declared.lanes}
        return {f"consume {group}": partial(loop.run, runtime.stop) for group, loop in loops.items()}

    def _role(self, name: str) -> Role:
        own: dict[str, Role] = {"api": self._api, "relay": _relay}
        return self.extra_roles.get(name) or own[name]

    def _api(self, runtime: Runtime, stop: threading.Event) -> None:
        app = with_health(create_app(self, runtime), runtime.health)
        serve(app, runtime.settings.host, runtime.settings.port, stop)


def _relay(runtime: Runtime, stop: threading.Event) -> None:
    settings = runtime.settings
    if settings.relay_database_url is None:
        raise RuntimeError(f"{settings.variable('relay_database_url')} is not set")
    url = settings.relay_database_url.get_secret_value()
    Relay(url, settings.kafka_bootstrap, name=f"{settings.instance}-relay").run(stop)


def _stream(fold: Fold[Any], runtime: Runtime) -> None:
    settings = runtime.settings
    how = StreamSettings(settings.kafka_bootstrap, f"{settings.instance}-{fold.name}", settings.stream_host)
    run_processor(fold, how, runtime.codec, runtime.catalogue, runtime.stop)


def main(service: Service, argv: Sequence[str] | None = None) -> None:
    """Runs the roles named on the command line in this process, until SIGTERM or SIGINT; exits.

    Exit codes: 0 after a signal or when all work is done, 1 a role failed, 2 wrong settings or arguments,
    3 broker or registry are not as the contract says, 71 to 73 a consumer needs a person's decision
    (`chassis.consumer.errors`), 75 the process stood still and must start again.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["accept-loss"]:
        sys.exit(_accept_loss(service, words[1:]))
    names = _named_roles(service, words)
    settings = service.settings.load()
    configure_logging(service.name, settings.instance, settings.log_level)
    sys.exit(Process(service, settings, names).run())


def _accept_loss(service: Service, words: Sequence[str]) -> int:
    """A person's decision for a consumer or processor that has stopped; see `chassis.accept_loss`."""
    settings = service.settings.load()
    configure_logging(service.name, settings.instance, "WARNING")
    runtime = Runtime.start(service.name, settings)
    try:
        group = service.consumers.group if service.consumers else None
        return accept_loss.run(runtime, group, service.processors, words)
    finally:
        runtime.close()


def _named_roles(service: Service, argv: Sequence[str] | None) -> list[str]:
    parser = argparse.ArgumentParser(prog=f"python -m services.{service.name}")
    parser.add_argument("roles", nargs="+", choices=service.roles, help="what this process does")
    named = parser.parse_args(argv).roles
    return list(dict.fromkeys(named))


class Process:
    """One process of a service, from its start to its exit code."""

    def __init__(self, service: Service, settings: Settings, roles: Sequence[str]) -> None:
        self._service, self._settings = service, settings
        self._roles = [name for name in roles if name != "migrate"]
        self._migrates = "migrate" in roles
        self._health, self._stop = Health(), threading.Event()

    def run(self) -> int:
        """Blocks until the end; the exit code. Must be called in the main thread (signals)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        log.info("starting", roles=self._roles)
        if self._migrates:
            self._migrate()
        return self._work() if self._roles else 0

    def _migrate(self) -> None:
        from chassis.migrations import run_migrations  # only who migrates waits for alembic's import

        run_migrations(self._settings, self._service)

    def _on_signal(self, number: int, _frame: object) -> None:
        # the logger is not used here: a signal may come while it holds its lock
        self._health.stopping()
        self._stop.set()

    def _work(self) -> int:
        ops = OpsServer(self._health, self._settings.host, self._settings.ops_port)
        ops.start()
        try:
            return self._with_runtime()
        except Stopped:
            return 0
        except (ContractError, NotFound) as error:
            log.error("not_as_the_contract_says", cause=str(error))
            return EXIT_SETUP
        finally:
            self._health.close()
            ops.close()

    def _with_runtime(self) -> int:
        probe = self._service.api_probe if "api" in self._roles else None
        runtime = Runtime.start(
            self._service.name,
            self._settings,
            subject_keys=self._service.subject_keys,
            needs_database=probe is None,
            health=self._health,
            stop=self._stop,
        )
        if probe is not None:
            self._health.check("api", probe(runtime), needed=True)
        crew = Crew(self._service.works(self._roles, runtime), self._stop, self._health.died)
        crew.start()
        self._health.start()
        self._health.started()
        gc.freeze()  # what a process begins with stays: a collection over all of it stands in everybody's way
        crew.wait()
        return self._end(crew, runtime)

    def _end(self, crew: Crew, runtime: Runtime) -> int:
        """Not ready at once, everything in hand finished, all closed, within the time given (G17)."""
        self._health.stopping()
        self._stop.set()
        late = crew.finish(self._settings.stop_seconds)
        code = _exit_code(crew.failure)
        if late:
            log.error("stopped_too_slowly", roles=late)
            os._exit(code or EXIT_FAILED)  # a stuck thread must not keep the process from its end
        runtime.close()
        log.info("stopped", code=code)
        return code


def _exit_code(failure: BaseException | None) -> int:
    if failure is None:
        return 0
    if isinstance(failure, Frozen):
        return EXIT_FROZEN
    return int(getattr(failure, "exit_code", EXIT_FAILED))
