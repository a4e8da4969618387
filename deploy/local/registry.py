"""Apicurio Registry as a local process, spoken to by its Confluent-compatible API."""

import os
from pathlib import Path

from deploy.local import fetch
from deploy.local.free_ports import free_port
from deploy.local.home import folder, need_port, serves
from deploy.local.process import Process


class Registry:
    """The registry of a home; its data is a file database."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home / "registry"
        self.port = port
        self.process = Process(home, "registry")

    @property
    def url(self) -> str:
        """Base address of the Confluent-compatible API."""
        return f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def start(self) -> None:
        """Starts it where it does not run; does not wait."""
        if self.process.running():
            return
        need_port(self.port, "registry")
        flags = [
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--add-opens",
            "java.base/java.lang=ALL-UNNAMED",
        ]
        logging = "-Djava.util.logging.manager=org.jboss.logmanager.LogManager"
        jar = fetch.registry_app() / "quarkus-run.jar"
        self.process.start([fetch.JAVA, *flags, logging, "-jar", jar], {**os.environ, **self.environment()})

    def environment(self) -> dict[str, str]:
        """Its settings; the compatibility rule holds for every subject."""
        return {
            "QUARKUS_HTTP_HOST": "127.0.0.1",
            "QUARKUS_HTTP_ACCESS_LOG_ENABLED": "false",
            "QUARKUS_HTTP_PORT": str(self.port),
            "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
            "QUARKUS_MANAGEMENT_PORT": str(free_port()),
            "APICURIO_DATASOURCE_URL": f"jdbc:h2:file:{folder(self.home)}/registry",
            "APICURIO_IMPORT_WORK_DIR": str(folder(self.home / "import")),
            "APICURIO_STORAGE_SNAPSHOT_LOCATION": str(folder(self.home / "snapshots")),
            "APICURIO_RULES_GLOBAL_COMPATIBILITY": "FULL_TRANSITIVE",
        }

    def wait(self) -> None:
        """Blocks until it answers, about 4 s after its start."""
        self.process.wait_until(self.answers, seconds=120)

    def answers(self) -> bool:
        """Whether it serves subjects."""
        return serves(self.port, "/apis/ccompat/v7/subjects")

    def stop(self) -> None:
        """Ends it; data stays. Blocks."""
        self.process.stop()
