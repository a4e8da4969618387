"""One alert, one inbox item and one mail per cause, whatever comes twice and whoever is killed (G6)."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from chassis.avro import Codec
from chassis.catalogue import Catalogue, Registry, bring
from chassis.headers import cloud_event
from chassis.ids import derived_id
from chassis.producer import Producer, Sendable
from deploy.local import infra as local
from tests.services.notifications.conftest import ACME, House, Post, alert_record, open_house

SCALE = float(os.environ.get("FAULT_SCALE", "0.05"))
ALERTS = max(500, int(20_000 * SCALE))
URGENT_EVERY = 50
KILLS = max(3, int(20 * SCALE))


class Notifier:
    """The service as a process that can be killed."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._command = [sys.executable, "-m", "services.notifications", "consume", "send"]
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, env=self._environment, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """Ends it without a warning and starts another."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = self._started()


@contextmanager
def running(environment: dict[str, str]) -> Iterator[Notifier]:
    """A notifier that is asked to end at the end of the block."""
    notifier = Notifier(environment)
    try:
        yield notifier
    finally:
        notifier.process.terminate()
        notifier.process.wait(30)


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Kafka of this test's own: its records are under the registry's ids."""
    started = local.start(tmp_path_factory.mktemp("once"), {"kafka"})
    assert started.kafka is not None
    yield started.kafka.bootstrap
    started.stop()


@pytest.fixture
def furnished(broker: str, registry: str, database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A database whose events the registry knows."""
    bring(broker, registry)
    with Registry(registry) as known:
        codec = Codec.start(Catalogue.load(), known)
        with open_house(database("notifications"), codec) as house:
            yield house


def deliver(house: House, broker: str, records: list[dict[str, Any]]) -> None:
    """Sends every alert one to three times, the repeats among the others."""
    name = house.catalogue.full_name("notifications.alert", "AlertRaised")
    deliveries = [record for record in records for _ in range(random.randint(1, 3))]
    random.shuffle(deliveries)
    producer = Producer(broker, "test-once")
    for start in range(0, len(deliveries), 100):
        producer.send([_sendable(house, name, record) for record in deliveries[start : start + 100]])
        time.sleep(0.05)
    producer.close()


def _sendable(house: House, name: str, record: dict[str, Any]) -> Sendable:
    value = house.codec.encode("notifications.alert", "AlertRaised", record)
    headers = cloud_event(id=record["event_id"], type=name, source="/notifications/alerts")
    return Sendable("notifications.alert", f"{ACME}:{record['subject_id']}".encode(), value, headers)


def raised(owner: UUID) -> list[dict[str, Any]]:
    """As many alerts as this run asks for, one of fifty urgent."""
    kinds = [{"kind": "score_threshold", "severity": "warning"}] * (URGENT_EVERY - 1) + [{}]
    leads = [derived_id("once", number) for number in range(ALERTS)]
    return [
        {**alert_record(lead, owner, datetime.now(UTC)), "tenant_id": str(ACME), **kinds[n % URGENT_EVERY]}
        for n, lead in enumerate(leads)
    ]


@pytest.mark.faults
@pytest.mark.timeout(3_600)
def test_every_alert_is_stored_told_and_mailed_once_though_the_notifier_is_killed(
    furnished: House, broker: str, registry: str, post: Post
) -> None:
    house = furnished
    ana = house.person("ana", "rep")
    records = raised(ana)
    environment = {
        "ENVIRONMENT": "local",
        "KAFKA_BOOTSTRAP": broker,
        "REGISTRY_URL": registry,
        "SMTP_URL": post.url,
        "NOTIFICATIONS_DATABASE_URL": house.urls["app"],
    }
    urgent = ALERTS // URGENT_EVERY
    sending = threading.Thread(target=deliver, args=(house, broker, records))
    sending.start()
    with running(environment) as notifier:
        for _ in range(KILLS):
            time.sleep(random.uniform(2, 5))
            notifier.kill()
        sending.join()
        drained(house, urgent)
    assert notifier.process.returncode == 0
    assert house.rows("SELECT count(*), count(DISTINCT subject_id) FROM alerts") == [(ALERTS, ALERTS)]
    assert house.rows("SELECT count(*), count(DISTINCT alert_id) FROM inbox_items") == [(ALERTS, ALERTS)]
    ids = {mail["Message-ID"] for mail in post.mails}
    assert len(ids) == urgent
    # between the server's 250 and the commit lies the one window in which a kill costs a second mail
    assert urgent <= len(post.mails) <= urgent + KILLS


def drained(house: House, urgent: int) -> None:
    """Waits until everything is stored and every mail has gone; kills leave leases, which have to end."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        stored = house.rows("SELECT count(*) FROM alerts")[0][0]
        sent = house.rows("SELECT count(*) FROM messages WHERE state = 'sent'")[0][0]
        if (stored, sent) == (ALERTS, urgent):
            return
        time.sleep(0.5)
    raise AssertionError(f"{stored} alerts stored, {sent} mails sent")
