"""What processes count, and what the list says that they count."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import Histogram

from chassis.clock import from_millis
from chassis.metrics import NAMES, metrics, waited

ROOT = Path(__file__).parents[2]
NOW = 1_795_453_200_000
KINDS = {"Counter": "_total", "Gauge": "", "Histogram": ""}


def made(source: str) -> Iterator[str]:
    """Names of the figures that a module makes, as Prometheus shows them."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in KINDS
            and node.args
        ):
            first = node.args[0]
            assert isinstance(first, ast.Constant)
            yield str(first.value).removesuffix("_total") + KINDS[node.func.id]


def test_every_figure_is_in_the_list_and_the_list_has_no_other() -> None:
    files = [*ROOT.glob("chassis/**/*.py"), *ROOT.glob("services/**/*.py")]
    found = {name for f in files if "prometheus_client" in (text := f.read_text()) for name in made(text)}
    assert found == set(NAMES)


def test_a_figure_that_is_not_in_the_list_is_found() -> None:
    assert list(made('x = Counter("leads_lost", "oh")')) == ["leads_lost_total"]
    assert "leads_lost_total" not in NAMES


def test_what_took_long_is_noted_and_a_replay_is_not() -> None:
    figure = Histogram("noted_seconds", "Of this test", registry=None, buckets=(1, 10))
    for since in (NOW - 300, NOW - 5_000, NOW + 50, NOW - 86_400_000):
        waited(figure, since, from_millis(NOW))
    counted = {
        sample.labels["le"]: sample.value
        for metric in figure.collect()
        for sample in metric.samples
        if "le" in sample.labels
    }
    assert counted == {"1.0": 2, "10.0": 3, "+Inf": 3}


def test_figures_are_made_once() -> None:
    assert metrics() is metrics()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_its_unit(name: str) -> None:
    units = ("_seconds", "_total", "_events", "_rows", "_keys", "_states", "_held", "_up")
    assert name.endswith(units)
