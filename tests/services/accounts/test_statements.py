"""What an account's part of a conversion costs the database."""

from services.accounts import commands
from tests.services.accounts.test_conversions import started
from tests.services.house import House
from tests.services.statements import statements

MOST = 12
"""Statements that open account and contact, with their timelines, and answer."""


def test_account_and_contact_of_a_conversion_are_opened_with_few_statements(house: House) -> None:
    asked = started(house)
    with statements() as sent:
        house.run(lambda uow: commands.start_conversion(uow, house.vault, asked))
    assert len(sent) <= MOST, "\n".join(sent)
