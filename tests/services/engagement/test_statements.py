"""What events cost the database."""

from services.engagement import commands
from tests.services.engagement.conftest import ACME, House, identify, track
from tests.services.statements import statements


def test_events_of_people_who_are_known_are_told_by_three_statements(house: House) -> None:
    for name in ("jo", "jane"):
        house.lead(name, f"{name}@initech.example")
        house.receive(identify(f"hello-{name}", f"{name}@initech.example", userId=name))
    outcomes = house.judge(*[track(f"{name}-{n}", userId=name) for name in ("jo", "jane") for n in range(5)])
    records = [outcome.record for outcome in outcomes]
    with statements() as sent:
        house.run(lambda uow: commands.receive(uow, records, house.vault.email_hash), ACME)
    assert len(sent) == 3, "\n".join(sent)
    assert len(house.told()) == len(records)
