"""Kafka headers as CloudEvents 1.0, binary mode. They carry ids and times, never personal data."""

from collections.abc import Iterable, Mapping
from typing import Any

Raw = Iterable[tuple[str, bytes | str | None]]

REQUIRED = ("ce_id", "ce_source", "ce_type", "ce_specversion")
OURS = frozenset(
    (
        *REQUIRED,
        "ce_time",
        "ce_subject",
        "tenantid",
        "causationid",
        "correlationid",
        "traceparent",
        "tracestate",
    )
)
LARGEST = 64 * 1024
"""Bytes of all headers together, beyond which a record is refused."""


class BadHeaders(ValueError):
    """The headers of a record cannot be read; the message says which one and why, not what is in it."""


class TenantMismatch(ValueError):
    """Key, payload and header do not name the same tenant: a security event."""


def cloud_event(
    *,
    id: str,
    type: str,
    source: str,
    time: str | None = None,
    subject: str | None = None,
    tenant: str | None = None,
    causation: str | None = None,
    correlation: str | None = None,
    traceparent: str | None = None,
) -> list[tuple[str, bytes]]:
    """Headers of an event; what is None is left out. `type` is the record's full name, `time` RFC 3339."""
    values = {
        "ce_id": id,
        "ce_source": source,
        "ce_type": type,
        "ce_specversion": "1.0",
        "ce_time": time,
        "ce_subject": subject,
        "tenantid": tenant,
        "causationid": causation,
        "correlationid": correlation,
        "traceparent": traceparent,
    }
    return [(name, value.encode()) for name, value in values.items() if value is not None]


def parse(raw: Raw | None, required: Iterable[str] = ("ce_id",)) -> dict[str, str]:
    """Headers by name. Raises BadHeaders.

    Refused: more than 64 KB, one of ours twice, empty, or not UTF-8, a required one missing. Of foreign
    ones the last wins and binary ones are left out.
    """
    found: dict[str, str] = {}
    size = 0
    for name, value in raw or ():
        size += len(name) + len(value or b"")
        if size > LARGEST:
            raise BadHeaders(f"headers of more than {LARGEST} bytes")
        if (text := _text(name, value)) is None:
            continue
        if name in found and name in OURS:
            raise BadHeaders(f"header {name} is there twice")
        found[name] = text
    if missing := [name for name in required if not found.get(name)]:
        raise BadHeaders(f"header {missing[0]} is missing")
    return found


def _text(name: str, value: bytes | str | None) -> str | None:
    """The value as text; None for a foreign header that is not text."""
    if isinstance(value, str):
        return value
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        if name in OURS:
            raise BadHeaders(f"header {name} is not UTF-8") from None
        return None


def agreed_tenant(key: str, record: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """The tenant that payload, key and, where it is there, header agree on; None for a record of no tenant.

    Raises TenantMismatch, which the caller writes to the security log before it parks the record.
    """
    tenant: str | None = record.get("tenant_id")
    if tenant is None:
        return None
    if key.partition(":")[0] != tenant:
        raise TenantMismatch("the key names another tenant than the payload")
    if headers.get("tenantid", tenant) != tenant:
        raise TenantMismatch("the header tenantid names another tenant than the payload")
    return tenant
