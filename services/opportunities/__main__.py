"""Composition root: python -m services.opportunities api|consume|relay|migrate"""

from chassis.service import Service, main
from services.opportunities.api import ERRORS, ROUTERS
from services.opportunities.consumers import consumers
from services.opportunities.settings import OpportunitiesSettings

SERVICE = Service(
    name="opportunities",
    settings=OpportunitiesSettings,
    migrations="services.opportunities.migrations",
    routers=ROUTERS,
    errors=ERRORS,
    consumers=consumers,
)

if __name__ == "__main__":
    main(SERVICE)
