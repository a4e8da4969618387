"""What ends is started again, with growing pauses, and it is said so."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.home import SetupError
from deploy.local.process import Process
from deploy.local.supervisor import LOOK, PAUSES, Alarm, Watch

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def sleeper(tmp_path: Path) -> Process:
    """A process that would run for long."""
    return Process(tmp_path, "leads-stream")


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    """What the supervisor sleeps by; the signals are given back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Alarm()
    for number, handler in kept.items():
        signal.signal(number, handler)


def killed(process: Process) -> None:
    """Kills it and waits until it is gone."""
    found = process.running()
    assert found is not None
    found.kill()
    deadline = time.monotonic() + 10
    while process.running() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.running() is None


def test_a_killed_process_is_started_again_and_it_is_said_so(
    sleeper: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    sleeper.start(SLEEPER)
    watch = Watch(sleeper, lambda: (sleeper.start(SLEEPER), None)[1])
    killed(sleeper)
    assert watch.look(100.0)
    assert watch.look(100.0 + PAUSES[0])
    assert sleeper.running()
    assert watch.restarts == 1
    assert "leads-stream has ended; it starts again" in capsys.readouterr().out
    sleeper.stop()


def test_pauses_grow_while_it_keeps_ending_and_start_anew_after_a_calm_minute(sleeper: Process) -> None:
    watch = Watch(sleeper, lambda: None, started=0.0)
    now, pauses = 0.0, []
    for _ in range(8):
        watch.look(now)
        assert watch.due is not None
        pauses.append(watch.due - now)
        now = watch.due
        watch.look(now)
    assert pauses == pytest.approx([*PAUSES, PAUSES[-1], PAUSES[-1]])
    now += 61
    watch.look(now)
    assert watch.due == pytest.approx(now + PAUSES[0])


def test_a_port_taken_meanwhile_does_not_end_the_watch(
    sleeper: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    def taken() -> None:
        raise SetupError("Port 8102 for leads is taken")

    watch = Watch(sleeper, taken)
    watch.look(1.0)
    watch.look(2.0)
    said = capsys.readouterr().out
    assert "leads-stream cannot start" in said
    assert "Port 8102 for leads is taken" in said


def test_an_end_is_noticed_at_once(sleeper: Process, alarm: Alarm) -> None:
    sleeper.start(SLEEPER)
    found = sleeper.running()
    assert found is not None
    threading.Timer(0.2, found.kill).start()
    began = time.monotonic()
    alarm.sleep([Watch(sleeper, lambda: None)])
    assert sleeper.running() is None
    assert time.monotonic() - began < LOOK / 2


def test_a_signal_ends_the_sleep_and_the_watch(alarm: Alarm) -> None:
    threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGTERM]).start()
    alarm.sleep([])
    assert alarm.stop
