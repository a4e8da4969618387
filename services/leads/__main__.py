"""Composition root: python -m services.leads api|consume|relay|stream|import|prune|migrate"""

from chassis.imports import import_role, prune_files
from chassis.pruning import prune_role
from chassis.service import Service, main
from services.leads.api import ERRORS, ROUTERS
from services.leads.api.rows import LEAD_ROWS
from services.leads.consumers import consumers
from services.leads.processors import ScoringFold
from services.leads.settings import LeadsSettings

SERVICE = Service(
    name="leads",
    settings=LeadsSettings,
    migrations="services.leads.migrations",
    routers=ROUTERS,
    errors=ERRORS,
    consumers=consumers,
    processors=(ScoringFold(),),
    extra_roles={"import": import_role(LEAD_ROWS), "prune": prune_role(prune_files)},
    subject_keys="leads.subject-key",
)

if __name__ == "__main__":
    main(SERVICE)
