"""The rules that the tree shows, each with a case that makes its check fail."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.conftest import WHOLE_SYSTEM

ROOT = Path(__file__).parents[1]
SERVICES = sorted(p.parent.name for p in ROOT.glob("services/*/__init__.py"))
PURE = sorted(
    p
    for pattern in ("domain", "scoring", "alerting", "conversion")
    for p in [*ROOT.glob(f"services/*/{pattern}.py"), *ROOT.glob(f"services/*/{pattern}/*.py")]
)
CODE = sorted(p for folder in ("chassis", "services") for p in (ROOT / folder).rglob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    """Names of the modules that a tree imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def outside_standard_library(source: str, own: str) -> list[str]:
    """Imports of a pure room that are neither standard library nor the room's own package."""
    return [
        name
        for name in imported(ast.parse(source))
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(own)
    ]


def commits(source: str) -> list[int]:
    """Lines that call something named commit."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]


CREATORS = {"create_engine", "FastAPI", "Producer", "Consumer", "AdminClient", "Database", "App", "load"}


def created_at_import(source: str) -> list[str]:
    """Engines, brokers, settings and apps that a module makes when it is imported."""
    return [
        name
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        for name in [getattr(node.func, "id", getattr(node.func, "attr", ""))]
        if name in CREATORS
    ]


def careless_producer(source: str) -> bool:
    """Whether a module takes Kafka's producer without the settings that keep what was acknowledged."""
    taken = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    return ("confluent_kafka", "Producer") in taken and ("chassis.durable", "DURABLE") not in taken


def topics_named(source: str, topics: set[str]) -> set[str]:
    """Topics of the contract that a source names as a literal."""
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in topics
    }


@pytest.mark.parametrize("path", PURE, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_pure_room_imports_the_standard_library_only(path: Path) -> None:
    own = ".".join(path.relative_to(ROOT).parts[:3]).removesuffix(".py")
    assert outside_standard_library(path.read_text(), own) == []


def test_a_pure_room_that_imports_sqlalchemy_is_found() -> None:
    assert outside_standard_library("import json\nimport sqlalchemy.orm", "services.leads.domain")


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_outside_the_chassis_commits(name: str) -> None:
    found = {str(p): commits(p.read_text()) for p in (ROOT / "services" / name).rglob("*.py")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_commit_is_found() -> None:
    assert commits("def convert(session):\n    session.commit()\n") == [2]


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_created_at_import(path: Path) -> None:
    assert created_at_import(path.read_text()) == []


def test_an_engine_made_at_import_is_found() -> None:
    assert created_at_import("engine = create_engine('postgresql://')") == ["create_engine"]


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_producer_keeps_what_the_broker_acknowledged(path: Path) -> None:
    assert not careless_producer(path.read_text())


def test_a_careless_producer_is_found() -> None:
    assert careless_producer("from confluent_kafka import Producer as Client\nClient({})")


ROOMS = {"__init__", "__main__", "settings", "domain", "commands", "queries", "models", "events", "api"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_the_same_rooms(name: str) -> None:
    here = {p.stem for p in (ROOT / "services" / name).iterdir()}
    assert here >= {*ROOMS, "consumers", "migrations"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_composition_root_fits_on_a_screen(name: str) -> None:
    assert len((ROOT / "services" / name / "__main__.py").read_text().splitlines()) <= 30


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_touches_only_topics_that_the_contract_gives_it(name: str) -> None:
    """topics.yaml tells the truth about owners and readers, in both directions."""
    contract = yaml.safe_load((ROOT / "schemas/topics.yaml").read_text())["topics"]
    given = {t for t, c in contract.items() if concerns(name, c)}
    named = {
        topic
        for p in (ROOT / "services" / name).rglob("*.py")
        for topic in topics_named(p.read_text(), set(contract))
    }
    # the chassis itself follows the clock and owns the repair and dead-letter plumbing
    plumbing = {"clock.tick", f"{name}.repair", f"{name}.dead-letter", f"{name}.subject-key"}
    assert named - given == set(), "used without being owner or reader"
    assert given - named - plumbing == set(), "promised in topics.yaml and not used"


def concerns(service: str, topic: dict[str, object]) -> bool:
    """Whether the service, or a processor of it, owns or reads the topic."""
    readers = topic["readers"]
    assert isinstance(readers, list)
    return service in {str(name).split("/")[0] for name in [topic["owner"], *readers]}


def test_a_foreign_topic_is_found() -> None:
    assert topics_named("TOPIC = 'leads.lead'", {"leads.lead"}) == {"leads.lead"}
    assert not concerns("accounts", {"owner": "leads", "readers": ["leads/scoring"]})


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the import contracts of the repository over a folder."""
    tool = str(Path(sys.executable).with_name("lint-imports"))
    command = [tool, "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_import_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


def test_a_service_that_imports_another_breaks_a_contract(tmp_path: Path) -> None:
    for package in ("chassis", "cli", "deploy", "services", *(f"services/{name}" for name in SERVICES)):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "services/leads/domain.py").write_text("import services.engagement\nimport confluent_kafka\n")
    result = lint(tmp_path)
    assert result.returncode == 1
    assert "Services share schemas and chassis, never each other's code BROKEN" in result.stdout
    assert "Only the chassis speaks to Kafka, Faust and Avro BROKEN" in result.stdout


def test_whatever_stands_on_the_whole_system_is_played_by_one_process() -> None:
    asks = "tests.world import World"
    asking = [path for path in (ROOT / "tests").rglob("test_*.py") if asks in path.read_text()]
    named = [str(path.relative_to(ROOT)) for path in asking if path != Path(__file__)]
    assert [name for name in named if not name.startswith(WHOLE_SYSTEM)] == []
