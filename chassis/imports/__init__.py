"""Files that become things of a service (F4): read, mapped, tried, taken in by a worker, resumed.

    create_imports(op)                                          # in a migration: the tables
    extra_roles={"import": import_role(LEADS)}                  # in the composition root: the worker,
                 "prune": prune_role(prune_files)}              # and what drops files that nobody starts
    import_router(Door(LEADS, WRITERS, ...))                    # from chassis.http.imports: the routes

What rows become is said by an `Importable`. A chunk of rows is one transaction: its things, their events, the
rows that were refused and the position are one. So an import that is killed goes on where it was, and what
a member does that lost its claim does not count.
"""

from chassis.imports.contract import Importable, Outcome, Plan, Read, Result
from chassis.imports.forgetting import GIVEN_UP, forget_rows
from chassis.imports.importer import CHUNK, Importer, import_role
from chassis.imports.jobs import (
    ImportNotFound,
    ImportNotNow,
    cancel_import,
    content_of,
    get_import,
    list_imports,
    plan_of,
    refused_rows,
    start_import,
    store_import,
)
from chassis.imports.mapping import Fault, Headers, odd_cells, said_in
from chassis.imports.pruning import ImportDays, find_idle_files, prune_files
from chassis.imports.reading import (
    LARGEST,
    Encoding,
    Row,
    Sheet,
    Unreadable,
    decoded,
    read_sheet,
    rows_of,
)
from chassis.imports.table import Import, create_imports
from chassis.imports.work import Claim, ClaimLost, claim_import, take_chunk
from chassis.imports.writing import as_csv, harmless

__all__ = [
    "CHUNK",
    "GIVEN_UP",
    "LARGEST",
    "Claim",
    "ClaimLost",
    "Encoding",
    "Fault",
    "Headers",
    "Import",
    "ImportDays",
    "ImportNotFound",
    "ImportNotNow",
    "Importable",
    "Importer",
    "Outcome",
    "Plan",
    "Read",
    "Result",
    "Row",
    "Sheet",
    "Unreadable",
    "as_csv",
    "cancel_import",
    "claim_import",
    "content_of",
    "create_imports",
    "decoded",
    "find_idle_files",
    "forget_rows",
    "get_import",
    "harmless",
    "import_role",
    "list_imports",
    "odd_cells",
    "plan_of",
    "prune_files",
    "read_sheet",
    "refused_rows",
    "rows_of",
    "said_in",
    "start_import",
    "store_import",
    "take_chunk",
]
