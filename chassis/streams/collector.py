"""Keeps Python's cycle collector out of the hot loop: it runs between groups, when we say so."""

import gc
from types import TracebackType

YOUNG_EVERY = 20
OLD_EVERY = 2_000


class GroupedCollection:
    """Automatic collection is off inside the `with` block; call `between_groups` after every group."""

    def __init__(self) -> None:
        self._groups = 0

    def __enter__(self) -> "GroupedCollection":
        gc.disable()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        gc.enable()

    def between_groups(self) -> None:
        """Collects the young objects now and then, and everything rarely."""
        self._groups += 1
        if self._groups % OLD_EVERY == 0:
            gc.collect()
        elif self._groups % YOUNG_EVERY == 0:
            gc.collect(1)
