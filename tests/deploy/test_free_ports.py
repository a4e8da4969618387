"""Free ports: nobody else's now, and nobody else's until their server is up."""

import subprocess
import sys
from pathlib import Path

from deploy.local.free_ports import free_port

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
ASK = "from deploy.local.free_ports import free_port; print(*(free_port() for _ in range(300))); input()"


def test_no_outgoing_connection_takes_a_port_before_its_server_is_up() -> None:
    lowest = int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else 32_768
    assert all(free_port() < lowest for _ in range(50))


def test_two_processes_never_get_the_same_port() -> None:
    asked = [
        subprocess.Popen(
            [sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    ports: list[str] = []
    for one in asked:
        assert one.stdout is not None
        ports += one.stdout.readline().split()
    for one in asked:
        one.communicate("\n")
    assert len(ports) == 4 * 300
    assert len(set(ports)) == len(ports)
