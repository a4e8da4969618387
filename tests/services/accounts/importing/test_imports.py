"""Files become accounts: uploaded, previewed, tried, taken in, and nothing is there twice."""

from typing import Any

import httpx
import pytest

from chassis.colleagues.table import keep_colleague
from chassis.ids import user_id
from services.accounts.api.rows import ACCOUNT_ROWS
from tests.colleagues import user_record
from tests.services.accounts.test_accounts import changed, opened
from tests.services.files import Files, Worker, counts
from tests.services.house import ACME, GLOBEX, Door, House
from tests.services.statements import statements

ACCOUNTS = "/api/accounts"
FILE = (
    "Account ID;Account Name;Website;Billing Country;Employees;Tier;Parent\n"
    "C-1;ACME GmbH;acme.example;AT;1200;Strategic;-\n"
    "C-2;Globex;https://globex.example;Narnia;50;;-\n"
    "C-3;=Initech;initech.example;DE;250;gold;-\n"
    "C-4;Hooli Inc.;hooli.example;US;99;;-\n"
)
FILES = Files(f"{ACCOUNTS}/imports", FILE)


@pytest.fixture
def worker(house: House) -> Worker:
    """A member that takes imports in."""
    return Worker(house, ACCOUNT_ROWS)


@pytest.fixture
def ben(house: House) -> str:
    """A colleague, known by login; the id."""
    house.run(lambda uow: keep_colleague(uow, user_record(ACME, "ben", "rep")))
    return str(user_id(ACME, "ben"))


def accounts(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """The accounts that are there, by name."""
    return {one["name"]: one for one in client.get(ACCOUNTS).json()["items"]}


def taken(client: httpx.Client, worker: Worker, file: str, **options: Any) -> dict[str, Any]:
    """The import of a file, at its end."""
    job = FILES.uploaded(client, file, **options)
    worker.work()
    return FILES.seen(client, job)


def test_a_file_becomes_accounts(ana: httpx.Client, worker: Worker, house: House) -> None:
    job = FILES.uploaded(ana)
    assert (job["state"], job["rows"], job["separator"], job["duplicates"]) == ("waiting", 4, ";", "skip")
    assert {one["header"]: one["field"] for one in job["columns"]} == {
        "Account ID": "external_id",
        "Account Name": "name",
        "Website": "website",
        "Billing Country": "country",
        "Employees": "company_size",
        "Tier": "tier",
        "Parent": None,
    }
    worker.work()
    done = FILES.seen(ana, job)
    assert (done["state"], counts(done)) == ("done", (4, 2, 0, 0, 2))
    found = accounts(ana)
    assert found.keys() == {"ACME GmbH", "Hooli Inc."}
    acme = found["ACME GmbH"]
    assert (acme["external_id"], acme["company_size"], acme["tier"]) == ("C-1", "enterprise", "strategic")
    assert (acme["health"], acme["owner_id"]) == (50, str(user_id(ACME, "ana")))
    told = [(kind, record["account_name"], record["actor"]) for kind, record, _ in house.published()]
    actor = f"user:{user_id(ACME, 'ana')}"
    assert told == [("AccountOpened", "ACME GmbH", actor), ("AccountOpened", "Hooli Inc.", actor)]


def test_an_account_of_a_file_lives_as_one_that_was_opened_by_hand(ana: httpx.Client, worker: Worker) -> None:
    taken(ana, worker, "name\nACME GmbH\n")
    by_hand = opened(ana, "Globex")
    of_file = accounts(ana)["ACME GmbH"]
    health = [ana.get(f"{ACCOUNTS}/{one['id']}/health").json() for one in (of_file, by_hand)]
    assert health[0] == health[1]
    line = ana.get(f"{ACCOUNTS}/{of_file['id']}/timeline").json()["items"]
    assert [entry["type"] for entry in line] == ["account_opened"]
    own = {"id", "name", "created_at", "updated_at"}
    assert {k: v for k, v in of_file.items() if k not in own} == {
        k: v for k, v in by_hand.items() if k not in own
    }


def test_refused_rows_come_back_as_a_file_that_runs_nothing(ana: httpx.Client, worker: Worker) -> None:
    job = FILES.uploaded(ana)
    worker.work()
    globex, initech = FILES.refused(ana, job)
    assert (globex["line"], globex["Account Name"]) == ("3", "Globex")
    assert globex["error"].startswith("country: ")
    assert (initech["line"], initech["Account Name"]) == ("4", "'=Initech")
    assert initech["error"].startswith("tier: ")


def test_a_preview_says_what_would_come_of_the_first_rows(ana: httpx.Client, worker: Worker) -> None:
    acme = opened(ana, "Acme")
    job = FILES.uploaded(ana, start=False)
    worker.work()
    assert job["state"] == FILES.seen(ana, job)["state"] == "ready"
    rows = job["preview"]
    assert [(row["line"], row["result"]) for row in rows] == [
        (2, "duplicate"), (3, "invalid"), (4, "invalid"), (5, "created")
    ]  # fmt: skip
    likely = {"object": "account", "id": acme["id"], "score": 80, "reasons": ["company"]}
    assert rows[0]["duplicates"] == [likely]
    assert rows[3]["fields"]["website"] == "https://hooli.example"
    assert accounts(ana).keys() == {"Acme"}


def test_a_dry_run_counts_and_makes_nothing(ana: httpx.Client, worker: Worker, house: House) -> None:
    job = FILES.uploaded(ana, dry_run=True)
    worker.work()
    tried = FILES.seen(ana, job)
    assert (tried["state"], tried["dry_run"], counts(tried)) == ("ready", True, (4, 2, 0, 0, 2))
    assert (accounts(ana), house.published()) == ({}, [])
    assert ana.post(f"{FILES.url}/{job['id']}/start", json={}).status_code == 202
    worker.work()
    assert counts(FILES.seen(ana, job)) == (4, 2, 0, 0, 2)


@pytest.mark.parametrize(
    ("duplicates", "result", "names"),
    [
        ("skip", (3, 1, 0, 2, 0), {"Acme", "Globex"}),
        ("update", (3, 1, 2, 0, 0), {"ACME GmbH", "Globex Corp."}),
        ("create", (3, 3, 0, 0, 0), {"Acme", "ACME GmbH", "Globex", "Globex Corp."}),
    ],
)
def test_what_is_there_already_is_skipped_updated_or_created(
    ana: httpx.Client, worker: Worker, duplicates: str, result: tuple[int, ...], names: set[str]
) -> None:
    acme = opened(ana, "Acme", industry="trade", phone="+43 1 234")
    file = "name,industry,phone\nACME GmbH,technology,\nGlobex,,\nGlobex Corp.,,\n"
    job = taken(ana, worker, file, duplicates=duplicates)
    assert counts(job) == result
    assert accounts(ana).keys() == names
    now = ana.get(f"{ACCOUNTS}/{acme['id']}").json()
    assert now["industry"] == ("technology" if duplicates == "update" else "trade")
    assert now["phone"] == "+43 1 234", "an empty cell takes nothing away"
    if duplicates == "skip":
        first, second = (row["error"] for row in FILES.refused(ana, job))
        assert first == f"is there already: account {acme['id']} (company)"
        assert second == "is there already: line 3 (company)"


def test_an_update_tells_what_changed_and_nothing_where_nothing_did(
    ana: httpx.Client, worker: Worker, house: House
) -> None:
    acme = opened(ana, "ACME GmbH", external_id="C-1")
    file = "external id,tier\nC-1,growth\nC-1,growth\n"
    assert counts(taken(ana, worker, file, duplicates="update")) == (2, 0, 2, 0, 0)
    told = [(kind, record["version"], record.get("changed")) for kind, record, _ in house.published()]
    assert told == [("AccountOpened", 1, None), ("AccountChanged", 2, ["tier"])]
    line = ana.get(f"{ACCOUNTS}/{acme['id']}/timeline").json()["items"]
    assert [entry["type"] for entry in line] == ["account_changed", "account_opened"]


def test_rows_of_one_file_see_each_other(ana: httpx.Client, worker: Worker) -> None:
    opened(ana, "Acme")
    file = "id,name,domain\nC-1,ACME GmbH,acme.example\nC-2,Acme Ltd,acme.example\nC-1,ACME Group,\n"
    assert counts(taken(ana, worker, file, duplicates="update")) == (3, 1, 2, 0, 0)
    found = accounts(ana)
    assert {name: one["external_id"] for name, one in found.items()} == {
        "ACME Group": "C-1",
        "Acme Ltd": "C-2",
    }


def test_nobody_guesses_which_of_two_accounts_is_meant(ana: httpx.Client, worker: Worker) -> None:
    ids = {opened(ana, name)["id"] for name in ("Acme Ltd", "Acme Inc.")}
    job = taken(ana, worker, "name,tier\nACME,growth\n", duplicates="update")
    assert counts(job) == (1, 0, 0, 0, 1)
    (row,) = FILES.refused(ana, job)
    assert all(id in row["error"] for id in ids)
    assert "external_id" in row["error"]


def test_a_closed_account_takes_no_changes_by_a_file(ana: httpx.Client, worker: Worker) -> None:
    acme = opened(ana)
    ana.post(f"{ACCOUNTS}/{acme['id']}/close")
    job = taken(ana, worker, "name,tier\nACME GmbH,growth\n", duplicates="update")
    assert counts(job) == (1, 0, 0, 0, 1)
    assert "closed" in FILES.refused(ana, job)[0]["error"]


def test_an_import_changes_what_its_caller_may_change(
    ana: httpx.Client, ada: httpx.Client, worker: Worker, ben: str
) -> None:
    theirs = opened(ada, "Globex", owner_id=ben)
    file = "name,tier\nGlobex,growth\n"
    job = taken(ana, worker, file, duplicates="update")
    assert counts(job) == (1, 0, 0, 1, 0)
    (row,) = FILES.refused(ana, job)
    assert row["error"] == f"is account {theirs['id']} (company), which is not yours to change"
    assert counts(taken(ada, worker, file, duplicates="update")) == (1, 0, 1, 0, 0)


def test_who_starts_a_file_answers_for_it(
    ana: httpx.Client, ada: httpx.Client, worker: Worker, ben: str
) -> None:
    opened(ada, "Globex", owner_id=ben)
    job = FILES.uploaded(ada, "name,tier\nGlobex,growth\n", duplicates="update", start=False)
    assert ana.post(f"{FILES.url}/{job['id']}/start", json={}).status_code == 403, "the owner is Ada"
    body = {"owner_id": str(user_id(ACME, "ana"))}
    assert ana.post(f"{FILES.url}/{job['id']}/start", json=body).status_code == 202
    worker.work()
    assert counts(FILES.seen(ana, job)) == (1, 0, 0, 1, 0)


def test_a_row_says_whose_an_account_is_where_its_caller_may(
    ana: httpx.Client, ada: httpx.Client, worker: Worker, ben: str
) -> None:
    file = "name,owner\nACME,ben\nGlobex,\nInitech,nobody\nHooli,ana\n"
    job = taken(ana, worker, file)
    assert counts(job) == (4, 1, 0, 0, 3)
    assert {row["name"]: row["error"].partition(":")[0] for row in FILES.refused(ana, job)} == {
        "ACME": "owner",
        "Initech": "owner",
        "Hooli": "owner",
    }
    assert counts(taken(ada, worker, file, owner_id=ben)) == (4, 1, 0, 1, 2)
    assert {name: one["owner_id"] for name, one in accounts(ada).items()} == {
        "ACME": ben,
        "Globex": str(user_id(ACME, "ana")),
    }


def test_new_accounts_are_given_to_colleagues_by_those_who_may(
    ana: httpx.Client, ada: httpx.Client, worker: Worker, ben: str
) -> None:
    assert FILES.upload(ana, "name\nACME\n", owner_id=ben).status_code == 403
    assert FILES.upload(ada, "name\nACME\n", owner_id=str(user_id(ACME, "zoe"))).status_code == 404
    job = taken(ada, worker, "name\nACME\n", owner_id=None)
    assert (job["owner_id"], accounts(ada)["ACME"]["owner_id"]) == (None, None)


def test_an_id_of_another_system_is_one_accounts(ana: httpx.Client, worker: Worker) -> None:
    acme = opened(ana, external_id="C-1")
    again = ana.post(ACCOUNTS, json={"name": "Globex", "external_id": "C-1"})
    assert (again.status_code, again.json()["account_id"]) == (409, acme["id"])
    globex = opened(ana, "Globex")
    assert changed(ana, globex, external_id="C-1").status_code == 409
    assert changed(ana, acme, external_id="C-1", tier="growth").status_code == 200
    job = taken(ana, worker, "id,name\nC-1,Initech\n", duplicates="create")
    assert counts(job) == (1, 0, 0, 0, 1)
    assert FILES.refused(ana, job)[0]["error"] == (
        f"external_id: is that of account {acme['id']} (external_id)"
    )


def test_a_renamed_account_is_found_by_its_new_name(ana: httpx.Client, worker: Worker) -> None:
    acme = opened(ana)
    changed(ana, acme, name="Globex AG", domain="globex.example")
    job = taken(ana, worker, "name,domain\nACME,\nGlobex,\nHooli,globex.example\nX,gmail.com\nY,gmail.com\n")
    assert counts(job) == (5, 3, 0, 2, 0)


@pytest.mark.parametrize("duplicates", ["skip", "update", "create"])
def test_a_chunk_costs_as_many_statements_as_a_row(
    ana: httpx.Client, worker: Worker, duplicates: str
) -> None:
    sent = []
    for count in (1, 100):
        file = "id,name,tier\n" + "".join(f"{count}-{n},C {count} {n},growth\n" for n in range(count))
        taken(ana, worker, file)
        FILES.uploaded(ana, file.replace("growth", "standard"), duplicates=duplicates)
        with statements() as told:
            worker.work()
        sent.append(len(told))
    assert sent[0] == sent[1]


ROWS: list[tuple[str, str, str]] = [
    ("name", "x" * 201, "name"),
    ("name", "a\x00b", "name"),
    ("name", '"two\nlines"', "name"),
    ("domain", "no domain", "domain"),
    ("website", "javascript://alert(1) x", "website"),
    ("country", "Austria", "country"),
    ("country", "XX", "country"),
    ("company size", "huge", "company_size"),
    ("tier", "gold", "tier"),
    ("esg engagement", "very", "esg_engagement"),
    ("esg score", "101", "esg_score"),
    ("esg score", "-1", "esg_score"),
    ("esg score", "80.5", "esg_score"),
    ("esg score", "9" * 400, "esg_score"),
    ("phone", "1" * 51, "phone"),
    ("external id", "x" * 201, "external_id"),
    ("owner", "Zoë'; DROP TABLE accounts", "owner"),
    ("industry", '"open\nHooli', "industry"),
]


def test_a_row_says_which_cell_is_wrong(ana: httpx.Client, worker: Worker) -> None:
    for column, cell, field in ROWS:
        header = column if column == "name" else f"name,{column}"
        file = f"{header}\n{cell if column == 'name' else f'Row,{cell}'}\n"
        job = taken(ana, worker, file)
        assert counts(job) == (1, 0, 0, 0, 1), (column, cell)
        (row,) = FILES.refused(ana, job)
        assert row["error"].startswith(f"{field}: "), (column, cell, row)
    assert accounts(ana) == {}


ODD: list[str] = [
    "name,description\nACME,=cmd|'/c calc'!A1\n",
    "name,description\nACME,\"two\nlines\"\n",
    "name,name\nACME,Globex\n",
    "name\r\nACME\rGlobex\n\n",
    "name\nACME,more,cells,than,columns\n",
    "name,country\n,AT\n,\nACME,\n",
    "name\n\u202e\u200b👩‍👩‍👧 GmbH\nGmbH\n...\n",
    ",".join(f"c{n}" for n in range(1999)) + ",name\n" + "," * 1999 + "ACME\n",
    "name,description\nACME," + "x" * 3_000_000 + "\n",
    "name\n" + "ACME\n" * 20,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(ODD)))
def test_odd_files_end_with_every_row_accounted_for(ana: httpx.Client, worker: Worker, number: int) -> None:
    done = taken(ana, worker, ODD[number])
    assert done["state"] == "done"
    assert done["position"] == done["rows"] == done["created"] + done["duplicate"] + done["invalid"]
    assert len(FILES.refused(ana, done)) == done["duplicate"] + done["invalid"]
    assert len(accounts(ana)) == done["created"]


BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"mapping": {"99": "name"}}, "#/mapping/99"),
    ({"mapping": {"0": "name", "1": "name"}}, "#/mapping"),
    ({"mapping": {"0": "health"}}, "#/options/mapping/0"),
    ({"mapping": {"0": "email"}}, "#/options/mapping/0"),
    ({"duplicates": "create_anyway"}, "#/options/duplicates"),
    ({"lead_source": "event"}, "#/options/lead_source"),
    ({"owner_id": "ana"}, "#/options/owner_id"),
    ({"tenant_id": str(GLOBEX)}, "#/options/tenant_id"),
    ({"encoding": "klingon"}, "#/options/encoding"),
]


def test_wrong_options_are_refused_by_place(ana: httpx.Client) -> None:
    for options, pointer in BAD_OPTIONS:
        answer = FILES.upload(ana, **options)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), options
    assert ana.get(FILES.url).json()["items"] == []


@pytest.mark.parametrize("raw", [b"", b"\n\n\n", b"\xff\xfe", b",,,\n"])
def test_what_is_no_table_is_refused(ana: httpx.Client, raw: bytes) -> None:
    answer = FILES.upload(ana, raw)
    assert (answer.status_code, answer.json()["title"]) == (422, "The file cannot be read")


def test_an_import_is_for_those_who_may_open_accounts(door: Door) -> None:
    with door.client("mark", "marketing") as mark:
        assert FILES.upload(mark).status_code == 403


def test_globex_sees_no_import_of_acme_and_no_account(ana: httpx.Client, door: Door, worker: Worker) -> None:
    job = taken(ana, worker, FILE)
    with door.client("ana", tenant=GLOBEX) as other:
        assert other.get(f"{FILES.url}/{job['id']}").status_code == 404
        assert other.get(f"{FILES.url}/{job['id']}/errors").status_code == 404
        assert counts(taken(other, worker, FILE)) == (4, 2, 0, 0, 2), "nothing of ACME's is there already"
