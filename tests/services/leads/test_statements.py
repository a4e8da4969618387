"""What a lead costs the database."""

from typing import Any
from uuid import UUID

import pytest

from services.leads import commands
from tests.services.leads.conftest import House
from tests.services.leads.test_api import JO
from tests.services.leads.test_capture import account
from tests.services.statements import statements

MOST = 6
"""Statements of a create: duplicate check, assignment, score and events included. The transaction's own frame
(BEGIN, the tenant, COMMIT) and keeping the answer under an Idempotency-Key come with any write."""


@pytest.mark.parametrize("linked", [False, True])
def test_a_lead_is_created_with_few_statements(house: House, linked: bool) -> None:
    of = UUID(account(house)) if linked else None
    draft: dict[str, Any] = {"lead_source": "manual", "utm": {}, "account_id": of, **JO}
    with statements() as sent:
        house.run(lambda uow: commands.create_lead(uow, house.vault, commands.Entry(draft), "api"))
    assert len(sent) <= MOST, "\n".join(sent)
