"""The states of a partition in memory: which of them stay unpacked from group to group."""

from collections import Counter

import pytest

from chassis.streams import RESERVED
from chassis.streams.changelog import Loaded
from chassis.streams.store import PartitionStore
from tests.chassis.streams.sums import EMPTY, Account, Sums


class Unpacking(Sums):
    """Counts how often a state is unpacked."""

    def __init__(self) -> None:
        super().__init__()
        self.unpacked: Counter[int] = Counter()

    def unpack(self, raw: bytes) -> Account:
        """See `Sums`."""
        state = super().unpack(raw)
        self.unpacked[state.total] += 1
        return state


def test_with_many_accounts_those_that_moved_last_stay_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.streams.store.LIVE_KEPT", 4)
    fold = Unpacking()
    store = PartitionStore(fold, b"a member", Loaded())
    for number in (1, 2, 3, 4, 5, 1):
        store.put(b"account %d" % number, EMPTY._replace(total=number))
    store.put(RESERVED + b"rates", EMPTY._replace(total=9))
    store.put(b"account 6", EMPTY._replace(total=6))
    list(store.seal(1))
    for number in range(1, 7):
        found = store.get(b"account %d" % number)
        assert found is not None
        assert found.total == number
    assert store.get(RESERVED + b"rates") is not None
    assert sorted(fold.unpacked) == [1, 2, 3, 4, 5], "the last two and the rates were at hand"


def test_rates_that_everybody_reads_stay_however_old_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.streams.store.LIVE_KEPT", 4)
    fold = Unpacking()
    store = PartitionStore(fold, b"a member", Loaded())
    store.put(RESERVED + b"rates", EMPTY._replace(total=9))
    for number in range(20):
        store.put(b"account %d" % number, EMPTY._replace(total=number))
    list(store.seal(1))
    assert store.get(RESERVED + b"rates") is not None
    assert not fold.unpacked
