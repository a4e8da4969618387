"""Files and web forms fill a tenant's own fields of leads (F2, F4, F47)."""

import httpx
import pytest

from services.leads.api.rows import LEAD_ROWS
from tests.services.files import Files, Worker, counts
from tests.services.leads.conftest import Door, House
from tests.services.leads.custom.conftest import FIELDS, SETTING, Json, custom, put
from tests.services.leads.test_api import LEADS, created, said
from tests.services.leads.test_forms import CONTACT, FORMS, HANA, opened, submissions

FILE = (
    "last name,email,heart's wish,FLEET,vip,Date of Birth,Date of Birht\n"
    'Doe,jo@acme.example,"12 trucks,\nsoon",40,yes,1988-02-29,x\n'
    "Roe,zoe@hooli.example,,many,,,\n"
)
FILES = Files(f"{LEADS}/imports", FILE)


@pytest.fixture
def worker(house: House) -> Worker:
    """A member that takes imports in."""
    return Worker(house, LEAD_ROWS)


@pytest.mark.usefixtures("defined")
def test_columns_named_like_a_field_fill_it(ana: httpx.Client, worker: Worker) -> None:
    job = FILES.uploaded(ana)
    assert [column["field"] for column in job["columns"]] == [
        "last_name", "email", "custom.wish", "custom.fleet", "custom.vip", "custom.born", None
    ]  # fmt: skip
    worker.work()
    assert counts(FILES.seen(ana, job)) == (2, 1, 0, 0, 1)
    [lead] = ana.get(LEADS).json()["items"]
    assert lead["custom"] == {"wish": "12 trucks,\nsoon", "fleet": 40, "vip": True, "born": "1988-02-29"}
    [refused] = FILES.refused(ana, job)
    assert refused["error"].startswith("custom.fleet: must be a number")


@pytest.mark.usefixtures("defined")
def test_people_map_a_column_to_a_field_that_is_defined(ana: httpx.Client, worker: Worker) -> None:
    job = FILES.uploaded(ana, "a,b\nDoe,40\n", start=False)
    start = f"{FILES.url}/{job['id']}/start"
    for field in ("custom.shoe_size", "custom.", "custom.Wish", "wish"):
        plan = {"mapping": {"0": "last_name", "1": field}}
        assert said(ana.post(start, json=plan)) == (422, ["#/mapping/1"]), field
    assert ana.post(start, json={"mapping": {"0": "last_name", "1": "custom.fleet"}}).status_code == 202
    worker.work()
    assert [lead["custom"] for lead in ana.get(LEADS).json()["items"]] == [{"fleet": 40}]


@pytest.mark.parametrize(
    ("mode", "held"),
    [("update", {"wish": "a boat", "fleet": 7, "vip": True}), ("skip", {"wish": "12 trucks", "vip": True})],
)
@pytest.mark.usefixtures("defined")
def test_a_file_of_leads_that_are_there_fills_name_by_name(
    ana: httpx.Client, worker: Worker, mode: str, held: Json
) -> None:
    lead = created(ana, email="jo@acme.example", custom={"wish": "12 trucks", "vip": True})
    FILES.uploaded(ana, "email,wish,fleet\njo@acme.example,a boat,7\n", duplicates=mode)
    worker.work()
    assert custom(ana, lead) == held


def test_a_form_fills_fields_and_tells_of_its_own(ada: httpx.Client, door: Door, defined: None) -> None:
    more = {"truck": "custom.wish", "size": "custom.fleet"}
    refused = ada.post(FORMS, json=CONTACT | {"mapping": {"a/b": "custom.shoe_size"}})
    assert said(refused) == (422, ["#/mapping/a~1b"])
    form = opened(ada, mapping=CONTACT["mapping"] | more, double_opt_in=False, origins=[])
    with httpx.Client(base_url=door.url, timeout=60) as page:
        wrong = page.post(submissions(form), json=HANA | {"size": "many"})
        assert said(wrong) == (422, ["#/size"])
        assert page.post(submissions(form), json=HANA | {"truck": "red", "size": "7"}).status_code == 201
        [lead] = ada.get(LEADS).json()["items"]
        assert lead["custom"] == {"wish": "red", "fleet": 7}
        put(ada, SETTING, {"custom_fields": {"fleet": FIELDS["fleet"]}})
        later = {"name": "Roe", "mail": "zoe@hooli.example", "truck": "blue", "size": "8"}
        assert page.post(submissions(form), json=later).status_code == 201
    kept = ada.get(f"{FORMS}/{form['id']}/submissions").json()["items"][0]
    assert kept["sent"] == {"truck": "blue"}, "what no field takes any more is shown, not dropped"
    assert custom(ada, {"id": kept["lead_id"]}) == {"fleet": 8}
