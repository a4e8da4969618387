"""The running system as a test sees it: its people, its front door, its mails, and patience."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from segment.analytics.client import Client

from chassis.avro import Codec
from chassis.catalogue import Catalogue, Registry
from chassis.clock import millis
from chassis.headers import cloud_event
from chassis.producer import Producer, Sendable
from cli.api import Api, ApiError, Json
from cli.local import demo_source, token
from deploy.local import start
from deploy.local.system import System

T = TypeVar("T")
PATIENCE = 120.0
"""Seconds for what takes one on a calm machine; a loaded one is the normal case."""


class World:
    """A system of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.system = System(home)

    def start(self) -> None:
        """Starts everything; blocks until all is ready."""
        for _, work in start.steps(self.system):
            work()

    def stop(self) -> None:
        """Ends everything."""
        start.down(self.system)

    def user(self, login: str, tenant: str = "acme") -> Api:
        """A signed-in user's view."""
        return Api(self.system.gateway_url, token(tenant, login))

    @contextmanager
    def website(self, tenant: str = "acme") -> Iterator[Client]:
        """A website that uses Segment's SDK; all is sent at the end of the block."""
        sdk = Client(
            demo_source(tenant)[1], host=self.system.gateway_url, max_retries=10, upload_interval=0.05
        )
        yield sdk
        sdk.shutdown()

    def lead(self, api: Api, **fields: str) -> Json:
        """A new lead with an address of its own."""
        email = f"hana.{uuid.uuid4().hex[:8]}@initech.example"
        said = {"first_name": "Hana", "company": "Initech", "email": email, **fields}
        return api.post("/api/leads", said, key=email)

    def tell_users(self, users: Iterable[Json]) -> None:
        """Says who works here, as the identity service does; the records say of which tenant they are."""
        catalogue = Catalogue.load()
        with Registry(self.system.registry.url) as registry:
            codec = Codec.start(catalogue, registry)
        producer = Producer(self.system.kafka.bootstrap, "world")
        assert set(producer.send([_registered(codec, user) for user in users])) == {None}
        producer.close()

    def mails(self, to: str) -> list[str]:
        """Mails that arrived for an address, as they came."""
        return [file.read_text() for file in sorted((self.home / "mail").glob(f"*-{to}.eml"))]


def _registered(codec: Codec, user: Json) -> Sendable:
    told = {"event_id": str(uuid.uuid4()), "occurred_at": millis(now()), **user}
    value = codec.encode("identity.user", "User", told)
    kind = "salescompass.identity.User"
    headers = cloud_event(id=told["event_id"], source="/identity", type=kind, tenant=user["tenant_id"])
    return Sendable("identity.user", f"{user['tenant_id']}:{user['user_id']}".encode(), value, headers)


def eventually(look: Callable[[], T], good: Callable[[T], Any], seconds: float = PATIENCE) -> T:
    """What `look` sees once it is good; fails with the last look when that takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if good(seen):
            return seen
        assert time.monotonic() < deadline, f"still {seen!r} after {seconds} s"
        time.sleep(0.05)


def made(api: Api, path: str, body: Json) -> Any:
    """What a call makes; None while what the body names has not been heard of there yet."""
    try:
        return api.post(path, body)
    except ApiError as error:
        if error.status not in (404, 409, 422):
            raise
        return None


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)
