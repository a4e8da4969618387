"""Direct Avro from marketing systems: whose key is it, and on to where the front door's events go."""

from collections.abc import Sequence
from uuid import UUID

from chassis.avro import Codec, Undecodable
from chassis.clock import millis
from chassis.consumer import RawRecord
from chassis.db import UnitOfWork
from chassis.dead_letters.table import Letter, keep
from chassis.ids import derived_id
from chassis.pii import Vault
from services.engagement import events
from services.engagement.commands.rejections import store_rejected
from services.engagement.domain import InvalidEvent
from services.engagement.intake import Intake
from services.engagement.write_keys import Doorkeeper, Grant, UnknownWriteKey

HEADER = "x-write-key"


class Inbound:
    """Forwards records of engagement.inbound under their tenant, or keeps them with the reason."""

    def __init__(self, codec: Codec, vault: Vault, doorkeeper: Doorkeeper, group: str) -> None:
        self._codec, self._vault, self._doorkeeper, self._group = codec, vault, doorkeeper, group

    def forward(self, uow: UnitOfWork, records: Sequence[RawRecord]) -> None:
        """Handles a batch in the caller's transaction. A record without a valid key is a dead letter."""
        known: dict[UUID, tuple[Grant, list[RawRecord]]] = {}
        letters: list[Letter] = []
        for record in records:
            try:
                grant = self._doorkeeper.grant(_write_key(record))
                known.setdefault(grant.key, (grant, []))[1].append(record)
            except UnknownWriteKey as error:
                # the raw key is a secret, right or wrong, and does not go to where people read
                letters.append(Letter.of(self._group, _without_key(record), "write key", str(error)))
        keep(uow, letters)
        for grant, own in known.values():
            with uow.within(grant.tenant) as unit:
                for record in own:
                    self._one(unit, grant, record)

    def _one(self, uow: UnitOfWork, grant: Grant, record: RawRecord) -> None:
        intake = Intake(grant.tenant, grant.source, grant.kinds, millis(uow.now), self._vault.email_hash)
        try:
            _, event = self._codec.decode(events.INBOUND, record.value)
        except Undecodable as error:
            return self._undecodable(uow, intake, record, str(error))
        # a record without an id of its own has its place in the topic, which no resend changes
        event["message_id"] = event["message_id"] or str(derived_id(*record[:3]))
        [outcome] = intake.take_own([event])
        if outcome.fault:
            return store_rejected(uow, outcome.record)
        uow.publish(events.received(outcome.key, outcome.record))
        return None

    @staticmethod
    def _undecodable(uow: UnitOfWork, intake: Intake, record: RawRecord, why: str) -> None:
        place = "/".join(str(part) for part in record[:3])
        outcome = intake.reject(place, InvalidEvent("", why), "avro")
        store_rejected(uow, outcome.record, raw=record.value or b"")


def _write_key(record: RawRecord) -> str:
    """Raises UnknownWriteKey unless there is exactly one readable header."""
    found = [value for name, value in record.headers if name.lower() == HEADER]
    if len(found) != 1 or found[0] is None:
        raise UnknownWriteKey("not one header x-write-key")
    try:
        return found[0].decode()
    except UnicodeDecodeError:
        raise UnknownWriteKey("not the shape of a write key") from None


def _without_key(record: RawRecord) -> RawRecord:
    return record._replace(headers=[pair for pair in record.headers if pair[0].lower() != HEADER])
