"""The twins of the running system: two tenants with the same things in them."""

from collections.abc import Iterator

import pytest

from tests.journeys.twins import Twin, settle
from tests.world import World


@pytest.fixture(scope="session")
def acme(world: World) -> Iterator[Twin]:
    """The tenant that has something to lose; its newest rules have a version that globex has not."""
    twin = settle(world, "acme", drafts=8)
    yield twin
    twin.client.close()


@pytest.fixture(scope="session")
def globex(world: World, acme: Twin) -> Iterator[Twin]:
    """The tenant that is curious."""
    twin = settle(world, "globex", drafts=1)
    yield twin
    twin.client.close()
