"""When customers are asked how satisfied they are."""

from datetime import datetime, timedelta
from uuid import UUID

import httpx

from chassis.clock import millis
from services.accounts import commands
from tests.services.accounts.test_accounts import opened
from tests.services.house import NOON, House


def converted(house: House, account: UUID, at: datetime, *follow_ons: str) -> None:
    """A lead became a customer, or more of one."""
    record = {"account_id": str(account), "occurred_at": millis(at), "follow_ons": list(follow_ons)}
    house.run(lambda uow: commands.plan_surveys(uow, [record]))


def test_a_customer_is_asked_ninety_days_after_the_newest_conversion(house: House, ada: httpx.Client) -> None:
    account = UUID(opened(ada)["id"])

    def due() -> str | None:
        said: str | None = ada.get(f"/api/accounts/{account}").json()["nps_due_on"]
        return said

    converted(house, account, NOON, "welcome_mail")
    assert due() is None, "only where the tenant wants it"
    converted(house, account, NOON, "nps_survey")
    assert due() == "2026-05-31"
    converted(house, account, NOON + timedelta(days=9), "nps_survey")
    converted(house, account, NOON, "nps_survey")
    assert due() == "2026-06-09", "told again or late, it stays"
