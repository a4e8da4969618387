"""The command as a person and a script use it, on a running system."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest

from deploy.local.process import Process
from deploy.local.supervisor import watches
from tests.world import World, eventually


def say(*words: str) -> str:
    """What the command prints; fails when it ends badly."""
    command = [str(Path(sys.executable).with_name("salescompass")), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def pids(world: World) -> dict[str, int]:
    """Every process of the system that runs."""
    known = (Process(world.home, file.stem) for file in (world.home / "pids").glob("*.json"))
    return {process.name: found.pid for process in known if (found := process.running())}


def test_a_second_up_changes_nothing(world: World) -> None:
    before = pids(world)
    assert "It is up already." in say("up")
    assert pids(world) == before


def test_tools_find_the_system_by_info(world: World) -> None:
    at = json.loads(say("info", "--json"))
    assert httpx.get(f"{at['gateway']}/livez").is_success
    assert httpx.get(f"{at['registry']}/subjects").json()
    with psycopg.connect(at["databases"]["leads"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("leads_app",)


def test_token_and_write_key_print_the_value_alone(world: World) -> None:
    bearer, key = say("token", "--tenant", "globex", "--user", "max"), say("write-key", "--tenant", "acme")
    assert bearer.count("\n") == key.count("\n") == 1
    mine = httpx.get(
        f"{world.system.gateway_url}/api/leads", headers={"authorization": f"Bearer {bearer.strip()}"}
    )
    assert mine.is_success
    sent = {"userId": "u", "event": "Signed Up", "messageId": "a"}
    assert httpx.post(f"{world.system.gateway_url}/v1/track", json=sent, auth=(key.strip(), "")).is_success
    assert say("write-key", "--tenant", "acme") == key


def test_a_user_that_was_never_seeded_is_told_who_was(world: World) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        say("token", "--user", "eve")
    assert "seeded are acme/ana" in refused.value.stderr
    assert refused.value.returncode == 1


def test_a_killed_process_of_the_system_comes_back_and_its_restart_is_counted(world: World) -> None:
    before = pids(world)["gateway"]
    found = world.system.gateway().process.running()
    assert found is not None
    found.kill()
    after = eventually(lambda: pids(world).get("gateway"), lambda pid: pid not in {None, before})
    assert after != before
    eventually(world.system.gateway().ready, bool)
    assert json.loads((world.home / "status.json").read_text())["gateway"] >= 1


def test_everything_that_runs_is_watched(world: World) -> None:
    assert {watch.process.name for watch in watches(world.system)} | {"supervisor"} == set(pids(world))
