"""A fault happens at the place and pass that the environment names, and nowhere else."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = (
    "from chassis.failpoints import reached\nfor place in ('a', 'b', 'b'):\n    reached(place); print(place)"
)


def end(failpoint: str) -> tuple[int, list[str]]:
    """Exit code of a process with this setting, and how far it came."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"FAILPOINT": failpoint, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout.split()


def test_nothing_happens_unless_asked_for() -> None:
    assert end("") == (0, ["a", "b", "b"])
    assert end("c:kill") == (0, ["a", "b", "b"])


def test_a_process_is_killed_at_the_pass_that_was_asked_for() -> None:
    assert end("b:kill:2")[0] == -9


def test_an_error_is_raised_where_asked_for() -> None:
    assert end("b:raise") == (1, ["a"])
