"""The whole system as people start it, in a folder and on ports of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything that `make up` starts; ended with the tests."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SALESCOMPASS_HOME", str(tmp_path_factory.mktemp("world")))
    patch.setenv("PORTS", "free")
    running = World(Path(os.environ["SALESCOMPASS_HOME"]))
    try:
        running.start()
        yield running
    finally:
        running.stop()
        patch.undo()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process of the test run has the system; it needs real parts."""
    for item in items:
        if "world" in getattr(item, "fixturenames", ()):
            item.add_marker("infra")
            item.add_marker(pytest.mark.xdist_group("world"))
