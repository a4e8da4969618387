"""What a lead costs the database."""

from typing import Any
from uuid import UUID

import pytest

from services.leads import commands
from tests.services.leads.conftest import House
from tests.services.leads.test_api import JO, risen
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


def test_scores_of_many_leads_are_locked_by_one_statement_and_stored_by_another(house: House) -> None:
    draft: dict[str, Any] = {"lead_source": "manual", "utm": {}}
    entries = [commands.Entry({**draft, "last_name": name}) for name in ("Doe", "Roe", "Poe")]
    entered = house.run(lambda uow: commands.create_leads(uow, house.vault, entries, "api"))
    records = [risen(str(one.lead.id), shown) for one in entered for shown in (5, 6)]
    with statements() as sent:
        house.run(lambda uow: commands.store_scores(uow, records))
    assert len(sent) == 2, "\n".join(sent)
    assert house.rows("SELECT DISTINCT score FROM leads") == [(6,)]
