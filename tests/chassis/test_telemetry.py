import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.telemetry import Trace, configure_logging, current_trace, masked, span

Lines = Callable[[], list[dict[str, Any]]]
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Reads what was logged so far."""
    root, out = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stdout", out)
    configure_logging("leads", "leads-1", "INFO")
    handler = root.handlers[0]
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    assert handler in root.handlers
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_says_who_when_and_what(lines: Lines) -> None:
    structlog.get_logger("chassis.sample").info("lead_created", version=3)
    (line,) = lines()
    assert (line["event"], line["version"], line["service"], line["instance"]) == (
        "lead_created", 3, "leads", "leads-1",
    )  # fmt: skip
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_personal_data_does_not_get_into_the_log(lines: Lines) -> None:
    log = structlog.get_logger()
    log.warning("refused pat@example.com", why="call +43 660 123 45 67", body={"name": "Pat"}, raw=b"Pat")
    logging.getLogger("some.library").error("bad address %s", "pat@example.com")
    try:
        raise ValueError("Key (email)=(pat@example.com)\nDETAIL: Pat is there\n[parameters: ('Pat', 1)]")
    except ValueError:
        log.exception("failed", nested=[{"email": "pat@example.com"}, ("0660 123 45 67",)])
    text = json.dumps(found := lines())
    assert len(found) == 3
    assert not [mark for mark in ("pat@", "Pat", "660", "123 45") if mark in text]


def test_no_value_can_begin_a_line_of_its_own(lines: Lines) -> None:
    structlog.get_logger().info("said", text='a\r\n{"event": "forged"}\u2028')
    assert [line["event"] for line in lines()] == ["said"]


@pytest.mark.parametrize(
    "harmless",
    [
        "019ab000-0000-7000-8000-000000000001",
        "2026-11-23T20:34:58.123Z",
        "2026-11-23 20:34:58",
        "offset 1795453200000 of leads.lead[3]",
        "127.0.0.1:9092",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "stopped after 18.0 s",
    ],
)
def test_ids_times_and_addresses_of_machines_stay(harmless: str) -> None:
    assert masked(harmless) == harmless


@pytest.mark.parametrize(
    "phone", ["+43 660 1234567", "+436601234567", "0660/123 45 67", "(212) 555-0100", "0049 30 1234567"]
)
def test_phone_numbers_do_not(phone: str) -> None:
    assert masked(f"call {phone} now") == "call [phone] now"


@settings(deadline=None)
@given(st.emails())
def test_addresses_of_people_do_not(address: str) -> None:
    _, _, domain = address.rpartition("@")
    said = masked(f"mail to {address} failed")
    assert "@" + domain not in said


def test_a_span_is_a_child_of_the_header_it_came_with(lines: Lines) -> None:
    with span(PARENT) as outer:
        assert outer.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert outer.span_id != "00f067aa0ba902b7"
        with span() as inner:
            assert (inner.trace_id, current_trace()) == (outer.trace_id, inner)
            structlog.get_logger().info("inside")
        assert current_trace() == outer
    assert current_trace() is None
    (line,) = lines()
    assert (line["trace_id"], line["span_id"]) == (inner.trace_id, inner.span_id)


def test_a_span_without_a_parent_begins_a_trace() -> None:
    with span() as first, span("nonsense") as second:
        assert first.trace_id == second.trace_id
    assert Trace.parse(first.traceparent) == first


@pytest.mark.parametrize(
    "header",
    [
        "",
        None,
        "00-0-0-01",
        PARENT.upper(),
        "ff" + PARENT[2:],
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        PARENT + "-x",
    ],
)
def test_a_header_that_is_not_right_is_no_trace(header: str | None) -> None:
    assert Trace.parse(header) is None


def test_whether_a_trace_is_kept_is_passed_on() -> None:
    trace = Trace.parse(PARENT[:-1] + "0")
    assert trace is not None
    assert not trace.child().sampled
