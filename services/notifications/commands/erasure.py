"""A person is erased (F109): what people wrote about them into notices, and letters that speak of them."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import update

from chassis.db import UnitOfWork
from chassis.dead_letters import forget_letters
from chassis.pii import Vault
from chassis.traces import Traces, address_of, forget_answers
from services.notifications.models import Alert

UNTOLD: Final = "the reason was erased with the person"


def forget_lead(uow: UnitOfWork, vault: Vault, record: dict[str, Any]) -> None:
    """Leads erased a person; names and addresses are sealed here, so they are gone with the key."""
    lead = UUID(record["lead_id"])
    noticed = (Alert.tenant_id == uow.tenant, Alert.subject_id == lead, Alert.kind == "lead_assigned")
    uow.session.execute(update(Alert).where(*noticed).values(detail=UNTOLD))
    forget_answers(uow, Traces.of([(lead, {})]))
    forget_letters(uow, address_of(vault, uow.tenant, record["email_hash"]))
