"""Composition root: python -m services.engagement api|consume|relay|prune|migrate"""

from chassis.pruning import prune_role
from chassis.service import Service, main
from services.engagement.api import ERRORS, ROUTERS
from services.engagement.consumers import consumers
from services.engagement.pruning import prune
from services.engagement.settings import EngagementSettings
from services.engagement.write_keys import doorkeeper

SERVICE = Service(
    name="engagement",
    settings=EngagementSettings,
    migrations="services.engagement.migrations",
    routers=ROUTERS,
    errors=ERRORS,
    consumers=consumers,
    extra_roles={"prune": prune_role(prune)},
    api_probe=lambda runtime: doorkeeper(runtime).check_open,
)

if __name__ == "__main__":
    main(SERVICE)
