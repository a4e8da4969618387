"""Places where a fault test ends or stops a process: FAILPOINT=relay.before_delete:kill:3."""

import os
import signal
from collections import Counter
from functools import cache

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class FailpointHit(Exception):
    """Raised where FAILPOINT=<name>:raise asks for it."""


@cache
def _asked() -> dict[str, tuple[str, int]]:
    """Name to action and the pass at which it happens; read once."""
    entries = [entry.split(":") for entry in os.environ.get("FAILPOINT", "").split(",") if entry]
    return {name: (action, int(rest[0]) if rest else 1) for name, action, *rest in entries}


@cache
def _passes() -> Counter[str]:
    return Counter()


def reached(name: str) -> None:
    """Does nothing, unless the environment asks for a fault at this place and pass."""
    if not (asked := _asked()) or name not in asked:
        return
    action, number = asked[name]
    _passes()[name] += 1
    if _passes()[name] != number:
        return
    if action == "raise":
        raise FailpointHit(name)
    os.kill(os.getpid(), SIGNALS[action])
