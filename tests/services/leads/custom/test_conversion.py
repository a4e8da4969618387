"""A conversion takes a tenant's own fields along (F47)."""

import httpx
import pytest

from tests.services.leads.conftest import House
from tests.services.leads.conversion.conftest import Partners, convert, qualified
from tests.services.leads.custom.conftest import FILLED, SETTING, Json, put
from tests.services.leads.test_api import LEADS, said

CONVERSION = f"{LEADS}/settings/conversion"


@pytest.mark.usefixtures("defined")
def test_a_conversion_maps_fields_and_reports_those_without_a_target(
    ana: httpx.Client, ada: httpx.Client, house: House
) -> None:
    partners, settings = Partners(house), ada.get(CONVERSION).json()
    mapping = {"custom.wish": "account.attributes.wants", "custom.vip": "contact.attributes.vip"}
    mapping["custom.fleet"] = "opportunity.attributes.trucks"
    assert put(ada, CONVERSION, settings | {"mapping": mapping}).status_code == 200
    lead: Json = qualified(ana, custom=FILLED, region="")
    with partners.at_work():
        done = convert(ana, lead).json()
    assert done["unmapped"] == ["company_size", "custom.born"]
    [started] = partners.told("ConversionStarted")
    person = house.run(lambda uow: house.vault.open(uow, started["pii"], started["key_id"]))
    assert (person["attributes"], person["contact_attributes"]) == ({"wants": "12 trucks"}, {"vip": "true"})
    [wanted] = partners.told("ConversionOpportunityWanted")
    deal = house.run(lambda uow: house.vault.open(uow, wanted["pii"], wanted["key_id"]))
    assert deal == {"attributes": {"trucks": "40.5"}}
    assert "custom" not in person, "accounts hears what is mapped and no more"


@pytest.mark.usefixtures("defined")
@pytest.mark.parametrize(
    "mapping",
    [
        {"custom.shoe_size": "account.attributes.shoes"},
        {"custom": "account.attributes.all"},
        {"custom.wish": "account.attributes.x", "region": "account.attributes.x"},
    ],
)
def test_a_mapping_that_would_lose_something_is_refused(ada: httpx.Client, mapping: Json) -> None:
    assert put(ada, CONVERSION, ada.get(CONVERSION).json() | {"mapping": mapping}).status_code == 422


@pytest.mark.usefixtures("defined")
def test_a_field_that_is_taken_away_keeps_its_place_in_the_mapping(ada: httpx.Client) -> None:
    settings = ada.get(CONVERSION).json() | {"mapping": {"custom.wish": "account.attributes.wants"}}
    assert put(ada, CONVERSION, settings).status_code == 200
    put(ada, SETTING, {"custom_fields": {}})
    assert put(ada, CONVERSION, settings | {"close_days": 30}).status_code == 200
    put(ada, CONVERSION, settings | {"mapping": {}})
    assert said(put(ada, CONVERSION, settings)) == (422, ["#/mapping/custom.wish"])


@pytest.mark.usefixtures("defined")
def test_a_contact_that_is_there_already_keeps_its_own_and_that_is_reported(
    ana: httpx.Client, ada: httpx.Client, house: House
) -> None:
    partners, settings = Partners(house), ada.get(CONVERSION).json()
    mapping = {"custom.wish": "contact.attributes.wants", "custom.vip": "account.attributes.vip"}
    put(ada, CONVERSION, settings | {"mapping": mapping})
    partners.adds = False
    with partners.at_work():
        done = convert(ana, qualified(ana, custom={"wish": "12 trucks", "vip": True})).json()
    assert done["unmapped"] == ["company_size", "custom.wish", "region"]
