"""What other services tell, given to a service's consumer batch by batch."""

from typing import Any
from uuid import UUID

from chassis.consumer import Consumers, Decoder, RawRecord, offsets
from chassis.consumer.worker import Worker
from chassis.headers import cloud_event
from chassis.ids import NOBODY, new_id
from tests.services.house import ACME, House


class Feed:
    """One partition of every topic that the service reads."""

    def __init__(self, house: House) -> None:
        process: Any = house
        consumers = house.service.declared(process)
        assert isinstance(consumers, Consumers)
        self._house = house
        self._decoder = Decoder(house.codec, house.catalogue, consumers.group)
        self._worker = Worker(house.database, consumers)
        self._next = {(topic, 0): 0 for topic in consumers.topics}
        with house.database.unit_of_work(NOBODY, "system:test") as uow:
            offsets.create(uow.session, consumers.group, dict.fromkeys(self._next, (0, "test")))

    def event(self, topic: str, type: str, about: UUID, **fields: Any) -> RawRecord:
        """An event of something, by the contract's example but for these fields."""
        told = self._house.told_by_contract(topic, type, **{"event_id": str(new_id()), **fields})
        name = self._house.catalogue.full_name(topic, type)
        headers = cloud_event(id=told["event_id"], type=name, source="/test")
        value = self._house.codec.encode(topic, type, told)
        return RawRecord(topic, 0, 0, f"{ACME}:{about}".encode(), value, list(headers), -1)

    def lead(self, type: str, lead: UUID, version: int, **fields: Any) -> RawRecord:
        """An event of a lead."""
        return self.event("leads.lead", type, lead, **{"lead_id": str(lead), "version": version, **fields})

    def take(self, *told: RawRecord) -> None:
        """The service consumes a batch; what was told before is told again then."""
        ahead = dict(self._next)
        items = []
        for raw in told:
            items.append(self._decoder.decode(raw._replace(offset=ahead[raw.position])))
            ahead[raw.position] += 1
        self._worker.process(items, self._next)

    @property
    def letters(self) -> list[str]:
        """Causes of what was put aside."""
        return [cause for (cause,) in self._house.rows("SELECT cause FROM dead_letters")]
