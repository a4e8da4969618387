"""A stream under fire: a writer, members that are killed and started again, and the judge at the end."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from chassis.durable import DURABLE
from chassis.streams.engine import Engine
from chassis.streams.kafka import KafkaWire
from chassis.streams.processor import EXIT_FROZEN
from chassis.streams.pulse import Pulse
from tests.chassis.streams.sums import Account, Sums, catalogue, offline_codec
from tests.faults.streams.writer import Writer
from tests.topics import records

SCALE = float(os.environ.get("FAULT_SCALE", "0.05"))
PARTITIONS = 12
SESSION = 6.0
DEADLINE = 300.0
"""Seconds: on a loaded machine a broker alone takes one or two minutes to come up."""


def times(full: int) -> int:
    """How often a fault comes in this run: `full` times with FAULT_SCALE=1, at least once."""
    return max(1, round(full * SCALE))


def until(true: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
    """Waits for a condition; fails when it does not come."""
    end = time.monotonic() + deadline
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:.0f} s: {what}")
        time.sleep(0.1)


class Arena:
    """Topics of their own, members of one group, and what they must have made of it."""

    def __init__(self, bootstrap: str, host: str) -> None:
        self.bootstrap, self.host = bootstrap, host
        self.prefix = f"sums-{uuid4().hex[:8]}"
        self.fold = Sums(self.prefix)
        self.contract = catalogue(self.prefix)
        self.codec = offline_codec(self.contract)
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                **DURABLE,
                "linger.ms": 5,
                "delivery.report.only.error": True,
                "on_delivery": lambda error, _: self.refused.append(str(error)),
            }
        )
        self.refused: list[str] = []
        self.writers: list[Writer] = []
        self._members: list[subprocess.Popen[bytes]] = []
        self._logs = Path(tempfile.mkdtemp(prefix="stream-faults-"))
        self._started = 0
        self._wire = KafkaWire(bootstrap, "judge")
        self._create_topics()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self.writers:
            writer.cut()
        self._wire.close()
        for member in self._members:
            member.kill()
            member.wait()
        if error is None:
            shutil.rmtree(self._logs, ignore_errors=True)

    def _create_topics(self) -> None:
        topics = [
            NewTopic(t.name, PARTITIONS, 1, config=dict(t.config)) for t in self.contract.topics.values()
        ]
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for future in admin.create_topics(topics).values():
            future.result(30)

    def produce(self, topic: str, value: bytes, key: bytes) -> None:
        """Writes a record; waits while the queue is full."""
        while True:
            try:
                self.producer.produce(topic, value, key)
            except BufferError:
                self.producer.poll(0.1)
            else:
                self.producer.poll(0)
                return

    # --- members

    def join(self) -> subprocess.Popen[bytes]:
        """Starts one more member; it heeds SIGTERM from the return on."""
        self._started += 1
        said = {
            "prefix": self.prefix,
            "bootstrap": self.bootstrap,
            "client": f"member-{self._started}",
            "host": self.host,
            "session_timeout": SESSION,
        }
        with (self._logs / f"member-{self._started:03}.log").open("wb") as log:
            member = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.streams.member", json.dumps(said)],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._members.append(member)
        assert member.stdout is not None
        with member.stdout as told:
            assert told.readline() == b"ready\n"
        return member

    def kill(self, member: subprocess.Popen[bytes]) -> None:
        """SIGKILL; nobody is started in its place."""
        member.kill()
        member.wait()
        self._members.remove(member)

    def stop(self, member: subprocess.Popen[bytes]) -> float:
        """SIGTERM: must end with 0; the seconds that it took."""
        started = time.monotonic()
        member.send_signal(signal.SIGTERM)
        assert self._end_of(member, 20) == 0, self.told()
        self._members.remove(member)
        return time.monotonic() - started

    def freeze(self, member: subprocess.Popen[bytes], seconds: float) -> None:
        """SIGSTOP for longer than its session; afterwards it must end by itself and say why."""
        member.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        member.send_signal(signal.SIGCONT)
        assert self._end_of(member, 60) == EXIT_FROZEN, self.told()
        self._members.remove(member)

    def _end_of(self, member: subprocess.Popen[bytes], seconds: float) -> int | None:
        """Its exit code; None, and where it hangs in its log, when it does not end in time."""
        try:
            return member.wait(seconds)
        except subprocess.TimeoutExpired:
            self._ask_where_they_stand()
            return None

    def _ask_where_they_stand(self) -> None:
        """Has every member write its stacks into its log."""
        for member in self.members:
            member.send_signal(signal.SIGUSR1)
        time.sleep(1)  # a handler in another process: nothing tells when it has written

    def revive(self, *codes: int) -> None:
        """Starts others in the place of those that ended by themselves with one of these exit codes."""
        for member in self.members:
            if (code := member.poll()) is not None:
                assert code in codes, f"a member ended with {code}:\n{self.told()}"
                self._members.remove(member)
                self.join()

    def settle(self, records: int = 300, *codes: int) -> None:
        """Waits until the members have done some more. One that the machine had stand still may end."""
        before = self.outputs()

        def gone_on() -> bool:
            self.revive(EXIT_FROZEN, *codes)
            return self.outputs() >= before + records

        until(gone_on, "the members go on")

    @property
    def members(self) -> list[subprocess.Popen[bytes]]:
        """Those that are alive."""
        return list(self._members)

    # --- the judge

    def outputs(self) -> int:
        """Records on the output topic."""
        return sum(self.ends(self.fold.total))

    def ends(self, topic: str) -> list[int]:
        """Ends of a topic's partitions."""
        wire = self._wire
        return [wire.bounds(topic, n)[1] for n in range(PARTITIONS)]

    def totals(self) -> list[dict[str, Any]]:
        """Every outcome that was sent, with its key."""
        topic = self.fold.total
        return [
            {"key": message.key(), **self.codec.decode(topic, message.value())[1]}
            for message in records(self.bootstrap, topic)
        ]

    def shown(self) -> dict[bytes, tuple[int, int]]:
        """What a reader of the outcomes holds: of every account the highest (epoch, sequence)."""
        best: dict[bytes, dict[str, Any]] = {}
        for total in self.totals():
            held = best.get(total["key"])
            if held is None or (held["epoch"], held["sequence"]) < (total["epoch"], total["sequence"]):
                best[total["key"]] = total
        return {key: (total["total"], total["count"]) for key, total in best.items()}

    def states(self) -> dict[bytes, Account]:
        """What the changelog amounts to, read as the next member would. Ends everybody else's claim."""
        engine: Engine[Account] = Engine(self.fold, self.codec, self.contract, self._wire, Pulse(SESSION))
        engine.assign(list(range(PARTITIONS)))
        return {key: state for n in range(PARTITIONS) for key, state in engine.states(n)}

    def _report(self, expected: dict[bytes, tuple[int, int]], writer: Writer) -> str:
        self._ask_where_they_stand()
        shown = self.shown()
        wrong = [(key, shown.get(key), fold) for key, fold in expected.items() if shown.get(key) != fold]
        missing = writer.ids - {total["cause"] for total in self.totals()}
        ends = {
            topic: self.ends(topic) for topic in (*self.fold.inputs, self.fold.repair, self.fold.dead_letter)
        }
        return (
            f"{len(wrong)} accounts are wrong, as {wrong[:3]}\n"
            f"without an outcome: {list(self._places(missing))[:20]}\nends: {ends}\n{self.told()}"
        )

    def _places(self, ids: set[str]) -> Iterator[tuple[str, int, int]]:
        """Where on the inputs these movements lie."""
        for topic in self.fold.inputs:
            for m in records(self.bootstrap, topic):
                if self.codec.decode(topic, m.value())[1]["event_id"] in ids:
                    yield topic, m.partition(), m.offset()

    def told(self) -> str:
        """The ends of all members' logs."""
        logs = sorted(self._logs.iterdir())
        return "\n".join(f"--- {log.name}\n{log.read_text()[-5_000:]}" for log in logs)

    def judge(self, writer: Writer, *codes: int) -> None:
        """Everybody has caught up: state and outcomes must be the fold of what was written."""
        expected = {key: (writer.totals[key], moves) for key, moves in writer.moves.items()}

        def shows_it() -> bool:
            self.revive(EXIT_FROZEN, *codes)
            return self.shown() == expected

        try:
            until(shows_it, "every account shows the fold of its movements")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self._report(expected, writer)}") from None
        for member in self.members:
            self.stop(member)
        states = self.states()
        assert {key: (state.total, state.moves) for key, state in states.items()} == expected
        assert [key for key, state in states.items() if state.lost or state.doubled] == []
        totals = self.totals()
        assert {total["cause"] for total in totals} == writer.ids
        assert len({total["event_id"] for total in totals}) == len(writer.ids)
