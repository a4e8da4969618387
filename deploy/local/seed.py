"""Brings people.yaml to identity.user, through an outbox like every other change."""

import threading
import time
from pathlib import Path

from pydantic import SecretStr

from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.catalogue import Registry as RegistryClient
from chassis.clock import SystemClock, millis
from chassis.db import Database, UnitOfWork, connect
from chassis.ids import derived_id, tenant_id, user_id
from chassis.migrations import migrate
from chassis.outbox import Outgoing, Publisher
from chassis.pii import Vault
from chassis.relay import Relay
from deploy.local import keys
from deploy.local.home import SetupError
from deploy.local.people import Person, people, tenants, version
from deploy.local.system import System

VERSIONS = Path(__file__).parent / "identity" / "versions"
TOPIC = "identity.user"


def seed(system: System) -> None:
    """Publishes every user once for each version of the file. Blocks until Kafka has them."""
    marker = system.home / "seeded"
    if marker.exists() and marker.read_text() == str(version()):
        return
    urls = system.postgres.ensure("identity", "identity")
    migrate(urls["owner"], "identity", VERSIONS)
    catalogue = Catalogue.load()
    with RegistryClient(system.registry.url) as registry:
        publisher = Publisher(Codec.start(catalogue, registry), catalogue, "identity")
    database = Database(urls["app"], clock=SystemClock(), publisher=publisher)
    vault = Vault(SecretStr(keys.secret(system.home, "pii")), "identity.subject-key")
    for tenant in tenants():
        with database.unit_of_work(tenant_id(tenant), "system:seed") as uow:
            for person in (p for p in people() if p.tenant == tenant):
                uow.publish(registered(uow, vault, person))
    database.close()
    drain(urls["relay"], system.kafka.bootstrap)
    marker.write_text(str(version()))


def registered(uow: UnitOfWork, vault: Vault, person: Person) -> Outgoing:
    """The event that says who a person is."""
    user = user_id(uow.tenant, person.login)
    pii, key_id = vault.seal(uow, user, {"name": person.name, "email": person.email})
    record = {
        "event_id": str(derived_id("seed", user, version())),
        "tenant_id": str(uow.tenant),
        "user_id": str(user),
        "version": version(),
        "occurred_at": millis(uow.now),
        "login": person.login,
        "roles": list(person.roles),
        "team": person.team,
        "manager_id": str(user_id(uow.tenant, person.manager)) if person.manager else None,
        "active": True,
        "territories": list(person.territories),
        "capacity": person.capacity,
        "absent_from": None,
        "absent_until": None,
        "visibility": None,
        "pii": pii,
        "key_id": key_id,
    }
    return Outgoing(TOPIC, "User", f"{uow.tenant}:{user}", record)


def drain(url: str, bootstrap: str) -> None:
    """Relays until the outbox is empty; raises `SetupError` when that takes longer than 30 s."""
    stop = threading.Event()
    quiet = {"log_level": 3}  # a fresh broker makes the first producer wait, which is no news to people
    relay = threading.Thread(target=Relay(url, bootstrap, name="seed", producer=quiet).run, args=(stop,))
    relay.start()
    deadline = time.monotonic() + 30
    try:
        with connect(url, {"statement_timeout": 5000}) as connection:
            while connection.execute("SELECT 1 FROM outbox LIMIT 1").fetchone():
                if time.monotonic() > deadline:
                    raise SetupError("The seeded people do not reach Kafka; see `salescompass logs kafka`.")
                time.sleep(0.05)
    finally:
        stop.set()
        relay.join()
