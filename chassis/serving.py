"""An ASGI app on a port, until told to stop. Knows nothing of what the app does."""

import socket
import threading
from typing import Any

import structlog
import uvicorn

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 0.3
"""Between "not ready" and the closed door: who still has the old address gets an answer."""
FINISH_SECONDS = 8
"""For so long requests that were begun may go on."""
IDLE_SECONDS = 75
BACKLOG = 512


class PortTaken(OSError):
    """The port belongs to another process."""


def serve(app: Any, host: str, port: int, stop: threading.Event) -> None:
    """Serves in any thread until `stop`; finishes what began, 8 seconds at most. Raises PortTaken."""
    listening = _listen(host, port)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=FINISH_SECONDS,
            backlog=BACKLOG,
        )
    )
    watcher = threading.Thread(target=_stop_server, args=(server, stop), name="serve-stop", daemon=True)
    watcher.start()
    log.info("serving", port=listening.getsockname()[1])
    server.run(sockets=[listening])
    if not stop.is_set():
        raise RuntimeError("the server ended by itself; its log says why")


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise PortTaken(f"port {port} of {host}: {error.strerror}") from error


def _stop_server(server: uvicorn.Server, stop: threading.Event) -> None:
    stop.wait()
    threading.Event().wait(DRAIN_SECONDS)
    server.should_exit = True
