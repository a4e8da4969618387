import json
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.catalogue import (
    Catalogue,
    Incompatible,
    NotFound,
    Registry,
    RegistryUnavailable,
    register_schemas,
)
from chassis.catalogue.contract import ROOT


@pytest.fixture
def client(registry: str) -> Iterator[Registry]:
    with Registry(registry) as client:
        yield client


def test_registering_twice_gives_the_same_ids(client: Registry) -> None:
    catalogue = Catalogue.load()
    assert register_schemas(catalogue, client) == register_schemas(catalogue, client)


def test_a_schema_that_would_break_readers_is_refused_by_the_registry(
    client: Registry, tmp_path: Path
) -> None:
    """F11: at deploy time, before anything is produced with it."""
    register_schemas(Catalogue.load(), client)
    shutil.copytree(ROOT, tmp_path / "schemas")
    file = tmp_path / "schemas/leads/lead_score_adjusted.v1.avsc"
    schema = json.loads(file.read_text())
    schema["fields"].append({"name": "weight", "type": "int", "doc": "Has no default."})
    file.with_name("lead_score_adjusted.v2.avsc").write_text(json.dumps(schema))
    with pytest.raises(Incompatible):
        register_schemas(Catalogue.load(tmp_path / "schemas"), client)


def test_what_is_not_there_is_said_so(client: Registry) -> None:
    with pytest.raises(NotFound):
        client.schema(900_000_000)
    with pytest.raises(NotFound):
        client.find("nobody-knows", {"type": "record", "name": "Nobody", "fields": []})
    assert client.ping()


def test_a_registry_that_is_silent_is_not_waited_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """F13: a time-out, then an open circuit."""
    monkeypatch.setattr("chassis.catalogue.registry.ANSWER_SECONDS", 0.3)
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, Registry(f"http://127.0.0.1:{silent.getsockname()[1]}") as client:
        with pytest.raises(RegistryUnavailable):
            client.schema(1)
        began = time.monotonic()
        with pytest.raises(RegistryUnavailable, match="a moment ago"):
            client.schema(1)
        assert time.monotonic() - began < 0.1
        assert not client.ping()
