"""The notes service as a process of its own, for tests that kill it: python -m … <database> <keys> <port>."""

import sys
import threading
from dataclasses import dataclass

from chassis.clock import SystemClock
from chassis.db import Database
from chassis.http import create_app
from chassis.serving import serve
from chassis.telemetry import configure_logging
from tests.chassis.http.conftest import Service, Settings


@dataclass(frozen=True)
class Runtime:
    """What the edge uses of a process."""

    settings: Settings
    database: Database


if __name__ == "__main__":
    url, jwks, port = sys.argv[1:]
    configure_logging("notes", "member")
    app = create_app(Service(), Runtime(Settings(jwks), Database(url, clock=SystemClock())))
    serve(app, "127.0.0.1", int(port), threading.Event())
