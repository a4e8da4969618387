"""Fields that a tenant gives its leads itself: defined, filled by every door, sealed, forgotten (F47)."""

from typing import Any

import httpx
import pytest

from services.leads import commands
from tests.services.leads.conftest import GLOBEX, Door, House
from tests.services.leads.custom.conftest import FIELDS, FILLED, SETTING, Json, custom, put
from tests.services.leads.test_api import LEADS, created, said
from tests.services.leads.test_capture import told
from tests.services.leads.test_erasure import erase
from tests.services.statements import statements


def test_an_admin_defines_fields_and_others_read_them(ana: httpx.Client, ada: httpx.Client) -> None:
    assert ana.get(SETTING).json() == {"custom_fields": {}}
    assert put(ana, SETTING, {"custom_fields": FIELDS}).status_code == 403
    assert put(ada, SETTING, {"custom_fields": FIELDS}).status_code == 200
    assert ana.get(SETTING).json()["custom_fields"] == FIELDS
    many = {f"f{n}": FIELDS["wish"] for n in range(101)}
    for wrong in (
        {"Wish": FIELDS["wish"]},
        {"1st": FIELDS["wish"]},
        {"x" * 41: FIELDS["wish"]},
        {"wish": {"label": "", "type": "text"}},
        {"wish": {"label": "Wish", "type": "colour"}},
        {"wish": {"label": "Wish"}},
        many,
    ):
        assert put(ada, SETTING, {"custom_fields": wrong}).status_code == 422, wrong


@pytest.mark.usefixtures("defined")
def test_a_lead_holds_what_it_is_created_with_and_a_change_goes_name_by_name(
    ana: httpx.Client, house: House
) -> None:
    lead = created(ana, last_name="Doe", custom=FILLED)
    assert lead["custom"] == FILLED
    path, change = f"{LEADS}/{lead['id']}", {"custom": {"fleet": 41, "vip": None}}
    answer = ana.patch(path, json=change, headers={"if-match": '"1"'})
    assert (
        answer.json()["custom"]
        == custom(ana, lead)
        == {"wish": "12 trucks", "fleet": 41, "born": "1988-02-29"}
    )
    assert told(house, "LeadChanged")[-1]["changed"] == ["custom"]
    same = ana.patch(path, json=change | {"last_name": "Doe"}, headers={"if-match": '"2"'})
    assert same.json()["version"] == 2, "what is as it was changes nothing"
    bare = ana.patch(path, json={"custom": dict.fromkeys(FIELDS)}, headers={"if-match": '"2"'})
    assert bare.json()["custom"] == {}
    assert created(ana, last_name="Roe")["custom"] == {}


@pytest.mark.usefixtures("defined")
def test_what_does_not_fit_is_refused_by_name(ana: httpx.Client) -> None:
    wrong: Json = {"fleet": "40", "shoe_size": 44, "a/b": 1, "wish": ["x"]}
    lead = created(ana, last_name="Doe")
    assert said(ana.post(LEADS, json={"custom": {"wish": ["x"]}})) == (422, ["#/custom/wish"])
    del wrong["wish"]
    for answer in (
        ana.post(LEADS, json={"custom": wrong}),
        ana.patch(f"{LEADS}/{lead['id']}", json={"custom": wrong}, headers={"if-match": '"1"'}),
    ):
        assert said(answer) == (422, ["#/custom/fleet", "#/custom/shoe_size", "#/custom/a~1b"])
        assert "custom.fleet must be a number" in answer.json()["detail"]


@pytest.mark.usefixtures("defined")
def test_a_bad_value_among_many_keeps_none_of_the_others_out(ana: httpx.Client) -> None:
    items = [{"last_name": "Doe", "custom": FILLED}, {"last_name": "Roe", "custom": {"vip": "yes"}}]
    done = ana.post(f"{LEADS}/bulk", json={"items": items}).json()
    assert [item["result"] for item in done["items"]] == ["created", "invalid"]
    assert done["items"][1]["errors"][0]["pointer"] == "#/items/1/custom/vip"
    assert custom(ana, {"id": done["items"][0]["lead_id"]}) == FILLED


@pytest.mark.usefixtures("defined")
def test_a_field_that_is_taken_away_takes_nothing_new_and_leads_keep_what_they_have(
    ana: httpx.Client, ada: httpx.Client
) -> None:
    lead = created(ana, custom=FILLED)
    put(ada, SETTING, {"custom_fields": {"vip": FIELDS["vip"]}})
    path = f"{LEADS}/{lead['id']}"
    change: Json = {"custom": {"wish": "13 trucks"}}
    assert said(ana.patch(path, json=change, headers={"if-match": '"1"'})) == (422, ["#/custom/wish"])
    change = {"custom": {"born": None, "vip": False}}
    answer = ana.patch(path, json=change, headers={"if-match": '"1"'})
    assert answer.json()["custom"] == {"wish": "12 trucks", "fleet": 40.5, "vip": False}


@pytest.mark.usefixtures("defined")
def test_fields_are_a_tenants_own(door: Door) -> None:
    with door.client(tenant=GLOBEX) as stranger:
        assert stranger.get(SETTING).json() == {"custom_fields": {}}
        assert stranger.post(LEADS, json={"custom": FILLED}).status_code == 422


@pytest.mark.usefixtures("defined")
def test_values_travel_sealed_and_go_with_the_person(ada: httpx.Client, house: House) -> None:
    lead = created(ada, last_name="Doe", custom=FILLED)
    record = told(house, "LeadCreated")[-1]
    person = house.run(lambda uow: house.vault.open(uow, record["pii"], record["key_id"]))
    assert person["custom"] == FILLED
    assert "12 trucks" not in str({name: value for name, value in record.items() if name != "pii"})
    erase(ada, lead)
    assert custom(ada, lead) == {}
    assert house.rows("SELECT count(*) FROM leads WHERE custom::text LIKE '%truck%'") == [(0,)]


@pytest.mark.usefixtures("defined")
def test_a_field_of_its_own_costs_a_lead_no_statement(house: House) -> None:
    def cost(**more: Any) -> int:
        draft = {"lead_source": "manual", "utm": {}, **more}
        with statements() as sent:
            house.run(lambda uow: commands.create_lead(uow, house.vault, commands.Entry(draft), "api"))
        return len(sent)

    assert cost(last_name="Doe", custom=FILLED) == cost(last_name="Roe")
