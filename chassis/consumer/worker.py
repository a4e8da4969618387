"""From a batch that fails to the record at fault: halved until it stands alone, then put aside (G8)."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from chassis.consumer.batch import Batch
from chassis.consumer.errors import Overtaken, TooManyFailures
from chassis.consumer.records import Item, Position, Refusal
from chassis.consumer.registry import Consumers
from chassis.db import Contended, Database, DatabaseUnavailable, retried, took_too_long
from chassis.dead_letters.table import Letter
from chassis.failpoints import FailpointHit

ATTEMPTS = 3
"""A record is tried so often before it is called poison."""
PAUSES = (0.02, 0.1)
SLOW_ATTEMPTS = 5
"""A batch is given up by the database at the statement's time-out so often before that is the records'."""
FAILURES_IN_A_ROW = 25
"""Records put aside with none applied between them: then it is not the records, and the consumer stops."""

NO_POISON = (DatabaseUnavailable, Contended, Overtaken, FailpointHit)
"""What says nothing about the record in hand."""

log = structlog.get_logger()


class Worker:
    """Applies batches for one consumer loop."""

    def __init__(
        self, database: Database, consumers: Consumers, *, failures_in_a_row: int = FAILURES_IN_A_ROW
    ) -> None:
        self._batch = Batch(database, consumers)
        self._group = consumers.group
        self._limit = failures_in_a_row
        self._failures = 0
        self._slow: Counter[tuple[Position, int]] = Counter()

    def process(self, items: Sequence[Item], expected: dict[Position, int]) -> None:
        """Applies items, or puts aside those that cannot be. Blocks.

        Items below `expected`, or of positions not in it, are passed over, so that the same items may be
        given again after DatabaseUnavailable or Contended. Raises Overtaken and TooManyFailures too.
        """
        rest = [item for item in items if item.raw.offset >= expected.get(item.raw.position, 1 << 62)]
        if not rest:
            return
        try:
            self._attempt(lambda: self._batch.apply(rest, expected))
            if not all(isinstance(item, Refusal) for item in rest):
                self._failures = 0
            self._slow.clear()
        except NO_POISON:
            raise
        except Exception as error:
            self._wait_out(rest[0], error)
            if len(rest) == 1:
                self._suspect(rest[0], expected, error)
            else:
                for part in self._parts(rest):
                    self.process(part, expected)

    def _wait_out(self, first: Item, error: Exception) -> None:
        """Raises DatabaseUnavailable, some times, where a statement took too long: no poison yet (F19)."""
        if not took_too_long(error):
            return
        place = first.raw.position, first.raw.offset
        self._slow[place] += 1
        if self._slow[place] < SLOW_ATTEMPTS:
            raise DatabaseUnavailable("a statement took too long") from error

    def store_passed(self, expected: dict[Position, int]) -> None:
        """Moves positions over records that no handler wanted. Raises Overtaken and the surroundings'."""
        self._attempt(lambda: self._batch.store_passed(expected))

    def _parts(self, items: Sequence[Item]) -> list[Sequence[Item]]:
        """Cuts around what was being handled; in half where that is not known, or is everything."""
        at = {id(item) for item in self._batch.at}
        places = [place for place, item in enumerate(items) if id(item) in at]
        low, high = (places[0], places[-1] + 1) if places else (0, len(items))
        if (low, high) == (0, len(items)):
            middle = len(items) // 2
            return [items[:middle], items[middle:]]
        return [part for part in (items[:low], items[low:high], items[high:]) if part]

    def _suspect(self, item: Item, expected: dict[Position, int], error: Exception) -> None:
        """Tries a record alone a few times more, then puts it aside."""
        for pause in PAUSES:
            time.sleep(pause)
            try:
                self._attempt(lambda: self._batch.apply([item], expected))
                self._failures = 0
                return
            except NO_POISON:
                raise
            except Exception as again:
                error = again
        self._put_aside(item, expected, error)

    def _put_aside(self, item: Item, expected: dict[Position, int], error: Exception) -> None:
        raw = item.raw
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        detail = f"{type(error).__name__}: {cause}"
        letter = Letter.of(self._group, raw, "failed", detail, ATTEMPTS)
        log.error("record put aside", group=self._group, topic=raw.topic, partition=raw.partition,
                  offset=raw.offset, error=type(error).__name__)  # fmt: skip
        self._attempt(lambda: self._batch.put_aside(item, letter, expected))
        self._failures += 1
        if self._failures >= self._limit:
            raise TooManyFailures(f"{self._group}: {self._failures} records in a row could not be applied")

    @staticmethod
    def _attempt(work: Callable[[], None]) -> None:
        retried(work)
