"""What a broker does not do for the producer; what it does is in test_testing.py."""

import pytest

from chassis import producer as module
from chassis.producer import Overloaded, Producer, Sendable


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Producer:
    """A producer whose broker does not answer, with room for three."""
    monkeypatch.setattr(module, "DELIVERY_SECONDS", 1)
    monkeypatch.setattr(module, "QUEUE_RECORDS", 3)
    return Producer("127.0.0.1:9", "alone")


def test_what_the_broker_did_not_take_counts_as_not_sent(alone: Producer) -> None:
    causes = alone.send([Sendable("engagement.received", b"k", b"v")] * 2, timeout=10)
    assert None not in causes
    assert len(causes) == 2
    alone.close(0.1)


def test_more_than_there_is_memory_for_is_refused_at_once(alone: Producer) -> None:
    with pytest.raises(Overloaded):
        alone.send([Sendable("engagement.received", b"k", b"v")] * 4)
    alone.close(0.1)
