from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.clock import Clock, SystemClock, from_millis, millis
from chassis.testing import FrozenClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@settings(deadline=None)
@given(st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999))
def test_milliseconds_come_back_as_they_went(value: int) -> None:
    assert millis(from_millis(value)) == value


def test_what_is_finer_than_a_millisecond_is_cut() -> None:
    assert millis(NOON + timedelta(microseconds=1999)) - millis(NOON) == 1


def test_zones_do_not_matter() -> None:
    assert millis(NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))) == millis(NOON)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        millis(datetime(2026, 11, 23))
    with pytest.raises(ValueError, match="zone"):
        FrozenClock(datetime(2026, 11, 23))


@pytest.mark.parametrize("clock", [SystemClock(), FrozenClock(NOON)], ids=["system", "frozen"])
def test_every_clock_gives_aware_utc_and_does_not_run_back(clock: Clock) -> None:
    first, second = clock.now(), clock.now()
    assert first.utcoffset() == timedelta()
    assert second >= first


def test_a_frozen_clock_moves_when_told() -> None:
    clock = FrozenClock(NOON)
    assert clock.advance(timedelta(days=15)) == clock.now() == NOON + timedelta(days=15)
