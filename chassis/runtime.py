"""The parts of a running process, made at its start and closed at its end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self, TypeVar, cast

import structlog
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from chassis.avro import Codec
from chassis.business_clock import BusinessClock
from chassis.catalogue import Catalogue, Registry, RegistryUnavailable, verify_topics
from chassis.clock import Clock, SystemClock
from chassis.db import Database
from chassis.health import Health
from chassis.metrics import metrics
from chassis.outbox import Publisher
from chassis.pii import Vault
from chassis.producer import Producer
from chassis.settings import Settings

T = TypeVar("T")

log = structlog.get_logger(__name__)

ASK_SECONDS = 2.0


class Stopped(Exception):
    """The process was told to stop while it still waited for its surroundings."""


@dataclass
class Runtime:
    """What roles are given. Every part is safe for threads."""

    service: str
    settings: Any
    """The service's own Settings."""
    clock: Clock
    catalogue: Catalogue
    registry: Registry
    codec: Codec
    database: Database
    vault: Vault
    health: Health
    stop: threading.Event
    """Set when the process must end; what lasts (a live stream) looks at it."""
    _parts: dict[type, Any] = field(default_factory=dict, repr=False)
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def start(
        cls,
        service: str,
        settings: Settings,
        *,
        subject_keys: str | None = None,
        needs_database: bool = True,
        health: Health | None = None,
        stop: threading.Event | None = None,
    ) -> Self:
        """Makes the parts. Waits for the registry, unless its ids were kept; goes on without the broker.

        Raises NotFound or TopicMismatch where the contract was not brought to registry and broker, Stopped.
        """
        stop = stop or threading.Event()
        catalogue, registry = Catalogue.load(), Registry(settings.registry_url)
        codec = patiently(
            lambda: Codec.start(catalogue, registry, settings.schema_ids), RegistryUnavailable, stop
        )
        _verify(catalogue, settings)
        clock = _clock(settings, codec)
        database = Database(
            settings.database_url.get_secret_value(),
            clock=clock,
            publisher=Publisher(codec, catalogue, service),
        )
        vault = Vault(settings.pii_key, subject_keys)
        runtime = cls(
            service, settings, clock, catalogue, registry, codec, database, vault, health or Health(), stop
        )
        runtime._watch(needs_database)
        return runtime

    @cached_property
    def producer(self) -> Producer:
        """Sends straight to the broker; for front doors only. Made at its first use."""
        return Producer(self.settings.kafka_bootstrap, self.settings.instance)

    def part(self, kind: type[T], make: Callable[[], T]) -> T:
        """A part of the service's own, made at the first call; the same for all roles of the process."""
        with self._making:
            if kind not in self._parts:
                self._parts[kind] = make()
            return cast(T, self._parts[kind])

    def _watch(self, needs_database: bool) -> None:
        """Registry and broker may be away for a while without harm: the outbox keeps, the cache knows."""
        broker = AdminClient({"bootstrap.servers": self.settings.kafka_bootstrap})
        self.health.check("database", self.database.ping, needed=needs_database)
        self.health.check("kafka", lambda: broker.list_topics(topic="clock.tick", timeout=2), needed=False)
        self.health.check("registry", self._ask_registry, needed=False)

    def _ask_registry(self) -> None:
        if not self.registry.ping():
            raise RegistryUnavailable("no answer")

    def close(self) -> None:
        """Gives everything back; what was handed to the producer is sent first."""
        if "producer" in self.__dict__:
            self.producer.close()
        if isinstance(self.clock, BusinessClock):
            self.clock.close()
        self.database.close()
        self.registry.close()


def patiently(attempt: Callable[[], T], away: type[Exception], stop: threading.Event) -> T:
    """The attempt's result, tried again every two seconds while it raises `away`. Raises Stopped."""
    while True:
        try:
            return attempt()
        except away as error:
            log.warning("waiting", cause=str(error))
            if stop.wait(ASK_SECONDS):
                raise Stopped from error


def _verify(catalogue: Catalogue, settings: Settings) -> None:
    try:
        verify_topics(catalogue, settings.kafka_bootstrap)
    except KafkaException as error:
        log.warning("topics_not_verified", cause=str(error))


def _clock(settings: Settings, codec: Codec) -> Clock:
    if settings.environment == "production":
        return SystemClock()
    clock = BusinessClock(settings.kafka_bootstrap, codec, settings.instance)
    if not clock.start():
        log.warning("clock_without_tick")
    metrics().tick_age.set_function(clock.tick_age)
    return clock
