"""One member of the group as a process of its own: `python -m tests.faults.streams.member '{...}'`."""

import faulthandler
import json
import logging
import signal
import sys
import threading

from chassis.streams.processor import EXIT_FROZEN, host_of, run_processor
from chassis.streams.settings import StreamSettings
from chassis.streams.wire import Frozen
from tests.chassis.streams.sums import Sums, catalogue, offline_codec


def main(prefix: str, **settings: str) -> int:
    """Folds until SIGTERM."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    asked = StreamSettings(**settings)  # type: ignore[arg-type]
    host_of(asked)  # an import does not heed SIGTERM, and on a loaded machine this one takes its time
    print("ready", flush=True)  # noqa: T201
    contract = catalogue(prefix)
    try:
        run_processor(Sums(prefix), asked, offline_codec(contract), contract, stop)
    except Frozen as error:
        logging.warning("%s", error)
        return EXIT_FROZEN
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    sys.exit(main(**json.loads(sys.argv[1])))
