"""How points go by with time (F15): half-life, cut to whole points, and expiry. Whole numbers in and out."""

import math


def decayed(points: int, age: int, half_life: int | None, expiry: int | None) -> tuple[int, int | None]:
    """Points left at an age, and the age at which they change next (None: never). Milliseconds."""
    if expiry is not None and age >= expiry:
        return 0, None
    if half_life is None or points == 0:
        return points, expiry
    size = abs(points)
    left, until = _halved(size, max(age, 0), half_life)
    if until is None:
        return 0, None
    return (left if points > 0 else -left), until if expiry is None else min(until, expiry)


def _halved(size: int, age: int, half_life: int) -> tuple[int, int | None]:
    """Both answers come from `_lasts`, so that the announced moment is exactly when they change."""
    left = int(size * 0.5 ** (age / half_life))
    while left < size and age <= _lasts(size, left + 1, half_life):
        left += 1
    while left and age > _lasts(size, left, half_life):
        left -= 1
    return left, _lasts(size, left, half_life) + 1 if left else None


def _lasts(size: int, left: int, half_life: int) -> int:
    """The last age at which at least `left` whole points of `size` remain."""
    return int(half_life * math.log2(size / left))
