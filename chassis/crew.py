"""Several roles in one process, a thread each: they start together, and the first that fails ends all."""

import threading
import time
from collections.abc import Callable, Mapping

import structlog

from chassis.metrics import metrics

log = structlog.get_logger(__name__)

Work = Callable[[], None]


class Crew:
    """The threads of a process. `stop` is shared: whoever sets it ends all of them."""

    def __init__(
        self, works: Mapping[str, Work], stop: threading.Event, died: Callable[[str], None] = lambda _: None
    ) -> None:
        self._stop, self._died = stop, died
        self.failure: BaseException | None = None
        """What the first role that failed raised."""
        self._threads = {
            name: threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
            for name, work in works.items()
        }

    def start(self) -> None:
        """Starts every role."""
        for thread in self._threads.values():
            thread.start()

    def wait(self) -> None:
        """Blocks until `stop` is set or every role has come to an end by itself."""
        while not self._stop.wait(0.2):
            if not self.running():
                return

    def finish(self, seconds: float) -> list[str]:
        """Waits for the roles to end, at most so long together; names of those that did not."""
        deadline = time.monotonic() + seconds
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        return self.running()

    def running(self) -> list[str]:
        """Names of the roles that run."""
        return [name for name, thread in self._threads.items() if thread.is_alive()]

    def _run(self, name: str, work: Work) -> None:
        up = metrics().role_up.labels(name)
        up.set(1)
        try:
            work()
            log.info("role_ended", role=name)
        except BaseException as error:
            self._failed(name, error)
        finally:
            up.set(0)

    def _failed(self, name: str, error: BaseException) -> None:
        """A role must not be missing unseen: the process ends, and whoever watches it starts it again."""
        log.error("role_failed", role=name, exc_info=error)
        self.failure = self.failure or error
        self._died(name)
        self._stop.set()
