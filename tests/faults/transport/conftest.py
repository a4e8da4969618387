"""The sample service of the chassis tests."""

from tests.chassis.conftest import world as world
