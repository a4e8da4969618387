"""What befalls the processes of a running system while people work: each in its turn, in every way."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle

import psutil

from deploy.local.free_ports import free_port
from deploy.local.process import Process
from deploy.local.start import is_up
from deploy.local.system import Program, System
from tests.world import eventually

KILLS = round(200 * float(os.environ.get("FAULT_SCALE", "0.05")))
EVERY = 2.0
STILL = 12.0
"""Seconds of standing still: longer than a member's session and than a relay's may be idle."""
HEALED = 180
"""Seconds in which a system comes up again after the last blow; pauses before restarts have grown to 30."""

Deed = tuple[str, Callable[[], bool]]
"""What it is, and the doing of it: whether there was somebody to do it to."""


@dataclass
class Havoc:
    """Who can be hit, who was, and what must be put right again."""

    system: System
    among: tuple[str, ...] = ()
    """Beginnings of the deeds that are done, such as `kill leads`; none: all."""
    done: Counter[str] = field(default_factory=Counter)
    """Deeds by manner and name."""
    over: threading.Event = field(default_factory=threading.Event)
    went_on: threading.Event | None = None
    """Where it is given, whoever works sets it when something was done; before that nobody is hit again."""
    _frozen: list[threading.Timer] = field(default_factory=list)
    _joined: dict[str, Process] = field(default_factory=dict)

    def deeds(self) -> list[Deed]:
        """One deed for each manner and each process that it can befall."""
        infra = [self.system.kafka.processes[0], self.system.postgres.process, self.system.registry.process]
        programs = [program for program in self.system.programs() if program.name != "mail"]
        ours = [program.process for program in programs]
        roles = [process for process in ours if process.name != "gateway"]
        sharing = [program for program in programs if program.name.endswith(("-work", "-stream"))]
        deeds: list[Deed] = [
            *((f"kill {process.name}", partial(hit, process, psutil.Process.kill)) for process in ours),
            *((f"join {program.name}", partial(self.join, program)) for program in sharing),
            *((f"stop {process.name}", partial(hit, process, psutil.Process.terminate)) for process in roles),
            *((f"kill {process.name}", partial(hit, process, psutil.Process.kill)) for process in infra),
            *((f"freeze {process.name}", partial(hit, process, self.freeze)) for process in roles),
        ]
        return [deed for deed in deeds if not self.among or deed[0].startswith(self.among)]

    def freeze(self, found: psutil.Process) -> None:
        """SIGSTOP, and SIGCONT when others have long taken over."""
        found.suspend()
        self._frozen.append(threading.Timer(STILL, thaw, [found]))
        self._frozen[-1].start()

    def join(self, program: Program) -> bool:
        """One more of the same roles, in the place of the one that joined before."""
        name = f"{program.name}-too"
        if name in self._joined:
            self._joined[name].stop()
        self._joined[name] = Process(self.system.home, name)
        service = program.name.split("-")[0].upper()
        told = {f"{service}_OPS_PORT": str(free_port()), "INSTANCE": name}
        self._joined[name].start(program.command, program.environment | told)
        return True

    def run(self) -> None:
        """Does the deeds one after the other until all were done and enough were killed."""
        for name, do in cycle(self.deeds()):
            if self.over.wait(EVERY) or self.enough:
                return
            if self.went_on:
                self.went_on.wait()
            if not self.over.is_set() and do():
                self.done[name] += 1
                if self.went_on:
                    self.went_on.clear()

    @property
    def enough(self) -> bool:
        """Whether everything befell and enough were killed."""
        return len(self.done) == len(self.deeds()) and self.killed >= KILLS

    @property
    def killed(self) -> int:
        """How often somebody was killed."""
        return sum(times for name, times in self.done.items() if name.startswith("kill"))

    def end(self) -> None:
        """Nothing more befalls anybody."""
        self.over.set()
        if self.went_on:
            self.went_on.set()

    def heal(self) -> None:
        """Puts right what was done; blocks until everything is up again."""
        for timer in self._frozen:
            timer.join()
        for process in self._joined.values():
            process.stop()
        eventually(lambda: is_up(self.system), bool, HEALED)


def hit(victim: Process, blow: Callable[[psutil.Process], None]) -> bool:
    """Whether it ran just now, and so was hit."""
    if (found := victim.running()) is None:
        return False
    with suppress(psutil.NoSuchProcess):
        blow(found)
        return True
    return False


def thaw(found: psutil.Process) -> None:
    """Lets it go on, if nobody has killed it meanwhile."""
    with suppress(psutil.NoSuchProcess):
        found.resume()


@contextmanager
def havoc(system: System, *among: str, went_on: threading.Event | None = None) -> Iterator[Havoc]:
    """Does its deeds beside the block; at the end of it they are all done and everything is up again."""
    made = Havoc(system, among, went_on=went_on)
    doer = threading.Thread(target=made.run)
    doer.start()
    try:
        yield made
        doer.join()
    finally:
        made.end()
        doer.join()
        made.heal()
