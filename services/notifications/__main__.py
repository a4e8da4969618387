"""Composition root: python -m services.notifications api|consume|relay|stream|clock|send|migrate"""

from chassis.service import Service, main
from services.notifications.api import ERRORS, router
from services.notifications.consumers import consumers
from services.notifications.processors import AlertFold
from services.notifications.sender import run_sender
from services.notifications.settings import NotificationsSettings
from services.notifications.ticking import run_clock

SERVICE = Service(
    name="notifications",
    settings=NotificationsSettings,
    migrations="services.notifications.migrations",
    routers=(router,),
    errors=ERRORS,
    consumers=consumers,
    processors=(AlertFold(),),
    extra_roles={"clock": run_clock, "send": run_sender},
)

if __name__ == "__main__":
    main(SERVICE)
