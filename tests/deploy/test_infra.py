"""The parts that the system stands on start, answer and keep to themselves."""

import os
import socket
from pathlib import Path

import psycopg
import pytest

from deploy.local.home import SetupError, need_port, need_space
from deploy.local.process import Process
from tests.conftest import Databases


def test_a_service_role_is_neither_owner_nor_above_row_security(database: Databases) -> None:
    urls = database("leads")
    with psycopg.connect(urls["app"]) as connection:
        rights = connection.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert rights.fetchone() == ("leads_app", False, False)


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SetupError, match="KAFKA_PORT"):
            need_port(taken.getsockname()[1], "kafka")


def test_a_full_disk_is_told_before_the_start(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="make room"):
        need_space(tmp_path, 10**9)


def test_a_pid_that_another_program_got_is_not_ours(tmp_path: Path) -> None:
    process = Process(tmp_path, "kafka")
    process.pid_file.write_text(f'{{"pid": {os.getpid()}, "born": 1.0}}')
    assert process.running() is None
    process.stop()
    assert not process.pid_file.exists()


def test_a_process_that_dies_at_its_start_says_why(tmp_path: Path) -> None:
    process = Process(tmp_path, "registry")
    process.start(["/bin/sh", "-c", "echo no such database; exit 3"])
    with pytest.raises(SetupError, match="no such database"):
        process.wait_until(lambda: False)
