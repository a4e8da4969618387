"""Kafka and PostgreSQL as containers, for TEST_INFRA=testcontainers; needs a Docker engine.

TESTCONTAINERS_RYUK_DISABLED=true where testcontainers' own reaper image is not to be had.
"""

import io
import os
import tarfile
from typing import Any

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy.local.postgres import Postgres

KAFKA_IMAGE = os.environ.get("KAFKA_IMAGE", "apache/kafka:4.3.1")
POSTGRES_IMAGE = os.environ.get("POSTGRES_IMAGE", "postgres:17-alpine")
START = "/tmp/start.sh"  # noqa: S108  inside the container
KAFKA_SETTINGS = {
    "NODE_ID": "1",
    "PROCESS_ROLES": "broker,controller",
    "LISTENERS": "EXTERNAL://:9092,CONTROLLER://:9093",
    "LISTENER_SECURITY_PROTOCOL_MAP": "EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "INTER_BROKER_LISTENER_NAME": "EXTERNAL",
    "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "AUTO_CREATE_TOPICS_ENABLE": "false",
    "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "GROUP_MIN_SESSION_TIMEOUT_MS": "2000",
    "HEAP_OPTS": "-Xmx384m -Xms128m",
}


class KafkaContainer(DockerContainer):
    """One KRaft node. Its outer port is known only once it runs: it waits for a script with the address."""

    def __init__(self) -> None:
        super().__init__(KAFKA_IMAGE)
        self.with_exposed_ports(9092)
        for name, value in KAFKA_SETTINGS.items():
            self.with_env(f"KAFKA_{name}", value)
        self.with_command(["sh", "-c", f"while [ ! -f {START} ]; do sleep 0.1; done; exec sh {START}"])

    @property
    def bootstrap(self) -> str:
        """host:port as the tests see it."""
        return f"{self.get_container_host_ip()}:{self.get_exposed_port(9092)}"

    def start(self, *args: Any, **options: Any) -> "KafkaContainer":
        """Starts it and blocks until the broker serves."""
        super().start(*args, **options)
        listeners = f"KAFKA_ADVERTISED_LISTENERS=EXTERNAL://{self.bootstrap}"
        script = f"export {listeners}\nexec /etc/kafka/docker/run\n"
        self.get_wrapped_container().put_archive("/tmp", archive(START, script))  # noqa: S108
        LogMessageWaitStrategy(r".*Kafka Server started.*").with_startup_timeout(180).wait_until_ready(self)
        return self


def archive(path: str, text: str) -> bytes:
    """A tar file with one executable file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo(path.rsplit("/", 1)[-1])
        entry.size, entry.mode = len(text.encode()), 0o755
        tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


class ContainerPostgres(Postgres):
    """A cluster in a container, with the same databases and roles as the local one."""

    def __init__(self) -> None:
        self.container = PostgresContainer(POSTGRES_IMAGE, username="postgres", driver=None)
        self.container.with_env("POSTGRES_HOST_AUTH_METHOD", "trust")
        self.container.with_command("postgres -c max_connections=300")

    def start(self) -> None:
        """Starts it and blocks until it answers."""
        self.container.start()

    def url(self, role: str, database: str) -> str:
        """Address of a database for a role."""
        host, port = self.container.get_container_host_ip(), self.container.get_exposed_port(5432)
        return f"postgresql://{role}@{host}:{port}/{database}"

    def stop(self) -> None:
        """Ends and removes it."""
        self.container.stop()
