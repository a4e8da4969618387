"""Steps of a conversion: the opportunity opened or linked once, refused with the reason, taken back."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.colleagues import EVERYTHING
from services.opportunities import commands
from services.opportunities.domain import Why
from services.opportunities.models import Change
from tests.services.house import ACME, House
from tests.services.opportunities.deals import ACCOUNT
from tests.services.statements import statements

OPPORTUNITY, CONVERSION = UUID(int=23), UUID(int=24)
WANTED: dict[str, Any] = {
    "conversion_id": str(CONVERSION), "opportunity_id": str(OPPORTUNITY), "opportunity_exists": False,
    "account_id": str(ACCOUNT), "lead_id": str(UUID(int=11)), "close_date": "2027-02-23", "score": 88,
    "deal_type": "new_business", "amount_minor": 2_500_000, "currency": "EUR",
}  # fmt: skip
FAILED = {
    "conversion_id": str(CONVERSION), "opportunity_id": str(OPPORTUNITY), "reason": "Somebody was faster.",
}  # fmt: skip


def want(house: House, **other: Any) -> None:
    """The conversion asks."""
    house.hear("leads.lead", "ConversionOpportunityWanted", **(WANTED | other))


def fail(house: House, **other: Any) -> None:
    """The conversion is given up."""
    house.hear("leads.lead", "ConversionFailed", **(FAILED | other))


def chosen(house: House) -> str:
    """An open deal of the account, and its id."""
    fields = {"title": "Spring order", "account_id": ACCOUNT, "deal_type": "upsell"}
    return str(house.run(lambda uow: commands.open_opportunity(uow, fields)).id)


def told(house: House) -> list[str]:
    """Types of what was told."""
    return [kind for kind, _, _ in house.published()]


def last(house: House) -> dict[str, Any]:
    """What was told last."""
    return house.published()[-1][1]


def test_a_conversion_gets_its_opportunity(house: House) -> None:
    want(house)
    (_, opened, _), (kind, ready, _) = house.published()
    wanted = {"stage": "prospecting", "probability": 10, "score_factor": 115, "amount_minor": 2_500_000}
    assert {name: opened[name] for name in wanted} == wanted
    assert (opened["origin_lead_id"], opened["conversion_id"]) == (WANTED["lead_id"], str(CONVERSION))
    assert (kind, ready["opportunity_created"]) == ("ConversionOpportunityReady", True)
    assert (opened["version"], ready["version"]) == (1, 2)


def test_a_new_opportunity_takes_few_statements(house: House) -> None:
    """Known conversion, account, pipeline; the deal once, its answer, its history, the events."""
    want(house)
    with statements() as sent:
        want(house, conversion_id=str(uuid4()), opportunity_id=str(uuid4()))
    assert len(sent) <= 7, "\n".join(sent)


def test_asked_again_it_gives_the_same_answer_and_opens_nothing(house: House) -> None:
    want(house)
    want(house, event_id=str(uuid4()), version=7)
    assert told(house) == ["OpportunityOpened", *["ConversionOpportunityReady"] * 2]
    assert house.published()[1] == house.published()[2]


def test_a_renewal_goes_into_the_pipeline_of_renewals(house: House) -> None:
    want(house, deal_type="renewal", path="B")
    opened = house.published()[0][1]
    assert (opened["pipeline"], opened["stage"], opened["probability"]) == ("renewal", "prospecting", 10)


def test_a_chosen_opportunity_is_linked(house: House) -> None:
    deal = chosen(house)
    want(house, opportunity_id=deal, opportunity_exists=True)
    assert (last(house)["opportunity_id"], last(house)["opportunity_created"]) == (deal, False)
    assert last(house)["version"] == 2


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"opportunity_id": str(uuid4())}, "opportunity_not_found"),
        ({"account_id": str(uuid4())}, "wrong_account"),
        ({"opportunity_exists": False, "currency": "XXX"}, "not_possible"),
        ({"opportunity_exists": False, "amount_minor": 10**16}, "not_possible"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(house: House, other: dict[str, Any], code: str) -> None:
    want(house, **{"opportunity_id": chosen(house), "opportunity_exists": True} | other)
    assert told(house) == ["OpportunityOpened", "ConversionOpportunityRefused"]
    assert last(house)["code"] == code


def test_a_closed_opportunity_is_not_linked(house: House) -> None:
    deal = chosen(house)
    house.run(lambda uow: commands.set_stage(uow, EVERYTHING, UUID(deal), "closed_won", Why()))
    want(house, opportunity_id=deal, opportunity_exists=True)
    assert (last(house)["code"], last(house)["version"]) == ("opportunity_closed", 3)


def test_an_account_that_was_not_heard_of_yet_is_believed_to_be_there(house: House) -> None:
    want(house, account_id=str(uuid4()))
    assert told(house) == ["OpportunityOpened", "ConversionOpportunityReady"]


def test_a_closed_account_gets_no_opportunity(house: House) -> None:
    house.hear("accounts.account", "AccountChanged", account_id=str(ACCOUNT), version=5, closed=True)
    want(house)
    assert told(house) == ["ConversionOpportunityRefused"]
    assert (last(house)["code"], last(house)["reason"]) == ("not_possible", "The account is closed.")


def test_a_failed_conversion_takes_back_what_it_opened(house: House, ana: httpx.Client) -> None:
    want(house)
    for _ in range(2):
        fail(house)
    assert told(house).count("OpportunityWithdrawn") == 1
    assert last(house)["reason"] == "Somebody was faster."
    assert ana.get(f"/api/opportunities/{OPPORTUNITY}").status_code == 404
    stored = house.run(lambda uow: uow.session.get(Change, (ACME, OPPORTUNITY, 3)))
    assert stored.outcome == "withdrawn"


def test_a_failed_conversion_leaves_what_it_only_linked(house: House, ana: httpx.Client) -> None:
    deal = chosen(house)
    want(house, opportunity_id=deal, opportunity_exists=True)
    fail(house, opportunity_id=deal)
    assert ana.get(f"/api/opportunities/{deal}").json()["outcome"] == "open"
    fail(house, opportunity_id=None)
    fail(house, opportunity_id=str(uuid4()))
