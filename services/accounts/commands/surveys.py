"""When a customer is to be asked how satisfied they are (F50)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from chassis.clock import from_millis
from chassis.db import UnitOfWork
from services.accounts.models import Account

SURVEY: Final = "nps_survey"
"""The follow-on of a conversion that is a survey."""
SURVEY_AFTER: Final = timedelta(days=90)


def plan_surveys(uow: UnitOfWork, conversions: Sequence[Mapping[str, Any]]) -> None:
    """Customers are asked 90 days after the newest conversion that wants it, in whatever order told."""
    for record in conversions:
        account = uow.session.get(Account, (uow.tenant, UUID(record["account_id"])), with_for_update=True)
        if account and SURVEY in record["follow_ons"]:
            due = (from_millis(record["occurred_at"]) + SURVEY_AFTER).date()
            account.nps_due_on = max(account.nps_due_on or due, due)
