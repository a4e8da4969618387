"""Logs without personal data, and the trace context that requests and events carry by hand (W3C)."""

import json
import logging
import re
import secrets
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self

import structlog

# --- trace context

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True)
class Trace:
    """Where we are in a trace: which one, and which span of it is ours."""

    trace_id: str
    span_id: str
    sampled: bool = True

    @classmethod
    def new(cls) -> Self:
        """The root of a new trace."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @classmethod
    def parse(cls, traceparent: str | None) -> Self | None:
        """The trace of a `traceparent` header; None for none, or one that is not right."""
        match = _TRACEPARENT.fullmatch(traceparent or "")
        if not match or not int(match[1], 16) or not int(match[2], 16):
            return None
        return cls(match[1], match[2], bool(int(match[3], 16) & 1))

    @property
    def traceparent(self) -> str:
        """W3C header."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def child(self) -> "Trace":
        """A new span below this one."""
        return Trace(self.trace_id, secrets.token_hex(8), self.sampled)


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current_trace() -> Trace | None:
    """The trace of what this thread or task is doing; None outside any."""
    return _current.get()


@contextmanager
def span(traceparent: str | None = None) -> Iterator[Trace]:
    """Works under a new span: child of the given header, else of the current trace, else a new trace.

    Log lines of the block carry trace_id and span_id.
    """
    parent = Trace.parse(traceparent) or current_trace()
    trace = parent.child() if parent else Trace.new()
    token = _current.set(trace)
    try:
        with structlog.contextvars.bound_contextvars(trace_id=trace.trace_id, span_id=trace.span_id):
            yield trace
    finally:
        _current.reset(token)


# --- logs

DROPPED = frozenset(
    {
        "body",
        "payload",
        "raw",
        "pii",
        "value",
        "record",
        "properties",
        "traits",
        "password",
        "secret",
        "token",
        "authorization",
        "cookie",
        "write_key",
        "email",
        "phone",
        "first_name",
        "last_name",
    }
)
"""Fields that are never written out, whoever logs them."""

_EMAIL = re.compile(r"[^\s@]+@[\w.-]*\w")  # rather too much: also the password in an address of a database
_PHONE = re.compile(
    r"(?<![\w.+-])(?:(?:\+|00)\d[\d\s()./-]{6,}\d|\(?0\d{1,4}[\s)/-]{1,2}\d[\d\s/-]{4,}\d"
    r"|\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4})(?![\w-])"
)
_SQL_VALUES = re.compile(r"\[parameters: .*?\]\s*(?=\n|\(Background|$)|DETAIL:[^\n]*", re.DOTALL)


def masked(text: str) -> str:
    """A text without what looks like an e-mail address, a phone number or values of a statement."""
    if "@" in text:
        text = _EMAIL.sub("[e-mail]", text)
    if "[parameters: " in text or "DETAIL:" in text:
        text = _SQL_VALUES.sub("[values]", text)
    return _PHONE.sub("[phone]", text)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        return {str(k): "[dropped]" if k in DROPPED else _clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked(str(value))


def without_personal_data(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> dict[str, Any]:
    """structlog processor: drops what may carry content, masks the rest."""
    cleaned = _clean(dict(entry))
    assert isinstance(cleaned, dict)
    return cleaned


def _json(entry: Any, **_: Any) -> str:
    """One line of ASCII: every line end there is, also U+2028, becomes an escape, so none can be forged."""
    return json.dumps(entry, default=str)


def configure_logging(service: str, instance: str, level: str = "INFO") -> None:
    """Sends structlog and the standard library's log to stdout, one JSON object a line."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_formatter(service, instance, before))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in (
        "httpx",
        "httpcore",
        "aiokafka",
        "faust",
        "mode",
        "alembic.runtime.plugins",
        "uvicorn.access",
    ):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def _formatter(service: str, instance: str, before: list[Any]) -> logging.Formatter:
    def named(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry.update(service=service, instance=instance)
        entry.pop("color_message", None)  # uvicorn's, for terminals
        return entry

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            named,
            without_personal_data,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
    )
