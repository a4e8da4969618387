"""Who writes what the stream under fire folds, and so knows what must come of it."""

import random
import threading
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tests.chassis.streams.sums import account, moved

if TYPE_CHECKING:
    from tests.faults.streams.arena import Arena


class Writer:
    """Writes numbered movements of many accounts on both topics and remembers what it was told is there."""

    def __init__(self, arena: "Arena", accounts: int, per_second: int) -> None:
        arena.writers.append(self)
        self._arena = arena
        self._accounts = accounts
        self._pause = 0.02
        self._burst = int(per_second * self._pause)
        self._next: dict[tuple[str, bytes], int] = defaultdict(int)
        self.totals: Counter[bytes] = Counter()
        self.moves: Counter[bytes] = Counter()
        self.ids: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._random = random.Random(7)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends, once everything is acknowledged."""
        self.cut()
        assert self._arena.producer.flush(60) == 0
        assert self._arena.refused == []

    def cut(self) -> None:
        """Ends at once."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._pause):
            for _ in range(self._burst):
                self.write(account(self._random.randrange(self._accounts)))

    def write(self, key: bytes) -> None:
        """One movement."""
        paid = self._random.random() < 0.7
        topic = self._arena.fold.inputs[0 if paid else 1]
        n, amount = self._next[topic, key], self._random.randrange(10)
        id = f"{topic}/{key.decode()}/{n}"
        value = self._arena.codec.encode(topic, "Moved", moved(n, amount, id=id))
        self._arena.produce(topic, value, key)
        self._next[topic, key] += 1
        self.totals[key] += amount if paid else -amount
        self.moves[key] += 1
        self.ids.add(id)
