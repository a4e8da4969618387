"""Composition root: python -m services.accounts api|consume|relay|import|prune|migrate"""

from chassis.imports import import_role, prune_files
from chassis.pruning import prune_role
from chassis.service import Service, main
from services.accounts.api import ERRORS, ROUTERS
from services.accounts.api.rows import ACCOUNT_ROWS
from services.accounts.consumers import consumers
from services.accounts.settings import AccountsSettings

SERVICE = Service(
    name="accounts",
    settings=AccountsSettings,
    migrations="services.accounts.migrations",
    routers=ROUTERS,
    errors=ERRORS,
    consumers=consumers,
    extra_roles={"import": import_role(ACCOUNT_ROWS), "prune": prune_role(prune_files)},
    subject_keys="accounts.subject-key",
)

if __name__ == "__main__":
    main(SERVICE)
