"""A person who came in by every door is erased, and nothing of them is left in any database (F109, G20)."""

import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

import httpx
import pytest

from chassis.headers import cloud_event
from chassis.ids import tenant_id, user_id
from chassis.producer import Producer, Sendable
from cli.api import Api, ApiError, Json
from tests.journeys.leftovers import Marks, leftovers
from tests.journeys.test_sale import convert
from tests.journeys.twins import SERVICES, send
from tests.world import World, eventually

ACME = tenant_id("acme")
KEPT = {
    "accounts.accounts", "accounts.contacts", "accounts.dead_letters", "accounts.imports",
    "accounts.refused_rows", "engagement.dead_letters", "engagement.events", "engagement.rejected_events",
    "leads.adjustments", "leads.assignments", "leads.dead_letters", "leads.form_submissions",
    "leads.idempotency_keys", "leads.import_parts", "leads.imports", "leads.lead_log", "leads.leads",
    "leads.match_records", "leads.refused_rows", "leads.status_history", "notifications.alerts",
    "notifications.dead_letters", "notifications.idempotency_keys", "opportunities.dead_letters",
    "opportunities.history", "opportunities.idempotency_keys", "opportunities.opportunities",
}  # fmt: skip
"""Tables in which this person is found before; if not, the look has gone blind."""


@dataclass
class Somebody:
    """A person with a name, an address and a number that nobody else has."""

    world: World
    ada: Api
    name: str = field(default_factory=lambda: "quill" + "".join(random.choices(ascii_lowercase, k=9)))
    digits: str = field(default_factory=lambda: f"1718{random.randrange(10**5, 10**6)}")
    leads: dict[str, str] = field(default_factory=dict)
    """Door to the lead that came in by it."""

    @property
    def email(self) -> str:
        """Their address."""
        return f"{self.name}@initech.example"

    @property
    def phone(self) -> str:
        """Their number, as people write it."""
        return f"+49 171 {self.digits[3:6]} {self.digits[6:]}"

    @property
    def person(self) -> Json:
        """As the API is told."""
        named = {"first_name": "Wilhelmina", "last_name": self.name.title()}
        return named | {"email": self.email, "phone": self.phone}

    @property
    def text(self) -> str:
        """What people write about them."""
        return f"Wilhelmina {self.name.title()} asks to be called at {self.phone}, or {self.email}."

    @property
    def marks(self) -> Marks:
        """By what they are found."""
        return Marks((self.name,), self.digits)

    def be_asked_for_a_wish(self) -> None:
        """Leads have a field for it, and a conversion takes it along."""
        names = ("wish", "hope", "dream")
        fields = {name: {"label": f"Heart's {name}", "type": "text"} for name in names}
        self.ada.change("PUT", "/api/leads/settings/custom-fields", {"custom_fields": fields})
        page = "/api/leads/settings/conversion"
        known = self.ada.get(page)
        mapping = known["mapping"] | {"custom.wish": "account.attributes.wish"}
        mapping |= {"custom.hope": "contact.attributes.hope", "custom.dream": "opportunity.attributes.dream"}
        self.ada.change("PUT", page, known | {"mapping": mapping})

    def come_by_form(self) -> None:
        """Twice by one form; once with a robot's help; once by one that waits for a confirmation."""
        fields = {"name": "last_name", "first": "first_name", "mail": "email", "tel": "phone"}
        fields |= {"wish": "custom.wish"}
        form = {"name": "Contact", "mapping": fields, "honeypot": "website"}
        plain = self.ada.post("/api/leads/forms", form)
        asking = self.ada.post("/api/leads/forms", form | {"name": "Newsletter", "double_opt_in": True})
        sent = {"name": self.name, "first": "Wilhelmina", "mail": self.email, "tel": self.phone}
        sent |= {"wish": self.text, "message": self.text, "referrer": f"https://a.example/?mail={self.email}"}
        for key, more in ((plain["key"], {}), (plain["key"], {}), (plain["key"], {"website": "x"}),
                          (asking["key"], {})):  # fmt: skip
            url = f"{self.world.system.gateway_url}/api/leads/forms/{key}/submissions"
            assert httpx.post(url, json=sent | more, timeout=30).status_code == 201
        path = f"/api/leads/forms/{plain['id']}/submissions"
        self.leads["form"] = next(row["lead_id"] for row in self.ada.items(path) if row["lead_id"])

    def come_by_api(self) -> None:
        """Alone and among others; with all that may be said of a lead."""
        proof = {"state": "granted", "source": self.text, "proof": self.text}
        said: Json = {"description": self.text, "referrer": f"https://a.example/?mail={self.email}"}
        said |= {
            "utm": {"term": self.name},
            "consents": {"email": proof},
            "company": "Initech",
            "custom": dict.fromkeys(("wish", "hope", "dream"), self.text),
        }
        body: Json = {**self.person, **said, "industry": "technology", "company_size": "enterprise"}
        self.leads["api"] = self.ada.post("/api/leads", body, key=uuid.uuid4().hex)["id"]
        bulk = self.ada.post("/api/leads/bulk", {"items": [self.person, {"email": "no address"}]})
        self.leads["bulk"] = bulk["items"][0]["lead_id"]

    def come_by_file(self) -> None:
        """In a good row and in bad ones; in a file that nobody has started; in one of accounts."""
        head = "first name,last name,email,phone,wish,country"
        row = f'Wilhelmina,{self.name},{self.email},{self.phone},"{self.text}"'
        rows = [f"{row},DE", f"{row},Narnia", "Zoe,Other,zoe@hooli.example,,,Narnia"]
        job = self.upload("leads", "\n".join([head, *rows]), duplicates="create_anyway")
        done = eventually(
            lambda: self.ada.get(f"/api/leads/imports/{job}"), lambda now: now["state"] == "done"
        )
        assert (done["created"], done["invalid"]) == (1, 2)
        found = self.ada.items("/api/leads", email=self.email)
        self.leads["file"] = next(one["id"] for one in found if one["lead_source"] == "import")
        self.upload("leads", f"{head}\n{row},DE\n", start=False)
        self.upload("accounts", f"name,phone,country\n{self.name},{self.phone},Narnia\n")

    def upload(self, service: str, text: str, **options: Any) -> str:
        """A file that is named after them."""
        form: Json = {"files": {"file": (f"wilhelmina_{self.name}.csv", text.encode())}}
        form |= {"data": {"options": json.dumps(options)}} if options else {}
        headers = {"idempotency-key": uuid.uuid4().hex}
        return str(self.ada.call("POST", f"/api/{service}/imports", headers=headers, **form)["id"])

    def be_worked_on(self) -> None:
        """Called, given to somebody, given points, put away and taken up again, each time with a word."""
        lead = f"/api/leads/{self.leads['api']}"
        self.ada.post(f"{lead}/activities", {"activity": "note", "text": self.text}, key=uuid.uuid4().hex)
        self.ada.post(f"{lead}/adjustments", {"points": 5, "reason": self.text})
        for owner in (None, str(user_id(ACME, "ana"))):  # the tenant's rules may have given it to Ana already
            self.ada.post(f"{lead}/assign", {"owner_id": owner, "reason": self.text})
        self.be_read_of()
        self.ada.post(f"{lead}/archive", {"reason": self.text})
        self.ada.post(f"{lead}/restore", {"reason": self.text})
        self.ada.post(
            f"{lead}/status", {"status": "unqualified", "reason_code": "other", "reason": self.text}
        )
        self.ada.post(f"{lead}/reopen", {"reason": self.text})
        self.ada.post(f"{lead}/status", {"status": "qualified", "reason": self.text})

    def be_read_of(self) -> None:
        """Ana takes notice of whom she was given."""
        with self.world.user("ana") as ana:

            def told() -> list[Json]:
                items = ana.items("/api/notifications/inbox")
                return [item for item in items if item["alert"]["subject_id"] == self.leads["api"]]

            path = f"/api/notifications/inbox/{eventually(told, bool)[0]['id']}/read"
            assert self.name in str(ana.post(path, key=uuid.uuid4().hex)).lower()

    def become_a_customer(self) -> Json:
        """With an account, a contact and a deal; people write about them there too."""
        done = convert(self.ada, {"id": self.leads["api"]})
        assert done["state"] == "done", done
        account, deal = f"/api/accounts/{done['account_id']}", f"/api/opportunities/{done['opportunity_id']}"
        self.ada.change("PATCH", account, {"description": self.text, "phone": self.phone})
        self.ada.change("PATCH", f"{account}/contacts/{done['contact_id']}", {"job_title": self.text})
        self.ada.change("PATCH", deal, {"description": self.text})
        why = {"reason_code": "price", "reason": self.text}
        self.ada.post(f"{deal}/stage", {"stage": "closed_lost", **why}, key=uuid.uuid4().hex)
        body = {"title": "Second", "account_id": done["account_id"], "contact_id": done["contact_id"]}
        self.ada.post("/api/opportunities", body | {"description": self.text}, key=uuid.uuid4().hex)
        self.ada.post(f"{account}/contacts", {"first_name": "Zoe", "last_name": "Other"})
        return done

    def visit(self) -> None:
        """Reads, says who they are, and once so that nobody can read it."""
        source = self.ada.post("/api/engagement/sources", {"name": self.name[5:]})["id"]
        key = self.ada.post(f"/api/engagement/sources/{source}/write-keys", {})["write_key"]
        traits = {"email": self.email, "name": self.name, "phone": self.phone}
        url = self.world.system.gateway_url
        named: Json = {"anonymousId": uuid.uuid4().hex, "userId": self.email, "context": {"traits": traits}}
        send(url, key, event="Docs", **named)
        send(url, key, event="Docs", properties={"note": self.text}, **named)
        send(url, key, event="Docs", timestamp="no time at all", **named)
        eventually(lambda: [*self.ada.items("/api/engagement/rejected", source_id=source)], bool)

    def be_lost_on_the_way(self) -> None:
        """A record that no service can read, about them."""
        headers = cloud_event(id=str(uuid.uuid4()), source="/leads", tenant=str(ACME),
                              type="salescompass.leads.LeadCreated")  # fmt: skip
        key = f"{ACME}:{uuid.uuid4()}"
        producer = Producer(self.world.system.kafka.bootstrap, "erasure")
        sent = producer.send([Sendable("leads.lead", key.encode(), self.text.encode(), headers)])
        producer.close()
        assert sent == [None]
        for service in SERVICES:
            self.letter(service.name, key)

    def letter(self, service: str, key: str) -> None:
        """Waits for the dead letter that the record of a key becomes."""
        letters = f"/api/{service}/dead-letters"
        eventually(lambda: [one for one in self.ada.items(letters) if one["key"] == key], bool)


@pytest.fixture(scope="module")
def ada(world: World) -> Iterator[Api]:
    """Who may erase."""
    with world.user("ada") as api:
        yield api


@pytest.fixture(scope="module")
def somebody(world: World, ada: Api) -> tuple[Somebody, Json]:
    """A person who has come by every door, and the conversion of one of their leads."""
    made = Somebody(world, ada)
    made.be_asked_for_a_wish()
    made.come_by_form()
    made.come_by_api()
    made.come_by_file()
    made.visit()
    made.be_worked_on()
    done = made.become_a_customer()
    made.be_lost_on_the_way()
    return made, done


def test_who_is_erased_is_left_nowhere(world: World, ada: Api, somebody: tuple[Somebody, Json]) -> None:
    person, done = somebody
    places = eventually(
        lambda: leftovers(world, person.marks), lambda found: {tables_of(one) for one in found} >= KEPT, 30
    )
    assert places
    before = {door: ada.get(f"/api/leads/{lead}") for door, lead in person.leads.items()}
    erased = ada.post(f"/api/leads/{person.leads['file']}/erase", {"confirm": True})
    assert set(erased["leads"]) == set(person.leads.values())
    eventually(lambda: leftovers(world, person.marks), lambda found: found == set(), 60)
    for door, lead in before.items():
        after = ada.get(f"/api/leads/{lead['id']}")
        assert (after["email"], after["last_name"], after["archived"]) == (None, None, True), door
        assert (after["score"], after["status"]) == (lead["score"], lead["status"]), (
            "facts without the person"
        )
    with pytest.raises(ApiError, match="404"):
        ada.get(f"/api/accounts/{done['account_id']}/contacts/{done['contact_id']}")


def tables_of(place: str) -> str:
    """`service.table` of a place."""
    return place.rpartition(".")[0]
