"""A person is erased (F109): deals keep what they are and are worth, not what was written of the person."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from chassis.pii import Vault, store_subject_key
from chassis.settings import LOCAL_PII_KEY
from tests.services.house import ACME, House
from tests.services.opportunities.deals import DEALS, PRICE, change, move, open_deal
from tests.services.opportunities.test_conversions import OPPORTUNITY, want

LEAD, CONTACT = str(UUID(int=11)), str(UUID(int=12))
WORDS = {"description": "Jane Doe asks for 12 trucks."}
BROUGHT = {"wish": "Jane wants 12 trucks", "fleet": "40"}
TOLD = {
    "leads.lead": ("LeadErased", {"lead_id": LEAD}),
    "accounts.account": ("ContactErased", {"contact_id": CONTACT}),
}


def sealed(house: House) -> dict[str, Any]:
    """What leads maps of a person to the deal, and the key that has come."""
    leads = Vault(SecretStr(LOCAL_PII_KEY), "leads.subject-key")
    pii, key_id = house.run(lambda uow: leads.seal(uow, LEAD, {"attributes": BROUGHT}))
    return {"pii": pii, "key_id": key_id}


def test_what_a_conversion_brought_of_a_person_is_shown_once_its_key_has_come(
    ada: httpx.Client, house: House
) -> None:
    brought = sealed(house)
    [key] = [record for kind, record, _ in house.published() if kind == "SubjectKey"]
    house.run(lambda uow: uow.session.execute(text("DELETE FROM subject_keys")))
    want(house, lead_id=LEAD, **brought)
    open_deal(ada)
    deal = f"{DEALS}/{OPPORTUNITY}"
    assert ada.get(deal).json()["attributes"] == {}
    arrived = SimpleNamespace(key=f"{ACME}:{LEAD}", record=key)
    house.run(lambda uow: store_subject_key(uow, arrived))
    assert ada.get(deal).json()["attributes"] == BROUGHT
    assert [one["attributes"] for one in ada.get(DEALS).json()["items"]] == [{}, BROUGHT]
    assert BROUGHT["wish"] not in str(house.published()), "the stream has it sealed"


@pytest.mark.parametrize("topic", TOLD)
def test_what_was_written_of_a_person_goes_from_the_deals_with_them(
    ada: httpx.Client, house: House, topic: str
) -> None:
    want(house, lead_id=LEAD, contact_id=CONTACT, **sealed(house))
    deal = ada.get(f"{DEALS}/{OPPORTUNITY}").json()
    deal = change(ada, deal, **WORDS).json()
    move(ada, deal, "closed_lost", reason="Jane Doe found it too dear.")
    other = open_deal(ada, **WORDS)
    kind, fields = TOLD[topic]
    for _ in range(2):
        house.hear(topic, kind, **fields)
    left = ada.get(f"{DEALS}/{OPPORTUNITY}").json()
    assert (left["description"], left["reason"], left["attributes"]) == (None, None, {})
    assert house.rows("SELECT count(*) FROM opportunities WHERE pii IS NOT NULL") == [(0,)]
    assert (left["title"], left["amount"], left["stage"]) == (deal["title"], deal["amount"], "closed_lost")
    assert (left["reason_code"], left["competitor"]) == (PRICE["reason_code"], PRICE["competitor"])
    assert "Jane" not in str(ada.get(f"{DEALS}/{OPPORTUNITY}/history").json())
    assert ada.get(f"{DEALS}/{other['id']}").json()["description"] == WORDS["description"]
    changes = [record["changed"] for name, record, _ in house.published() if name == "OpportunityChanged"]
    assert changes == [["description"], ["description"]], "said once, however often it is heard"


def test_an_answer_kept_for_a_retry_does_not_speak_of_the_person(ana: httpx.Client, house: House) -> None:
    body = {"title": "Trucks", "account_id": str(UUID(int=21)), "contact_id": CONTACT, **WORDS}
    headers = {"idempotency-key": "fair-17"}
    ana.post(DEALS, json=body, headers=headers).raise_for_status()
    house.hear("accounts.account", "ContactErased", contact_id=CONTACT)
    again = ana.post(DEALS, json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, {})
