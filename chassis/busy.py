"""How a consumer reads topics in which something always comes; for consumers and stream processors alike."""

from typing import Any, Final

BUSY: Final[dict[str, Any]] = {"fetch.min.bytes": 100_000, "fetch.wait.max.ms": 50}
"""The broker gathers for 50 ms. Else each of its small writes, dozens a second, ends a fetch of its own."""
BUSY_GATHER_SECONDS: Final = 0.002
"""What came with the first record is there by then."""
