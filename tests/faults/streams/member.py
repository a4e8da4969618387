"""One member of the group as a process of its own: `python -m tests.faults.streams.member '{...}'`."""

import faulthandler
import json
import logging
import signal
import sys
import threading

from chassis.streams.processor import EXIT_FROZEN, run_processor
from chassis.streams.settings import StreamSettings
from chassis.streams.wire import Frozen
from tests.chassis.streams.sums import Sums, catalogue, offline_codec


def main(prefix: str, **settings: str) -> int:
    """Folds until SIGTERM."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    print("ready", flush=True)  # noqa: T201 - from here on it heeds SIGTERM
    contract = catalogue(prefix)
    try:
        run_processor(Sums(prefix), StreamSettings(**settings), offline_codec(contract), contract, stop)  # type: ignore[arg-type]
    except Frozen as error:
        logging.warning("%s", error)
        return EXIT_FROZEN
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    sys.exit(main(**json.loads(sys.argv[1])))
