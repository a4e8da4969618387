"""The role `import`: takes uploaded files in, chunk by chunk, for every tenant in turn."""

import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError

from chassis.db import Contended, DatabaseUnavailable
from chassis.ids import NOBODY
from chassis.imports import work
from chassis.imports.contract import Importable, Read
from chassis.imports.jobs import content_of
from chassis.imports.reading import rows_of
from chassis.imports.work import Claim, ClaimLost

if TYPE_CHECKING:
    from chassis.service import Role

Entry = TypeVar("Entry")
log = structlog.get_logger(__name__)

ACTOR = "system:import"
CHUNK = 500
TURN = 5.0
"""Seconds after which the next tenant has its turn."""
IDLE = 0.5


def import_role(kind: Importable[Any]) -> "Role":
    """A role that takes in files of a kind until it is told to stop; a chunk under way is finished."""

    def run(runtime: Any, stop: Event) -> None:
        importer = Importer(runtime, kind, stop)
        while not stop.is_set():
            try:
                busy = importer.import_due()
            except (DatabaseUnavailable, Contended) as error:
                log.warning("database_away", cause=str(error))
                busy = False
            if not busy:
                stop.wait(IDLE)

    return run


class Importer(Generic[Entry]):
    """Claims an import, takes in its rows, gives it back."""

    def __init__(self, runtime: Any, kind: Importable[Entry], stop: Event) -> None:
        self._database, self._vault, self._clock = runtime.database, runtime.vault, runtime.clock
        self._kind, self._stop = kind, stop

    def import_due(self) -> bool:
        """One turn for every tenant that waits; whether any did. Raises DatabaseUnavailable, Contended."""
        tenants = self._database.run(NOBODY, ACTOR, work.tenants_with_due_imports)
        for tenant in tenants:
            if claim := self._database.run(tenant, ACTOR, work.claim_import):
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
            self._database.run(tenant, ACTOR, partial(work.release_import, claim=claim))
        except Exception:  # a file must not keep the others out for ever
            log.exception("import_failed", id=str(claim.id))
            detail = "The rows after the last one that is done could not be taken in."
            self._database.run(tenant, ACTOR, partial(work.fail_import, claim=claim, detail=detail))

    def _take_in(self, tenant: UUID, claim: Claim) -> None:
        text = self._database.run(tenant, ACTOR, partial(content_of, id=claim.id))
        ends = time.monotonic() + TURN
        for chunk in self.chunks(text, claim):
            taken = partial(work.take_chunk, vault=self._vault, kind=self._kind, claim=claim, chunk=chunk)
            self._database.run(tenant, claim.actor, taken)
            if self._stop.is_set() or time.monotonic() > ends:
                self._database.run(tenant, ACTOR, partial(work.release_import, claim=claim))
                return
        self._database.run(tenant, claim.actor, partial(work.end_import, claim=claim))

    def chunks(self, text: str, claim: Claim) -> Iterator[list[Read[Entry]]]:
        """The rows that are not done yet, read."""
        ahead = islice(rows_of(text, claim.separator), claim.position + 1, None)
        while some := list(islice(ahead, CHUNK)):
            yield [self._kind.read(row, claim.plan, self._clock.now()) for row in some]
