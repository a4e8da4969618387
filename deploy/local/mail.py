"""A mail server that keeps what it gets as files, so that urgent mails can be seen and tested."""

import signal
import sys
import threading
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Keep:
    """Writes each mail as one .eml file, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with a finished mail."""
        name = f"{time.time_ns()}-{envelope.rcpt_tos[0].replace('/', '_')}.eml"
        part = self.folder / f".{name}"
        content = envelope.content or b""
        part.write_bytes(content if isinstance(content, bytes) else content.encode())
        part.rename(self.folder / name)
        return "250 kept"


def main(folder: str, port: str) -> None:
    """Serves until it is asked to end."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    controller = Controller(Keep(Path(folder)), hostname="127.0.0.1", port=int(port))
    controller.start()
    stop.wait()
    controller.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
