"""Apache Kafka as local processes: one node by default, three for the fault tests; loopback only."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import fetch
from deploy.local.free_ports import free_port
from deploy.local.home import SetupError, folder, need_port, need_space
from deploy.local.process import Process

CLUSTER = "5L6g3nShT-eMCtK--X86sw"
LOG4J = """
Configuration:
  Appenders: {Console: {name: OUT, PatternLayout: {pattern: "%d %p %m (%c)%n"}}}
  Loggers: {Root: {level: WARN, AppenderRef: {ref: OUT}}}
"""


def properties(node: "Node", voters: str, copies: int, data: Path) -> str:
    """Server properties of a node that is broker and controller."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": voters,
        "listeners": f"PLAINTEXT://127.0.0.1:{node.port},CONTROLLER://127.0.0.1:{node.controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{node.port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": 4,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": min(copies, 2),
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": min(copies, 2),
        "min.insync.replicas": min(copies, 2),
        "default.replication.factor": copies,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 2000,
        "log.cleaner.backoff.ms": 1000,
        "log.segment.delete.delay.ms": 1000,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


@dataclass
class Node:
    """Number and ports of one node."""

    number: int
    port: int
    controller: int = field(default_factory=free_port)


class Kafka:
    """A cluster of a home."""

    def __init__(self, home: Path, ports: Sequence[int]) -> None:
        self.home = home / "kafka"
        self.nodes = [Node(number + 1, port) for number, port in enumerate(ports)]
        names = ["kafka"] if len(ports) == 1 else [f"kafka-{node.number}" for node in self.nodes]
        self.processes = [Process(home, name) for name in names]

    @property
    def bootstrap(self) -> str:
        """host:port of every node."""
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def start(self) -> None:
        """Starts every node that does not run; blocks until all answer, 2-4 s."""
        for number in range(len(self.nodes)):
            self.start_node(number)
        for node, process in zip(self.nodes, self.processes, strict=True):
            process.wait_until(lambda node=node: answers(node.port))  # type: ignore[misc]

    def start_node(self, number: int) -> None:
        """Starts one node, by its place in the list, without waiting; a no-op when it runs."""
        node, process = self.nodes[number], self.processes[number]
        if process.running():
            return
        need_port(node.port, "kafka")
        need_space(self.home, 500)
        (folder(self.home) / "log4j2.yaml").write_text(LOG4J)
        data = self.home / f"data-{node.number}"
        file = self.home / f"node-{node.number}.properties"
        voters = ",".join(f"{n.number}@127.0.0.1:{n.controller}" for n in self.nodes)
        file.write_text(properties(node, voters, len(self.nodes), data))
        if not (data / "meta.properties").exists():
            run_java(
                "kafka.tools.StorageTool",
                "format",
                "-t",
                CLUSTER,
                "-c",
                str(file),
                log=self.home / "log4j2.yaml",
            )
        process.start(java("kafka.Kafka", str(file), log=self.home / "log4j2.yaml"))

    def stop(self) -> None:
        """Ends every node; data stays. Blocks."""
        for process in self.processes:
            process.stop()


def java(main: str, *arguments: str, log: Path) -> list[str]:
    """The command that runs a Kafka tool on the packaged Java; KAFKA_JVM_FLAGS replaces the fast start."""
    flags = [
        "-Xmx384m",
        "-Xms128m",
        "-XX:+UseSerialGC",
        "-Djava.net.preferIPv4Stack=true",
        *os.environ.get("KAFKA_JVM_FLAGS", "-XX:TieredStopAtLevel=1").split(),
    ]
    jars = f"{fetch.kafka_jars()}/*"
    return [str(fetch.JAVA), *flags, f"-Dlog4j2.configurationFile={log}", "-cp", jars, main, *arguments]


def run_java(main: str, *arguments: str, log: Path) -> None:
    """Runs a Kafka tool to its end; raises `SetupError` with what it said."""
    ran = subprocess.run(java(main, *arguments, log=log), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SetupError(f"{main} failed:\n{ran.stderr[-2000:]}{ran.stdout[-2000:]}")


def answers(port: int) -> bool:
    """Whether the broker serves metadata."""
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0})
    try:
        return bool(admin.list_topics(timeout=1).brokers)
    except Exception:  # the client raises KafkaException for whatever is not ready yet
        return False
