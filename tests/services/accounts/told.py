"""What other services tell accounts, as test data: leads, their scores, deals."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import millis
from chassis.ids import derived_id, new_id
from services.accounts import commands
from tests.services.house import ACME, House

Record = dict[str, Any]
ANA = derived_id("ana")


@dataclass
class Told:
    """Tells a house of one lead after the other; every event has its own id and the next version."""

    house: House
    versions: dict[str, int] = field(default_factory=dict)

    def lead(self, type: str, lead: UUID, at: datetime | None = None, **fields: Any) -> Record:
        """An event of a lead, and what accounts makes of it."""
        record = {**self._about("lead_id", lead, at), **DEFAULTS.get(type, {}), **fields}
        record.setdefault("created_at", record["occurred_at"])
        record.setdefault("happened_at", record["occurred_at"])
        self.house.run(lambda uow: commands.take_leads(uow, type, [record]))
        return record

    def score(self, lead: UUID, shown: int, sequence: int, epoch: int = 1) -> Record:
        """A score of a lead."""
        record = {
            **self._about("lead_id", lead, None),
            "event_id": f"{lead}:{epoch}:{sequence}",
            "epoch": epoch,
            "sequence": sequence,
            "shown": shown,
        }
        del record["actor"]
        self.house.run(lambda uow: commands.take_scores(uow, [record]))
        return record

    def deal(self, type: str, deal: UUID, account: UUID, at: datetime | None = None, **fields: Any) -> Record:
        """An event of an opportunity."""
        record = {**self._about("opportunity_id", deal, at), **DEAL, "account_id": str(account), **fields}
        record.setdefault("created_at", record["occurred_at"])
        self.house.run(lambda uow: commands.take_deal(uow, type, record))
        return record

    def alert(self, subject: UUID) -> None:
        """An alert about a lead, a deal or an account."""
        at = millis(self.house.clock.now())
        record = {
            "event_id": str(new_id()),
            "subject_id": str(subject),
            "raised_at": at,
            "kind": "stagnation",
        }
        self.house.run(lambda uow: commands.take_alerts(uow, [record]))

    def _about(self, name: str, subject: UUID, at: datetime | None) -> Record:
        version = self.versions[str(subject)] = self.versions.get(str(subject), 0) + 1
        return {
            "event_id": str(new_id()),
            "tenant_id": str(ACME),
            name: str(subject),
            "version": version,
            "occurred_at": millis(at or self.house.clock.now()),
            "actor": f"user:{ANA}",
        }


LEAD: Record = {
    "status": "new",
    "lead_source": "upsell",
    "owner_id": str(ANA),
    "account_id": None,
    "facts": {"esg_interest": "high"},
}
DEFAULTS: dict[str, Record] = {
    "LeadCreated": LEAD,
    "LeadChanged": {**LEAD, "changed": ["account_id"]},
    "LeadStatusChanged": {"previous": "new", "owner_id": str(ANA), "score": 75},
    "LeadActivityLogged": {"activity": "call", "first": True},
    "LeadConverted": {"path": "A", "score": 88, "opportunity_id": None, "contact_id": str(ANA)},
}
DEAL: Record = {
    "title": "Initial Opportunity - ACME GmbH",
    "conversion_id": None,
    "deal_type": "new_business",
    "stage": "prospecting",
    "outcome": "open",
    "amount_minor": 10_000,
    "currency": "EUR",
}
