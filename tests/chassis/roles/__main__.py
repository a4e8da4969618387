"""python -m tests.chassis.roles <role> ..."""

import os
import threading
import time

from chassis.http import Router, accepts
from chassis.runtime import Runtime
from chassis.service import Service, main
from chassis.settings import Settings

router = Router(prefix="/api/sample", tags=["sample"])


class RolesSettings(Settings, service="sample"):
    """Shared settings."""


@router.get("/slow")
@accepts(public=True)
def slow() -> dict[str, bool]:
    """Answers after a while, and says in a file that it has begun."""
    with open(os.environ["MARK"], "w"):  # noqa: PTH123
        pass
    time.sleep(2)
    return {"done": True}


def steady(runtime: Runtime, stop: threading.Event) -> None:
    """Ends when told."""
    stop.wait()


def failing(runtime: Runtime, stop: threading.Event) -> None:
    """Fails after a moment."""
    stop.wait(0.5)
    raise LookupError("lost")


def stuck(runtime: Runtime, stop: threading.Event) -> None:
    """Does not listen."""
    threading.Event().wait()


if __name__ == "__main__":
    main(
        Service(
            name="sample",
            settings=RolesSettings,
            migrations="tests.chassis.sample.migrations",
            routers=(router,),
            extra_roles={"steady": steady, "failing": failing, "stuck": stuck},
        )
    )
