"""The role `import`: takes uploaded files in, chunk by chunk, for every tenant in turn."""

import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from threading import Event
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError

from chassis.db import Contended, DatabaseUnavailable
from chassis.ids import NOBODY
from chassis.runtime import Runtime
from services.leads.api.rows import read_row
from services.leads.commands import imports
from services.leads.commands.imports import Claim, ClaimLost, Read
from services.leads.importing import rows_of

log = structlog.get_logger(__name__)

ACTOR = "system:import"
CHUNK = 500
TURN = 5.0
"""Seconds after which the next tenant has its turn."""
IDLE = 0.5


def run_imports(runtime: Runtime, stop: Event) -> None:
    """Works until `stop` is set; a chunk under way is finished. Blocks."""
    importer = Importer(runtime, stop)
    while not stop.is_set():
        try:
            busy = importer.import_due()
        except (DatabaseUnavailable, Contended) as error:
            log.warning("database_away", cause=str(error))
            busy = False
        if not busy:
            stop.wait(IDLE)


class Importer:
    """Claims an import, takes in its rows, gives it back."""

    def __init__(self, runtime: Any, stop: Event) -> None:
        self._database, self._vault, self._stop = runtime.database, runtime.vault, stop
        self._clock = runtime.clock

    def import_due(self) -> bool:
        """One turn for every tenant that waits; whether any did. Raises DatabaseUnavailable, Contended."""
        tenants = self._database.run(NOBODY, ACTOR, imports.tenants_with_due_imports)
        for tenant in tenants:
            if claim := self._database.run(tenant, ACTOR, imports.claim_import):
                self._take_turn(tenant, claim)
        return bool(tenants)

    def _take_turn(self, tenant: UUID, claim: Claim) -> None:
        try:
            self._take_in(tenant, claim)
        except ClaimLost:
            log.info("import_claim_lost", id=str(claim.id))
        except (DatabaseUnavailable, Contended):
            raise
        except OperationalError as error:  # a chunk that took too long on a busy database is taken in later
            log.warning("import_put_off", id=str(claim.id), cause=type(error.orig).__name__)
            self._database.run(tenant, ACTOR, partial(imports.release_import, claim=claim))
        except Exception:  # a file must not keep the others out for ever
            log.exception("import_failed", id=str(claim.id))
            detail = "The rows after the last one that is done could not be taken in."
            self._database.run(tenant, ACTOR, partial(imports.fail_import, claim=claim, detail=detail))

    def _take_in(self, tenant: UUID, claim: Claim) -> None:
        text = self._database.run(tenant, ACTOR, partial(imports.content_of, id=claim.id))
        ends = time.monotonic() + TURN
        for chunk in self.chunks(text, claim):
            work = partial(imports.take_chunk, vault=self._vault, claim=claim, chunk=chunk)
            self._database.run(tenant, claim.actor, work)
            if self._stop.is_set() or time.monotonic() > ends:
                self._database.run(tenant, ACTOR, partial(imports.release_import, claim=claim))
                return
        self._database.run(tenant, claim.actor, partial(imports.end_import, claim=claim))

    def chunks(self, text: str, claim: Claim) -> Iterator[list[Read]]:
        """The rows that are not done yet, read."""
        ahead = islice(rows_of(text, claim.separator), claim.position + 1, None)
        while some := list(islice(ahead, CHUNK)):
            yield [read_row(row, claim.plan, claim.owner_id, self._clock.now()) for row in some]
