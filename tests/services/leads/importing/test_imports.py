"""Files become leads: uploaded, previewed, tried, taken in by a worker, resumed after its death."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from chassis import imports
from chassis.ids import user_id
from services.leads.api.rows import LEAD_ROWS
from tests.services.files import Files, Worker, counts
from tests.services.leads.conftest import ACME, GLOBEX, Door, House
from tests.services.leads.matching.test_entry import LEADS, created, decide

IMPORTS = f"{LEADS}/imports"
FILE = (
    "First Name;Last Name;E-Mail;Company;Country;Employees;Shoe size\n"
    "Jo;Doe;jo@acme.example;Acme GmbH;AT;1200;44\n"
    "Zoe;Smith;no address;Globex;DE;50;38\n"
    "Max;Muster;max@initech.example;=Initech;Narnia;99;41\n"
    "Ann;Other;ann@hooli.example;Hooli;US;250;39\n"
)


FILES = Files(IMPORTS, FILE)


@pytest.fixture
def worker(house: House) -> Worker:
    """A member that takes imports in."""
    return Worker(house, LEAD_ROWS)


def many(count: int) -> str:
    """A file of so many people who are not alike."""
    rows = (f"P{n:05},{n:05}Q,p{n}@w{n}.example,W{n:05}" for n in range(count))
    return "\n".join(["first name,last name,email,company", *rows])


def test_a_file_becomes_leads(ana: httpx.Client, worker: Worker, house: House) -> None:
    job = FILES.uploaded(ana)
    assert (job["state"], job["rows"], job["separator"], job["encoding"]) == ("waiting", 4, ";", "utf-8")
    assert {one["header"]: one["field"] for one in job["columns"]} == {
        "First Name": "first_name",
        "Last Name": "last_name",
        "E-Mail": "email",
        "Company": "company",
        "Country": "country",
        "Employees": "company_size",
        "Shoe size": None,
    }
    worker.work()
    done = FILES.seen(ana, job)
    assert (done["state"], counts(done)) == ("done", (4, 2, 0, 0, 2))
    leads = ana.get(LEADS).json()["items"]
    assert {(one["email"], one["company_size"], one["lead_source"]) for one in leads} == {
        ("jo@acme.example", "enterprise", "import"),
        ("ann@hooli.example", "mid_market", "import"),
    }
    assert {one["owner_id"] for one in leads} == {str(user_id(ACME, "ana"))}
    told = [record for kind, record, _ in house.published() if kind == "LeadCreated"]
    assert {record["actor"] for record in told} == {f"user:{user_id(ACME, 'ana')}"}
    assert len(told) == 2


def test_refused_rows_come_back_as_a_file_that_runs_nothing(ana: httpx.Client, worker: Worker) -> None:
    job = FILES.uploaded(ana)
    worker.work()
    zoe, max = FILES.refused(ana, job)
    assert (zoe["line"], zoe["First Name"]) == ("3", "Zoe")
    assert zoe["error"].startswith("email: ")
    assert (max["line"], max["Company"]) == ("4", "'=Initech")
    assert max["error"].startswith("country: ")


def test_a_preview_says_what_would_come_of_the_first_rows(ana: httpx.Client, worker: Worker) -> None:
    jo = created(ana, email="jo@acme.example")
    job = FILES.uploaded(ana, start=False)
    worker.work()
    assert job["state"] == FILES.seen(ana, job)["state"] == "ready"
    rows = job["preview"]
    assert [(row["line"], row["result"]) for row in rows] == [
        (2, "duplicate"), (3, "invalid"), (4, "invalid"), (5, "created")
    ]  # fmt: skip
    assert rows[0]["duplicates"][0]["id"] == jo["id"]
    assert rows[3]["fields"]["company_size"] == "mid_market"
    assert len(ana.get(LEADS).json()["items"]) == 1


def test_a_dry_run_counts_and_makes_nothing(ana: httpx.Client, worker: Worker, house: House) -> None:
    job = FILES.uploaded(ana, dry_run=True)
    worker.work()
    tried = FILES.seen(ana, job)
    assert (tried["state"], tried["dry_run"], counts(tried)) == ("ready", True, (4, 2, 0, 0, 2))
    assert len(FILES.refused(ana, job)) == 2
    assert (ana.get(LEADS).json()["items"], house.published()) == ([], [])
    assert ana.post(f"{IMPORTS}/{job['id']}/start", json={}).status_code == 202
    worker.work()
    assert counts(FILES.seen(ana, job)) == (4, 2, 0, 0, 2)
    assert len(ana.get(LEADS).json()["items"]) == 2


def test_people_decide_what_a_column_means(ana: httpx.Client, worker: Worker) -> None:
    job = FILES.uploaded(ana, "a,b\nJo,jo@acme.example\n", start=False)
    assert [one["field"] for one in job["columns"]] == [None, None]
    assert job["preview"][0]["errors"][0]["detail"] == "No mapped column has anything in it."
    plan = {"mapping": {"0": "first_name", "1": "email"}, "lead_source": "event"}
    started = ana.post(f"{IMPORTS}/{job['id']}/start", json=plan)
    assert (started.status_code, started.json()["state"]) == (202, "waiting")
    worker.work()
    (lead,) = ana.get(LEADS).json()["items"]
    assert (lead["first_name"], lead["email"], lead["lead_source"]) == ("Jo", "jo@acme.example", "event")
    assert ana.post(f"{IMPORTS}/{job['id']}/start", json={}).status_code == 409


@pytest.mark.parametrize(
    ("duplicates", "result"),
    [("skip", (3, 1, 0, 2, 0)), ("update", (3, 1, 2, 0, 0)), ("create", (3, 3, 0, 0, 0))],
)
def test_who_is_there_already_is_skipped_updated_or_created(
    ana: httpx.Client, worker: Worker, duplicates: str, result: tuple[int, ...]
) -> None:
    jo = created(ana, email="jo@acme.example")
    file = "email,title\nJO@acme.example,CTO\nzoe@acme.example,CFO\nzoe@acme.example,CEO\n"
    job = FILES.uploaded(ana, file, duplicates=duplicates)
    worker.work()
    assert counts(FILES.seen(ana, job)) == result
    title = ana.get(f"{LEADS}/{jo['id']}").json()["job_title"]
    assert title == ("CTO" if duplicates == "update" else None)
    there = [row["error"] for row in FILES.refused(ana, job)]
    assert len(there) == result[3]
    if there:
        assert there[0] == f"is there already: lead {jo['id']} (email, domain)"


def test_the_tenants_policy_can_rule_imports(ana: httpx.Client, ada: httpx.Client, worker: Worker) -> None:
    created(ana, email="jo@acme.example")
    decide(ada, sources={"import": {"action": "block", "override": False}})
    for wish in ("by_policy", "create"):
        job = FILES.uploaded(ana, "email\njo@acme.example\n", duplicates=wish)
        worker.work()
        assert counts(FILES.seen(ana, job)) == (1, 0, 0, 1, 0)


def test_an_import_goes_on_where_its_worker_died(ana: httpx.Client, house: House) -> None:
    job = FILES.uploaded(ana, many(1200))
    dying = Worker(house, LEAD_ROWS)
    claim = house.run(imports.claim_import)
    content = house.run(lambda uow: imports.content_of(uow, claim.id))
    taken = next(dying.importer.chunks(content, claim))
    house.run(lambda uow: imports.take_chunk(uow, house.vault, LEAD_ROWS, claim, taken))
    assert counts(FILES.seen(ana, job)) == (500, 500, 0, 0, 0)
    Worker(house, LEAD_ROWS).work()
    assert counts(FILES.seen(ana, job))[0] == 500, "the claim still holds"
    lapse = text("UPDATE imports SET leased_until = now() - interval '1 s'")
    house.run(lambda uow: uow.session.execute(lapse))
    Worker(house, LEAD_ROWS).work()
    done = FILES.seen(ana, job)
    assert (done["state"], counts(done)) == ("done", (1200, 1200, 0, 0, 0))
    with pytest.raises(imports.ClaimLost):
        house.run(lambda uow: imports.take_chunk(uow, house.vault, LEAD_ROWS, claim, taken))
    told = [record["lead_id"] for kind, record, _ in house.published() if kind == "LeadCreated"]
    assert len(told) == len(set(told)) == 1200


def test_a_cancelled_import_goes_no_further(ana: httpx.Client, worker: Worker, house: House) -> None:
    job = FILES.uploaded(ana)
    claim = house.run(imports.claim_import)
    for _ in range(2):
        assert ana.post(f"{IMPORTS}/{job['id']}/cancel").json()["state"] == "cancelled"
    with pytest.raises(imports.ClaimLost):
        house.run(lambda uow: imports.take_chunk(uow, house.vault, LEAD_ROWS, claim, []))
    worker.work()
    assert ana.get(LEADS).json()["items"] == []


def test_the_same_upload_under_one_key_is_one_import(ana: httpx.Client, worker: Worker) -> None:
    answers = [FILES.upload(ana, key="upload-1") for _ in range(2)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    worker.work()
    assert FILES.upload(ana, key="upload-1").json()["state"] == "done"
    assert FILES.upload(ana, "email\nother@acme.example\n", key="upload-1").status_code == 422
    assert len(ana.get(LEADS).json()["items"]) == 2
    assert len(ana.get(IMPORTS).json()["items"]) == 1


BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"mapping": {"99": "email"}}, "#/mapping/99"),
    ({"mapping": {"0": "email", "1": "email"}}, "#/mapping"),
    ({"mapping": {"0": "score"}}, "#/options/mapping/0"),
    ({"mapping": {"-1": "email"}}, "#/options/mapping/-1/[key]"),
    ({"duplicates": "merge"}, "#/options/duplicates"),
    ({"tenant_id": str(GLOBEX)}, "#/options/tenant_id"),
    ({"separator": "x"}, "#/options/separator"),
    ({"encoding": "klingon"}, "#/options/encoding"),
    ({"start": "yes"}, "#/options/start"),
]


def test_wrong_options_are_refused_by_place(ana: httpx.Client) -> None:
    for options, pointer in BAD_OPTIONS:
        answer = FILES.upload(ana, **options)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), options
    assert ana.get(IMPORTS).json()["items"] == []


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n\n", b"\xff\xfe", b",,,\n", b"\xff\xfe\x00", b"\xff\xd8\xff\xe0\x00\x10JFIF\n"]
)
def test_what_is_no_table_is_refused(ana: httpx.Client, raw: bytes) -> None:
    answer = FILES.upload(ana, raw)
    assert (answer.status_code, answer.json()["title"]) == (422, "The file cannot be read")


def test_what_is_no_form_is_refused(ana: httpx.Client) -> None:
    assert ana.post(IMPORTS, json={}).status_code == 415
    assert ana.post(IMPORTS, data={"options": "{}"}).status_code == 415
    assert ana.post(IMPORTS, files={"other": ("a.csv", b"a")}).status_code == 422
    for options in ("{", "[]", '{"start":1,"start":2}'):
        broken = ana.post(IMPORTS, files={"file": ("a.csv", b"email\nx")}, data={"options": options})
        assert broken.status_code in (400, 422), options
    cut = {"content-type": "multipart/form-data; boundary=x"}
    assert ana.post(IMPORTS, content=b"--x\r\nContent-Disp", headers=cut).status_code in (400, 422)
    assert ana.post(IMPORTS, content=b"", headers={"content-type": "multipart/form-data"}).status_code == 400
    large = ana.post(IMPORTS, files={"file": ("a.csv", b"x" * (33 * 1024 * 1024))})
    assert large.status_code == 413


ODD: list[tuple[str, str]] = [
    ('email,note\njo@acme.example,"open\nzoe@acme.example,x\n', "done"),
    ("email,description\njo@acme.example," + "x" * 10_000_000 + "\n", "done"),
    (",".join(f"c{n}" for n in range(1999)) + ",email\n" + "," * 1999 + "jo@acme.example\n", "done"),
    ("email,first name\njo@acme.example,a\x00b\n", "done"),
    ("email\n=cmd|'/c calc'!A1@acme.example\n", "done"),
    ("email,email\njo@acme.example,zoe@acme.example\n", "done"),
    ("email\r\njo@acme.example\rzoe@acme.example\n\n", "done"),
    ('email,last name\njo@acme.example,"two\nlines"\n', "done"),
    ("email\njo@acme.example,more,cells,than,columns\n", "done"),
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_odd_files_end_with_every_row_accounted_for(ana: httpx.Client, worker: Worker, number: int) -> None:
    file, state = ODD[number]
    job = FILES.uploaded(ana, file)
    worker.work()
    done = FILES.seen(ana, job)
    assert done["state"] == state
    assert done["position"] == done["rows"] == done["created"] + done["invalid"]
    assert len(FILES.refused(ana, job)) == done["invalid"]


def test_globex_sees_no_import_of_acme(ana: httpx.Client, door: Door) -> None:
    job = FILES.uploaded(ana)
    with door.client("ana", tenant=GLOBEX) as other:
        for id in (job["id"], str(uuid4()), "not-an-id"):
            for method, path in (("GET", ""), ("GET", "/errors"), ("POST", "/start"), ("POST", "/cancel")):
                body: Any = {} if path == "/start" else None
                assert other.request(method, f"{IMPORTS}/{id}{path}", json=body).status_code == 404
        assert other.get(IMPORTS).json()["items"] == []
